import type { LayerFile, ReadMemory, StoredBlob, StoredContent } from '../image-archive/contents.js'
import { hashStream } from '../oci/digest.js'
import type { StreamDigest } from '../oci/digest.js'
import type { Descriptor } from '../oci/manifest.js'
import { MEDIA_TYPES } from '../oci/media-types.js'
import { createChunkRing } from './compress/block-memory.js'
import { createCompressor } from './compress/compressor.js'
import type { Compression, Compressor } from './compress/compressor.js'
import { MAX_PART_SIZE_BYTES } from './limits.js'
import type { PushContext } from './push-context.js'
import { readAhead } from './read-ahead.js'
import { PartStream } from './upload/part-stream.js'
import { uploadBlob } from './upload/upload-blob.js'
import type { BlobSource } from './upload/upload-blob.js'

/** A layer of which only the diff ID is known, or a blob with a known digest. */
export type UploadItem = LayerFile | StoredBlob

/** The digests and sizes of the items as they are stored. A promise rejects if its item is damaged. */
export type VerifiedItems = ReadonlyMap<UploadItem, Promise<StreamDigest>>

/** The result of pushing a layer or config. */
export interface PushedLayer {
  readonly descriptor: Descriptor
  /**
   * `uploaded`: the layer was uploaded, or would be without `dry-run`. `found`: the repository has the same bytes.
   * `reused`: the repository has a layer with the same diff ID. `foreign`: the layer is stored outside the registry.
   */
  readonly result: 'uploaded' | 'found' | 'reused' | 'foreign'
  readonly milliseconds: number
}

/** How layers are pushed. */
export interface LayerOptions {
  /** Compresses layers and looks them up, but uploads nothing. */
  readonly dryRun: boolean
  /** Compresses layers that do not fit in memory twice, so that they are looked up before they are uploaded. */
  readonly looksUpFirst: boolean
}

type DescribedLayer = Pick<PushedLayer, 'descriptor' | 'result'>

/** Pushes a layer or config. Nothing is written to the registry before all items are verified. */
export async function pushLayer(
  item: UploadItem,
  verified: VerifiedItems,
  options: LayerOptions,
  context: PushContext
): Promise<PushedLayer> {
  const start = context.now().getTime()
  const pushed = await pushItem(item, verified, options, context)
  return { ...pushed, milliseconds: context.now().getTime() - start }
}

function pushItem(
  item: UploadItem,
  verified: VerifiedItems,
  options: LayerOptions,
  context: PushContext
): Promise<DescribedLayer> {
  if (!('kind' in item)) return pushBlob(item, verified, options, context)
  return item.compression === 'none'
    ? pushUncompressedLayer(item, verified, options, context)
    : pushCompressedLayer(item, item.compression, verified, options, context)
}

/** Uploads a blob that the repository does not have. */
async function pushBlob(
  { descriptor, content }: StoredBlob,
  verified: VerifiedItems,
  { dryRun }: LayerOptions,
  context: PushContext
): Promise<DescribedLayer> {
  if (dryRun) context.progress.read(content.size)
  else await upload(storedSource(content, descriptor, context), verified, context)
  return { descriptor, result: 'uploaded' }
}

/** Uploads a layer as it is stored, if the repository does not have it. */
async function pushCompressedLayer(
  layer: LayerFile,
  compression: Compression,
  verified: VerifiedItems,
  { dryRun }: LayerOptions,
  context: PushContext
): Promise<DescribedLayer> {
  const { content } = layer
  const stored = await verified.get(layer)
  if (stored === undefined) throw new Error(`The layer ${layer.diffId} is not verified`)
  const descriptor = { mediaType: mediaTypeOf(compression), ...stored }
  const isFound = await isAvailable(stored, context)
  if (dryRun || isFound) context.progress.read(content.size)
  else await upload(storedSource(content, stored, context), verified, context)
  return { descriptor, result: isFound ? 'found' : 'uploaded' }
}

