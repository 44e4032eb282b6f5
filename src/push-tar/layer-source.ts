import type { LayerFile, ReadMemory, StoredBlob, StoredContent } from '../image-archive/contents.js'
import { compressionOfLayer, MEDIA_TYPES } from '../oci/media-types.js'
import { createChunkRing } from './compress/block-memory.js'
import { createCompressor } from './compress/compressor.js'
import type { Compression, Compressor } from './compress/compressor.js'
import type { PushContext } from './push-context.js'
import { readAhead } from './read-ahead.js'
import { verifyLayer } from './verify.js'
import type { ExpectedLayer } from './verify.js'

/** A layer of which only the diff ID is known, or a blob with a known digest. */
export type UploadItem = LayerFile | StoredBlob

/** The bytes of an item as they are uploaded. */
export interface LayerSource {
  /** The name in errors. */
  readonly name: string
  readonly mediaType: string
  /** The maximum number of bytes to upload. */
  readonly maxBytes: number
  /** The digest, if it is known. */
  readonly digest?: string | undefined
  /** The digest that the file name contains. It is not verified. */
  readonly nameDigest?: string | undefined
  /**
   * Reads, verifies and compresses the item. The stored bytes are read once per call.
   *
   * @throws ActionError after the last chunk at the latest, if the item is damaged
   */
  open(): AsyncIterable<Buffer>
}

/**
 * Returns how an item is read and uploaded. An uncompressed layer of an archive is compressed. If the item is read again, the
 * progress line expects the bytes again that were read before.
 */
export function createLayerSource(item: UploadItem, context: PushContext): LayerSource {
  const { progress } = context
  let bytesRead = 0
  const read = (bytes: number): void => {
    bytesRead += bytes
    progress.read(bytes)
  }
  const source = sourceOf(item, { ...context, progress: { ...progress, read } })
  const open = (): AsyncIterable<Buffer> => {
    progress.expect(bytesRead, 0)
    bytesRead = 0
    return source.open()
  }
  return { ...source, open }
}

function sourceOf(item: UploadItem, context: PushContext): LayerSource {
  if (!('kind' in item)) return blobSource(item, context)
  return item.compression === 'none'
    ? uncompressedSource(item, context)
    : compressedSource(item, item.compression, context)
}

function blobSource(
  { descriptor, diffId, content }: StoredBlob,
  context: PushContext
): LayerSource {
  const { digest, mediaType, size } = descriptor
  const compression = compressionOfLayer(mediaType)
  // The digest is verified in any case. For an uncompressed layer, it is the diff ID.
  const isVerified =
    diffId === undefined ||
    compression === undefined ||
    (compression === 'none' && diffId === digest)
  const expected = isVerified ? undefined : { diffId, compression, isRequired: false }
  return {
    name: nameOf(content),
    mediaType,
    maxBytes: size,
    digest,
    open: () => readStored(content, expected, context)
  }
}

/** A compressed layer is uploaded as it is stored. */
function compressedSource(
  { content, diffId }: LayerFile,
  compression: 'gzip' | 'zstd',
  context: PushContext
): LayerSource {
  const expected = { diffId, compression, isRequired: true }
  return {
    name: nameOf(content),
    mediaType: mediaTypeOf(compression),
    maxBytes: content.size,
    nameDigest: findDigestInName(content.name),
    open: () => readStored(content, expected, context)
  }
}

function uncompressedSource({ content, diffId }: LayerFile, context: PushContext): LayerSource {
  const compressor = compressorFor(content, context)
  const expected = { diffId, compression: 'none', isRequired: true } as const
  const read = (memory: ReadMemory): AsyncIterable<Buffer> =>
    verifyLayer(
      readWithProgress(content, memory, context),
      nameOf(content),
      expected,
      context.signal
    )
  return {
    name: nameOf(content),
    mediaType: mediaTypeOf(compressor.compression),
    maxBytes: maxCompressedBytes(content.size),
    open: () => compressor.compress(read, content.size)
  }
}

/** Returns the name of a file and its archive, because a push can have several archives. */
function nameOf({ archive, name }: StoredContent): string {
  return archive === undefined ? name : `${archive}: ${name}`
}

/** New memory for each chunk of a layer that is verified, because the chunks are in use for different times. */
const SMALL_CHUNKS: ReadMemory = {
  chunkBytes: 128 * 1024,
  allocate: (bytes) => Buffer.allocUnsafeSlow(bytes)
}

function readStored(
  content: StoredContent,
  expected: ExpectedLayer | undefined,
  context: PushContext
): AsyncIterable<Buffer> {
  if (expected === undefined) {
    return readAhead(readWithProgress(content, createChunkRing(2), context))
  }
  const chunks = readAhead(readWithProgress(content, SMALL_CHUNKS, context))
  return verifyLayer(chunks, nameOf(content), expected, context.signal)
}

async function* readWithProgress(
  content: StoredContent,
  memory: ReadMemory | undefined,
  { progress, signal }: PushContext
): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of content.read(memory)) {
    signal.throwIfAborted()
    progress.read(chunk.length)
    yield chunk
  }
}

/** Builders name the files of compressed layers by their digests: `blobs/sha256/<hex>`, `<hex>.tar.gz`. */
function findDigestInName(name: string): string | undefined {
  const hex = /(?:^|[/:])([0-9a-f]{64})(?:\.tar(?:\.\w+)?)?$/.exec(name)?.[1]
  return hex === undefined ? undefined : `sha256:${hex}`
}

/** Returns a size that no compression of so many bytes exceeds, not even of random bytes. */
function maxCompressedBytes(bytes: number): number {
  return Math.ceil(bytes * 1.01) + 4096
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
