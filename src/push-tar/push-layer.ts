import { hashStream } from '../oci/digest.js'
import type { StreamDigest } from '../oci/digest.js'
import type { Descriptor } from '../oci/manifest.js'
import type { BegunLayer } from './begin-layer.js'
import { createLayerSource } from './layer-source.js'
import type { LayerSource, UploadItem } from './layer-source.js'
import { MIN_PART_SIZE_BYTES } from './limits.js'
import { openParts } from './open-parts.js'
import type { PushContext } from './push-context.js'
import type { PartStream } from './upload/part-stream.js'
import { uploadBlob } from './upload/upload-blob.js'
import type { BlobSource } from './upload/upload-blob.js'
import { checkDigest } from './verify.js'

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
  /** Verifies and compresses layers and looks them up, but uploads nothing. */
  readonly dryRun: boolean
  /** Compresses layers that do not fit in memory twice, so that they are looked up before they are uploaded. */
  readonly looksUpFirst: boolean
  /** The layer whose first part is already being built. If it is uploaded, it is not read again. */
  readonly begun?: BegunLayer | undefined
}

/**
 * Layers up to this size are kept in memory until their digest is known, and are looked up before they are uploaded.
 * The upload of a larger layer starts with its first part.
 */
const MAX_KEPT_BYTES = 3 * MIN_PART_SIZE_BYTES

type LayerResult = StreamDigest & Pick<PushedLayer, 'result'>

/**
 * Pushes a layer or config. Its bytes are read, verified, compressed and sent in one pass. An upload of a damaged layer
 * is not completed. A dry run does not download blobs of a registry.
 */
export async function pushLayer(
  item: UploadItem,
  options: LayerOptions,
  context: PushContext
): Promise<PushedLayer> {
  const start = context.now().getTime()
  // The blobs of an image to promote were verified when they were pushed, and the push verifies them again.
  if (options.dryRun && !('kind' in item) && item.content.isServed === true) {
    return { descriptor: item.descriptor, result: 'uploaded', milliseconds: 0 }
  }
  const begun = options.begun?.item === item ? options.begun : undefined
  const source = begun?.source ?? createLayerSource(item, context)
  const { digest, size, result } = await pushSource(source, begun?.parts, options, context)
  const descriptor =
    'kind' in item ? { mediaType: source.mediaType, digest, size } : item.descriptor
  return { descriptor, result, milliseconds: context.now().getTime() - start }
}

async function pushSource(
  source: LayerSource,
  begun: PartStream | undefined,
  { dryRun, looksUpFirst }: LayerOptions,
  context: PushContext
): Promise<LayerResult> {
  if (dryRun) return readOnly(source, context)
  // A layer with a known digest was looked up when the push was planned.
  if (source.digest !== undefined) return upload(source, undefined, context)
  const found = await findByName(source, context)
  if (found !== undefined) return found
  return looksUpFirst || source.maxBytes <= MAX_KEPT_BYTES
    ? lookUpAndUpload(source, begun ?? openParts(source, context), looksUpFirst, context)
    : upload(source, begun, context)
}

/** Verifies a layer and looks it up, without sending it. */
async function readOnly(source: LayerSource, context: PushContext): Promise<LayerResult> {
  const total = await readTotal(source, context)
  const isFound = source.digest === undefined && (await isAvailable(total, context))
  return { ...total, result: isFound ? 'found' : 'uploaded' }
}

/** Returns the layer if the repository has the digest in its file name and that digest is correct. */
async function findByName(
  source: LayerSource,
  context: PushContext
): Promise<LayerResult | undefined> {
  const { nameDigest, maxBytes } = source
  if (nameDigest === undefined) return undefined
  if (!(await isAvailable({ digest: nameDigest, size: maxBytes }, context))) return undefined
  const total = await readTotal(source, context)
  return total.digest === nameDigest ? { ...total, result: 'found' } : undefined
}

/**
 * Keeps the parts of a layer in memory until its digest is known, and uploads them if the repository does not have the
 * layer. A layer that does not fit in memory is read twice if `looksUpFirst` is set.
 */
async function lookUpAndUpload(
  source: LayerSource,
  first: PartStream,
  looksUpFirst: boolean,
  context: PushContext
): Promise<LayerResult> {
  try {
    const isWhole = await first.fill()
    if (isWhole || looksUpFirst) {
      const total = isWhole ? first.total() : await first.drain()
      if (await isAvailable(total, context)) return { ...total, result: 'found' }
    }
    return await upload(source, isWhole || !looksUpFirst ? first : undefined, context)
  } finally {
    await first.close()
  }
}

/** @param first the parts that were already built, if there are any */
async function upload(
  source: LayerSource,
  first: PartStream | undefined,
  context: PushContext
): Promise<LayerResult> {
  const { name, digest } = source
  const open = reuseFirst(first, () => openParts(source, context))
  return { ...(await uploadBlob({ name, digest, open }, context)), result: 'uploaded' }
}

/** Returns the first stream for the first upload, and a new stream for each later one. */
function reuseFirst(
  first: PartStream | undefined,
  openAgain: () => PartStream
): BlobSource['open'] {
  let unused = first
  return () => {
    const stream = unused ?? openAgain()
    unused = undefined
    return stream
  }
}

async function readTotal(source: LayerSource, { signal }: PushContext): Promise<StreamDigest> {
  const total = await hashStream(source.open(), signal)
  checkDigest(source, total)
  return total
}

async function isAvailable(
  { digest, size }: StreamDigest,
  { layerApi }: PushContext
): Promise<boolean> {
  return (await layerApi.check([digest])).get(digest) === size
}
