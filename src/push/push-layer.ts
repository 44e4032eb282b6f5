import { createHash } from 'node:crypto'
import type { Allocate, LayerFile, StoredBlob, StoredContent } from '../archive/contents.js'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import type { Descriptor } from '../image/manifest.js'
import { MEDIA_TYPES } from '../image/media-types.js'
import { createChunkRing } from './block-memory.js'
import { hold } from './hold.js'
import type { PushContext } from './push-context.js'
import { uploadBlob } from './upload-blob.js'
import type { BlobSource, UploadedBlob } from './upload-blob.js'
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
  if (await isThere(verified, context)) return { descriptor, fate: 'found' }
  const source = storedSource(layer.content, verified, context)
  if (policy.writes) await uploadBlob(source, policy.repository, context)
  return { descriptor, fate: 'uploaded' }
}

/**
 * A plain layer: compressed on its way. As its digest is known only at its end, it is held in memory if
 * there is room, to be looked up before it is sent.
 */
export async function pushPlainLayer(
  layer: LayerFile,
  policy: LayerPolicy,
  context: PushContext
): Promise<Pick<LayerOutcome, 'descriptor' | 'fate'>> {
  const { content } = layer
  const mediaType = plainLayerType(context)
  const compress = (): AsyncIterable<Buffer> =>
    context.compressor.compress((allocate) => counted(content, allocate, context))
  const stream = await hold(compress(), context.budget, context.signal)
  if (stream.kind === 'held') {
    try {
      const { digest, size, chunks } = stream
      const descriptor = { mediaType, digest, size }
      if (await isThere(stream, context)) return { descriptor, fate: 'found' }
      const source = { name: content.name, open: () => iterate(chunks), size, digest }
      if (policy.writes) await uploadBlob(source, policy.repository, context)
      return { descriptor, fate: 'uploaded' }
    } finally {
      stream.release()
    }
  }
  if (policy.writes && !policy.looksUpFirst) {
    const first = { stream: stream.stream }
    const source = { name: content.name, open: () => takeOr(first, compress) }
    const uploaded = await uploadBlob(source, policy.repository, context)
    return { descriptor: { mediaType, ...uploaded }, fate: 'uploaded' }
  }
  const found = await digestOf(stream.stream, context)
  const descriptor = { mediaType, ...found }
  if (await isThere(found, context)) return { descriptor, fate: 'found' }
  const source = { name: content.name, open: compress, ...found }
  if (policy.writes) await uploadBlob(source, policy.repository, context)
  return { descriptor, fate: 'uploaded' }
}

function plainLayerType({ compressor }: PushContext): string {
  if (compressor.compression === 'zstd') return MEDIA_TYPES.ociLayerZstd
  return compressor.compression === 'gzip' ? MEDIA_TYPES.dockerLayerGzip : MEDIA_TYPES.dockerLayer
}

async function isThere({ digest, size }: UploadedBlob, { api }: PushContext): Promise<boolean> {
  return (await api.check([digest])).get(digest) === size
}

function storedSource(
  content: StoredContent,
  known: UploadedBlob,
  context: PushContext
): BlobSource {
  return { name: content.name, open: () => counted(content, createChunkRing(2), context), ...known }
}

/** The content, told to the progress as it is read. */
async function* counted(
  content: StoredContent,
  allocate: Allocate,
  { progress, signal }: PushContext
): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of content.read(allocate)) {
    signal.throwIfAborted()
    progress.read(chunk.length)
    yield chunk
  }
}

/** The stream that was begun, the first time; later ones from the start. */
function takeOr(
  first: { stream?: AsyncIterable<Buffer> | undefined },
  again: () => AsyncIterable<Buffer>
): AsyncIterable<Buffer> {
  const { stream } = first
  first.stream = undefined
  return stream ?? again()
}

async function* iterate(chunks: readonly Buffer[]): AsyncGenerator<Buffer, void, undefined> {
  for (const chunk of chunks) yield await Promise.resolve(chunk)
}

async function digestOf(
  stream: AsyncIterable<Buffer>,
  { signal }: PushContext
): Promise<UploadedBlob> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of stream) {
    signal.throwIfAborted()
    hash.update(chunk)
    size += chunk.length
  }
  return { digest: `sha256:${hash.digest('hex')}`, size }
}
