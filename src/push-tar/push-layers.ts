import pLimit from 'p-limit'
import type { LayerFile, StoredBlob } from '../image-archive/contents.js'
import { pushBlob, pushPackedLayer, pushPlainLayer } from './push-layer.js'
import type { LayerOutcome, LayerPolicy } from './push-layer.js'
import type { PushContext } from './push-context.js'
import { verifyBlob, verifyLayerFile } from './verify.js'
import type { Verified } from './verify.js'

/** Something that may have to be uploaded: a layer file, or a blob with its digest. */
export type LayerItem = LayerFile | StoredBlob

/** What was made of the items, by the item itself. */
export type LayerOutcomes = ReadonlyMap<LayerItem, LayerOutcome>

/** What of a push context comes into being with a set of layers. */
export type LayersContext = Omit<PushContext, 'mayWrite'> & {
  /** Layers handled at once. */
  readonly concurrency: number
}

/** Contents that are hashed at the same time as others are compressed. */
const VERIFIED_AT_ONCE = 2

/**
 * Brings layers into the repository, several at once, the largest first. Each is read twice: once to
 * see that it is what the image says, which must hold for all of them before the first call that writes,
 * and once on its way. The first one that fails ends the others.
 */
export async function pushLayers(
  items: readonly LayerItem[],
  policy: LayerPolicy,
  layersContext: LayersContext
): Promise<LayerOutcomes> {
  const failure = new AbortController()
  const signal = AbortSignal.any([layersContext.signal, failure.signal])
  const unique = [...new Set(items)].sort((a, b) => b.content.size - a.content.size)
  const verified = verifyAll(unique, signal)
  const all = Promise.all(verified.values())
  all.then(
    () => layersContext.compressor.useAllThreads(),
    (error: unknown) => failure.abort(error)
  )
  const mayWrite = async (): Promise<void> => {
    await all
  }
  const context: PushContext = { ...layersContext, signal, mayWrite }
  const limit = pLimit(layersContext.concurrency)
  const outcomes = new Map<LayerItem, LayerOutcome>()
  context.progress.expect(
    unique.reduce((sum, { content }) => sum + content.size, 0),
    unique.length
  )
  const pushes = unique.map((item) =>
    limit(async () => {
      signal.throwIfAborted()
      outcomes.set(item, await pushItem(item, verified, policy, context))
      context.progress.layerDone()
    })
  )
  for (const push of pushes) push.catch((error: unknown) => failure.abort(error))
  await Promise.allSettled([...pushes, ...verified.values()])
  // The first failure is the reason for all the others.
  if (failure.signal.aborted) throw failure.signal.reason
  layersContext.signal.throwIfAborted()
  return outcomes
}

function verifyAll(
  items: readonly LayerItem[],
  signal: AbortSignal
): ReadonlyMap<LayerItem, Promise<Verified>> {
  const limit = pLimit(VERIFIED_AT_ONCE)
  return new Map(
    items.map((item) => [
      item,
      limit(() => {
        signal.throwIfAborted()
        return isLayerFile(item) ? verifyLayerFile(item, signal) : verifyBlob(item, signal)
      })
    ])
  )
}

async function pushItem(
  item: LayerItem,
  verified: ReadonlyMap<LayerItem, Promise<Verified>>,
  policy: LayerPolicy,
  context: PushContext
): Promise<LayerOutcome> {
  const { now } = context.deps
  const start = now().getTime()
  const took = (): number => now().getTime() - start
  if (!isLayerFile(item)) {
    const fate = await pushBlob(item, policy, context)
    return { descriptor: item.descriptor, fate, milliseconds: took() }
  }
  if (item.compression === 'none') {
    return { ...(await pushPlainLayer(item, policy, context)), milliseconds: took() }
  }
  const stored = await (verified.get(item) ?? verifyLayerFile(item, context.signal))
  return { ...(await pushPackedLayer(item, stored, policy, context)), milliseconds: took() }
}

/** `true` for a layer that is known by its diff ID. */
export function isLayerFile(item: LayerItem): item is LayerFile {
  return 'kind' in item
}
