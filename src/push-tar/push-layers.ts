import pLimit from 'p-limit'
import type { UploadItem } from './layer-source.js'
import type { PushContext } from './push-context.js'
import { pushLayer } from './push-layer.js'
import type { LayerOptions, PushedLayer } from './push-layer.js'

/** The pushed layers and configs by their items. */
export type PushedLayers = ReadonlyMap<UploadItem, PushedLayer>

/**
 * Pushes layers and configs in parallel, first the layer that was begun, then the largest ones. The first failure stops the
 * rest. A begun layer that is not one of them is closed, because its memory and its place in the compressor are needed.
 */
export async function pushLayers(
  items: readonly UploadItem[],
  options: LayerOptions,
  parent: PushContext
): Promise<PushedLayers> {
  const { begun } = options
  const failure = new AbortController()
  const fail = (error: unknown): void => {
    failure.abort(error)
    begun?.stop(error)
  }
  const signal = AbortSignal.any([parent.signal, failure.signal])
  const context: PushContext = { ...parent, signal }
  if (begun !== undefined && !items.includes(begun.item)) await begun.close()
  // The begun layer has a buffer already, so it must not wait for other layers.
  const priority = (item: UploadItem): number =>
    item === begun?.item ? Infinity : item.content.size
  const sorted = [...new Set(items)].sort((a, b) => priority(b) - priority(a))
  const totalBytes = sorted.reduce((sum, { content }) => sum + content.size, 0)
  context.progress.expect(totalBytes, sorted.length)

  const limit = pLimit(context.concurrency)
  const pushed = new Map<UploadItem, PushedLayer>()
  const pushes = sorted.map((item) =>
    limit(async () => {
      signal.throwIfAborted()
      pushed.set(item, await pushLayer(item, options, context))
      context.progress.layerDone()
    })
  )
  for (const push of pushes) push.catch(fail)
  await Promise.allSettled(pushes)
  // All later failures are consequences of the first one.
  if (failure.signal.aborted) throw failure.signal.reason
  parent.signal.throwIfAborted()
  return pushed
}
