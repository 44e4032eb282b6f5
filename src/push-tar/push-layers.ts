import pLimit from 'p-limit'
import type { PushContext } from './push-context.js'
import { pushLayer } from './push-layer.js'
import type { LayerOptions, PushedLayer, UploadItem, VerifiedItems } from './push-layer.js'
import { verifyBlob, verifyLayerFile } from './verify.js'

/** The pushed layers and configs by their items. */
export type PushedLayers = ReadonlyMap<UploadItem, PushedLayer>

/** The number of items that are hashed in parallel, while others are compressed. */
const VERIFY_CONCURRENCY = 2

/**
 * Pushes layers and configs in parallel, the largest first. Each is read twice: first to verify its digest or diff ID,
 * then to upload it. Nothing is written to the registry before all items are verified. The first failure stops the rest.
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
  const sorted = [...new Set(items)].sort((a, b) => b.content.size - a.content.size)
  const totalBytes = sorted.reduce((sum, { content }) => sum + content.size, 0)
  context.progress.expect(totalBytes, sorted.length)

  const verified = verifyAll(sorted, signal)
  Promise.all(verified.values()).then(() => context.compressor.useAllThreads(), fail)
  const limit = pLimit(context.concurrency)
  const pushed = new Map<UploadItem, PushedLayer>()
  const pushes = sorted.map((item) =>
    limit(async () => {
      signal.throwIfAborted()
      pushed.set(item, await pushLayer(item, verified, options, context))
      context.progress.layerDone()
    })
  )
  for (const push of pushes) push.catch(fail)
  await Promise.allSettled([...pushes, ...verified.values()])
  // All later failures are consequences of the first one.
  if (failure.signal.aborted) throw failure.signal.reason
  parent.signal.throwIfAborted()
  return pushed
}

function verifyAll(items: readonly UploadItem[], signal: AbortSignal): VerifiedItems {
  const limit = pLimit(VERIFY_CONCURRENCY)
  return new Map(
    items.map((item) => [
      item,
      limit(() => {
        signal.throwIfAborted()
        return 'kind' in item ? verifyLayerFile(item, signal) : verifyBlob(item, signal)
      })
    ])
  )
}
