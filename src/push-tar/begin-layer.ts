import type { DockerImage, LayerFile } from '../image-archive/contents.js'
import { createLayerSource } from './layer-source.js'
import type { LayerSource } from './layer-source.js'
import type { CurrentTag } from './list-current-tags.js'
import { openParts } from './open-parts.js'
import type { PushContext } from './push-context.js'
import type { PartStream } from './upload/part-stream.js'

/** A layer whose first part is built before it is known whether the layer is uploaded. */
export interface BegunLayer {
  readonly item: LayerFile
  readonly source: LayerSource
  readonly parts: PartStream
  /** Stops reading the layer. Its parts then fail with the reason. */
  stop(reason: unknown): void
  /** Stops reading the layer, releases its memory and removes it from the progress. Never rejects. */
  close(): Promise<void>
}

/**
 * Begins the largest layer that the push of these images compresses, so that it is compressed while the repository is
 * searched for their layers. If one of the tags exists, the repository may already have them, and no layer is begun.
 */
export function beginLargestLayer(
  images: readonly DockerImage[],
  currentTags: readonly CurrentTag[],
  parent: PushContext
): BegunLayer | undefined {
  const isNew = currentTags.length > 0 && currentTags.every(({ digest }) => digest === undefined)
  const [item] = listLayersToCompress(images).sort((a, b) => b.content.size - a.content.size)
  if (!isNew || item === undefined) return undefined
  const stopped = new AbortController()
  let bytesRead = 0
  const read = (bytes: number): void => {
    bytesRead += bytes
    parent.progress.read(bytes)
  }
  const context: PushContext = {
    ...parent,
    signal: AbortSignal.any([parent.signal, stopped.signal]),
    progress: { ...parent.progress, read }
  }
  const source = createLayerSource(item, context)
  const parts = openParts(source, context)
  // The error is thrown when the layer is uploaded. Until then, it must not be an unhandled rejection.
  parts.prepare().catch(() => undefined)
  const close = async (): Promise<void> => {
    stopped.abort()
    await parts.close().catch(() => undefined)
    read(-bytesRead)
  }
  return { item, source, parts, stop: (reason) => stopped.abort(reason), close }
}

function listLayersToCompress(images: readonly DockerImage[]): LayerFile[] {
  return images
    .flatMap(({ layers }) => layers)
    .filter(
      (layer): layer is LayerFile => layer.kind === 'layer-file' && layer.compression === 'none'
    )
}
