import pLimit from 'p-limit'
import type { UploadItem } from './layer-source.js'
import type { PushContext } from './push-context.js'
import { pushLayer } from './push-layer.js'
import type { LayerOptions, PushedLayer } from './push-layer.js'

/** The pushed layers and configs by their items. */
export type PushedLayers = ReadonlyMap<UploadItem, PushedLayer>

/**
 * Pushes layers and configs in parallel, the largest first. The first failure stops the rest. The layer that was begun is
 * closed if it is not one of them, because its memory and its place in the compressor are needed.
 */
export async function pushLayers(
  items: readonly UploadItem[],
  options: LayerOptions,
  parent: PushContext
): Promise<PushedLayers> {
  const failure = new AbortController()
  const fail = (error: unknown): void => failure.abort(error)
  const signal = AbortSignal.any([parent.signal, failure.signal])
  const context: PushContext = { ...parent, signal }
  const { begun } = options
  if (begun !== undefined && !items.includes(begun.item)) await begun.close()
  const sorted = [...new Set(items)].sort((a, b) => b.content.size - a.content.size)
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
