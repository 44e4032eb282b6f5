import type { LayerFile } from '../image-archive/contents.js'
import { createLayerSource } from './layer-source.js'
import type { LayerSource } from './layer-source.js'
import { MAX_PART_SIZE_BYTES, MAX_PARTS, MIN_PART_SIZE_BYTES } from './limits.js'
import type { CurrentTag } from './list-current-tags.js'
import type { PushContext } from './push-context.js'
import { listDockerImages } from './push-plan.js'
import type { ImageToPush } from './push-plan.js'
import { PartStream } from './upload/part-stream.js'

/** A layer whose first part is built before it is known whether the layer is uploaded. */
export interface BegunLayer {
  readonly item: LayerFile
  readonly source: LayerSource
  readonly parts: PartStream
  /** Stops reading the layer and releases its memory. Can be called again. Never rejects. */
  close(): Promise<void>
}

/**
 * Begins the largest layer that the push compresses, because it is uploaded first. It is compressed while the repository
 * is searched for layers of the image. If one of the tags exists, the repository may already have the image, so no layer
 * is begun.
 */
export function beginLargestLayer(
  image: ImageToPush,
  currentTags: readonly CurrentTag[],
  parent: PushContext
): BegunLayer | undefined {
  const isNew = currentTags.length > 0 && currentTags.every(({ digest }) => digest === undefined)
  const [item] = listLayersToCompress(image).sort((a, b) => b.content.size - a.content.size)
  if (!isNew || item === undefined) return undefined
  const stop = new AbortController()
  const signal = AbortSignal.any([parent.signal, stop.signal])
  let bytesRead = 0
  const read = (bytes: number): void => {
    bytesRead += bytes
    parent.progress.read(bytes)
  }
  const context = { ...parent, signal, progress: { ...parent.progress, read } }
  const source = createLayerSource(item, context)
  const parts = openParts(source, context)
  // The error is thrown when the layer is uploaded. Until then, it must not be an unhandled rejection.
  parts.prepare().catch(() => undefined)
  const close = async (): Promise<void> => {
    stop.abort()
    await parts.close().catch(() => undefined)
    read(-bytesRead)
  }
  return { item, source, parts, close }
}

function listLayersToCompress(image: ImageToPush): LayerFile[] {
  const layers = listDockerImages(image).flatMap((dockerImage) => dockerImage.layers)
  return layers.filter(
    (layer): layer is LayerFile => layer.kind === 'layer-file' && layer.compression === 'none'
  )
}

export function openParts(source: LayerSource, { buffers, signal }: PushContext): PartStream {
  const { maxBytes } = source
  const capacity = Math.max(1, Math.min(partSizeFor(maxBytes), maxBytes))
  return new PartStream(source.open(), { capacity, priority: maxBytes, buffers, signal })
}

/**
 * Returns the size of the parts of a layer: as small as the service allows. The next part is transferred while the service
 * processes the previous one, so larger parts are not faster. They need more memory, and the first one is sent later.
 */
function partSizeFor(layerBytes: number): number {
  const size = Math.ceil(layerBytes / MAX_PARTS)
  return Math.min(MAX_PART_SIZE_BYTES, Math.max(MIN_PART_SIZE_BYTES, size))
}
