import { createHash } from 'node:crypto'
import type { LayerFile, ReadMemory, StoredBlob, StoredContent } from '../image-archive/contents.js'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import type { Descriptor } from '../oci/manifest.js'
import { MEDIA_TYPES } from '../oci/media-types.js'
import { createChunkRing } from './compress/block-memory.js'
import { createCompressor } from './compress/compressor.js'
import type { Compressor } from './compress/compressor.js'
import { MAX_PART_SIZE_BYTES } from './limits.js'
import { PartStream } from './upload/part-stream.js'
import type { StreamTotal } from './upload/part-stream.js'
import type { PushContext } from './push-context.js'
import { readAhead } from './read-ahead.js'
import { uploadBlob } from './upload/upload-blob.js'
import type { BlobSource } from './upload/upload-blob.js'
import type { Verified } from './verify.js'

/** What has become of a layer. */
export interface LayerOutcome {
  readonly descriptor: Descriptor
  /**
   * `uploaded`: it was sent (in a dry run: would be); `found`: the repository has these very bytes;
   * `reused`: it has the layer by its diff ID; `foreign`: it stays elsewhere.
   */
  readonly fate: 'uploaded' | 'found' | 'reused' | 'foreign'
  readonly milliseconds: number
}

/** How a push treats all of its layers. */
export interface LayerPolicy {
  readonly repository: RepositoryAddress
  /** `false` in a dry run: layers are compressed and looked up, but not sent. */
  readonly writes: boolean
  /** Layers that do not fit into memory are compressed once more, so that they are looked up before they are sent. */
  readonly looksUpFirst: boolean
}

/** A blob whose digest is known: sent as it is stored, where the repository does not have it. */
export async function pushBlob(
  blob: StoredBlob,
  policy: LayerPolicy,
  context: PushContext
): Promise<LayerOutcome['fate']> {
  const { digest, size } = blob.descriptor
  if (policy.writes)
    await uploadBlob(
      storedSource(blob.content, { digest, size }, context),
      policy.repository,
      context
    )
  else context.progress.read(blob.content.size)
  return 'uploaded'
}

/**
 * A layer that is compressed already: looked up by the digest that it was found to have, and sent as it
 * is stored.
 */
export async function pushPackedLayer(
  layer: LayerFile,
  verified: Verified,
  policy: LayerPolicy,
  context: PushContext
): Promise<Pick<LayerOutcome, 'descriptor' | 'fate'>> {
  const mediaType =
    layer.compression === 'zstd' ? MEDIA_TYPES.ociLayerZstd : MEDIA_TYPES.dockerLayerGzip
  const descriptor = { mediaType, ...verified }
  const isFound = await isThere(verified, context)
  if (policy.writes && !isFound) {
    await uploadBlob(storedSource(layer.content, verified, context), policy.repository, context)
  } else context.progress.read(layer.content.size)
  return { descriptor, fate: isFound ? 'found' : 'uploaded' }
}

/**
 * A plain layer: compressed on its way. As its digest is known only at its end, its parts are held in memory
 * if there is room for all of them, to be looked up before they are sent.
 */
export async function pushPlainLayer(
  layer: LayerFile,
  policy: LayerPolicy,
  context: PushContext
): Promise<Pick<LayerOutcome, 'descriptor' | 'fate'>> {
  const { content } = layer
  const compressor = compressorFor(layer, context)
  const mediaType = plainLayerType(compressor)
  const compress = (): AsyncIterable<Buffer> =>
    compressor.compress((memory) => counted(content, memory, context))
  if (!policy.writes) {
    const made = await digestOf(compress(), context)
    const fate = (await isThere(made, context)) ? 'found' : 'uploaded'
    return { descriptor: { mediaType, ...made }, fate }
  }
  const capacity = Math.min(MAX_PART_SIZE_BYTES, mostCompressed(content.size))
  const first = { parts: partStream(compress(), capacity, context) }
  try {
    const isWhole = await first.parts.fill()
    if (isWhole || policy.looksUpFirst) {
      const made = isWhole ? first.parts.total() : await first.parts.drain()
      const descriptor = { mediaType, ...made }
      if (await isThere(made, context)) return { descriptor, fate: 'found' }
    }
    const isMade = isWhole || !policy.looksUpFirst
    const open = takeOr(isMade ? first : {}, (partSize) => {
      context.progress.expect(content.size, 0)
      return partStream(compress(), Math.min(partSize, capacity), context)
    })
    const uploaded = await uploadBlob({ name: content.name, open }, policy.repository, context)
    return { descriptor: { mediaType, ...uploaded }, fate: 'uploaded' }
  } finally {
    await first.parts.close()
  }
}

/** More than any of the compressions makes of so many bytes, be they as random as they may. */
function mostCompressed(bytes: number): number {
  return Math.ceil(bytes * 1.01) + 4096
}

/** Gives the parts that were begun, the first time and if they are small enough; else new ones. */
function takeOr(
  first: { parts?: PartStream },
  again: (partSize: number) => PartStream
): BlobSource['open'] {
  let { parts } = first
  return async (partSize) => {
    const begun = parts
    parts = undefined
    if (begun !== undefined && begun.capacity <= partSize) return begun
    // Its memory is needed for the new ones.
    await begun?.close()
    return again(partSize)
  }
}

function partStream(
  stream: AsyncIterable<Buffer>,
  capacity: number,
  { buffers, signal }: PushContext
): PartStream {
  return new PartStream(stream, { capacity, buffers, signal })
}

/** A layer without bytes is compressed in any case: the service takes no upload without them. */
function compressorFor({ content }: LayerFile, { compressor }: PushContext): Compressor {
  const wouldBeEmpty = content.size === 0 && compressor.compression === 'none'
  return wouldBeEmpty ? createCompressor('gzip') : compressor
}

function plainLayerType({ compression }: Compressor): string {
  if (compression === 'zstd') return MEDIA_TYPES.ociLayerZstd
  return compression === 'gzip' ? MEDIA_TYPES.dockerLayerGzip : MEDIA_TYPES.dockerLayer
}

async function isThere({ digest, size }: StreamTotal, { api }: PushContext): Promise<boolean> {
  return (await api.check([digest])).get(digest) === size
}

function storedSource(
  content: StoredContent,
  known: StreamTotal,
  context: PushContext
): BlobSource {
  const { digest, size } = known
  return {
    name: content.name,
    digest,
    open: (partSize) =>
      partStream(
        readAhead(counted(content, createChunkRing(2), context)),
        Math.max(1, Math.min(partSize, size)),
        context
      )
  }
}

/** The content, told to the progress as it is read. */
async function* counted(
  content: StoredContent,
  memory: ReadMemory,
  { progress, signal }: PushContext
): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of content.read(memory)) {
    signal.throwIfAborted()
    progress.read(chunk.length)
    yield chunk
  }
}

async function digestOf(
  stream: AsyncIterable<Buffer>,
  { signal }: PushContext
): Promise<StreamTotal> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of stream) {
    signal.throwIfAborted()
    hash.update(chunk)
    size += chunk.length
  }
  return { digest: `sha256:${hash.digest('hex')}`, size }
}
