import type { LayerSource } from './layer-source.js'
import { MAX_PART_SIZE_BYTES, MAX_PARTS, MIN_PART_SIZE_BYTES } from './limits.js'
import type { PushContext } from './push-context.js'
import { PartStream } from './upload/part-stream.js'

/** Returns the parts in which a layer is uploaded. The layer is read when the first part is built. */
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