/**
 * Compresses a layer and uploads it. Its digest is known only after the last byte, so its parts are kept in memory if
 * all of them fit, and the layer is looked up before they are sent.
 */
async function pushUncompressedLayer(
  layer: LayerFile,
  verified: VerifiedItems,
  { dryRun, looksUpFirst }: LayerOptions,
  context: PushContext
): Promise<DescribedLayer> {
  const { content } = layer
  const compressor = compressorFor(content, context)
  const mediaType = mediaTypeOf(compressor.compression)
  const compress = (): AsyncIterable<Buffer> =>
    compressor.compress((memory) => readWithProgress(content, memory, context))
  if (dryRun) {
    const compressed = await hashStream(compress(), context.signal)
    const result = (await isAvailable(compressed, context)) ? 'found' : 'uploaded'
    return { descriptor: { mediaType, ...compressed }, result }
  }
  const capacity = Math.min(MAX_PART_SIZE_BYTES, maxCompressedBytes(content.size))
  const first = partStream(compress(), capacity, context)
  try {
    const isWhole = await first.fill()
    if (isWhole || looksUpFirst) {
      const compressed = isWhole ? first.total() : await first.drain()
      const descriptor = { mediaType, ...compressed }
      if (await isAvailable(compressed, context)) return { descriptor, result: 'found' }
    }
    const open = reuseFirst(isWhole || !looksUpFirst ? first : undefined, (partSize) => {
      context.progress.expect(content.size, 0)
      return partStream(compress(), Math.min(partSize, capacity), context)
    })
    const uploaded = await upload({ name: content.name, open }, verified, context)
    return { descriptor: { mediaType, ...uploaded }, result: 'uploaded' }
  } finally {
    await first.close()
  }
}

async function upload(
  source: BlobSource,
  verified: VerifiedItems,
  context: PushContext
): Promise<StreamDigest> {
  // If any item is damaged, the push must fail before anything is written.
  await Promise.all(verified.values())
  return uploadBlob(source, context)
}

/** Returns a size that no compression of so many bytes exceeds, not even of random bytes. */
function maxCompressedBytes(bytes: number): number {
  return Math.ceil(bytes * 1.01) + 4096
}

/** Returns the first stream for the first upload if its parts are small enough, and a new stream otherwise. */
function reuseFirst(
  first: PartStream | undefined,
  openAgain: (partSize: number) => PartStream
): BlobSource['open'] {
  let unused = first
  return async (partSize) => {
    const stream = unused
    unused = undefined
    if (stream !== undefined && stream.capacity <= partSize) return stream
    // The new stream needs its memory.
    await stream?.close()
    return openAgain(partSize)
  }
}

function partStream(
  stream: AsyncIterable<Buffer>,
  capacity: number,
  { buffers, signal }: PushContext
): PartStream {
  return new PartStream(stream, { capacity, buffers, signal })
}

/** An empty layer is always compressed, because the service rejects uploads without bytes. */
function compressorFor({ size }: StoredContent, { compressor }: PushContext): Compressor {
  const isEmpty = size === 0 && compressor.compression === 'none'
  return isEmpty ? createCompressor('gzip') : compressor
}

function mediaTypeOf(compression: Compression): string {
  if (compression === 'zstd') return MEDIA_TYPES.ociLayerZstd
  return compression === 'gzip' ? MEDIA_TYPES.dockerLayerGzip : MEDIA_TYPES.dockerLayer
}

async function isAvailable(
  { digest, size }: StreamDigest,
  { layerApi }: PushContext
): Promise<boolean> {
  return (await layerApi.check([digest])).get(digest) === size
}

function storedSource(
  content: StoredContent,
  { digest, size }: StreamDigest,
  context: PushContext
): BlobSource {
  return {
    name: content.name,
    digest,
    open: (partSize) =>
      partStream(
        readAhead(readWithProgress(content, createChunkRing(2), context)),
        Math.max(1, Math.min(partSize, size)),
        context
      )
  }
}

async function* readWithProgress(
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
