import { isDeepStrictEqual } from 'node:util'
import type { ForeignLayer, LayerFile } from '../image-archive/contents.js'
import type { Deps } from '../runner/deps.js'
import { messageOf } from '../runner/errors.js'
import { MAX_CONFIG_BYTES, parseConfig } from '../oci/config.js'
import { parseManifest } from '../oci/manifest.js'
import type { Descriptor, Index, Manifest, Platform } from '../oci/manifest.js'
import { compressionOfLayer, MEDIA_TYPES } from '../oci/media-types.js'
import type { Registry, ServedManifest } from '../runner/deps.js'
import type { Compression } from './compress/compressor.js'

/** An image that the repository holds, of the same platform as the one that is pushed. */
export interface KnownImage {
  readonly served: ServedManifest
  readonly manifest: Manifest
}

/** What the image to be pushed is made of. */
export interface WantedImage {
  readonly configDigest: string
  readonly layers: readonly (LayerFile | ForeignLayer)[]
  /** Those that its manifest has to have. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
  readonly platform: Platform
  /** What the tags that it is to get name now. */
  readonly namedNow: ReadonlySet<string>
}

/** What is known of the repository's own images. */
export interface KnownImages {
  /** Those that the wanted image needs, by diff ID; not yet checked to be still there. */
  readonly layers: ReadonlyMap<string, Descriptor>
  /** The image itself, where the repository has it: the same config and as many layers. */
  readonly same: KnownImage | undefined
  /** Digests of which it is known whether they are the image. */
  readonly judged: ReadonlySet<string>
}

/** Of a repository that was not looked at. */
export const NOTHING_KNOWN: KnownImages = { layers: new Map(), same: undefined, judged: new Set() }

/** Where the repository's images are read. */
export interface KnownImagesSource {
  readonly deps: Pick<Deps, 'log' | 'signal'>
  readonly registry: Registry
  /** The path below the host, `alias/name`. */
  readonly path: string
  /** How the layers of this push are compressed. */
  readonly compression: Compression
  /** Ends the search. */
  readonly signal: AbortSignal
}

/** How many images are looked at; each takes two reads, and anonymous ones are limited to one a second. */
const MAX_IMAGES = 6
/** Layers of other types may be anything: encrypted, of an artifact, or not to be stored in registries. */
const LAYER_TYPES: ReadonlySet<string> = new Set([
  MEDIA_TYPES.dockerLayer,
  MEDIA_TYPES.dockerLayerGzip,
  MEDIA_TYPES.ociLayer,
  MEDIA_TYPES.ociLayerGzip,
  MEDIA_TYPES.ociLayerZstd
])

/**
 * Learns from the repository's own images which layer is which diff ID, until every layer of the wanted
 * image is known. A registry that does not answer only means that less is known.
 *
 * An image is believed where its manifest and config hash to their digests and have as many layers as
 * diff IDs. It does not have to be true: whoever may push to this repository could say that a layer is
 * another one, but could as well push any image.
 *
 * @param candidates digests, the likeliest first; taken only as far as needed
 */
export async function readKnownImages(
  candidates: AsyncIterable<string>,
  wanted: WantedImage,
  source: KnownImagesSource
): Promise<KnownImages> {
  const layers = new Map<string, Descriptor>()
  const judged = new Set<string>()
  const seen = new Set<string>()
  const needed = new Set(wanted.layers.filter(isLayerFile).map(({ diffId }) => diffId))
  let same: KnownImage | undefined
  const judge = async (digest: string): Promise<true> => {
    try {
      const image = await findImage(digest, wanted.platform, source)
      if (image !== undefined) {
        if (isSame(image, wanted, source.compression)) same ??= image
        await learn(image, wanted, layers, source)
      }
      judged.add(digest)
    } catch (error) {
      source.deps.signal.throwIfAborted()
      source.deps.log.info(`No layers are reused from ${digest}: ${messageOf(error)}`)
    }
    return true
  }
  const isEnough = (): boolean =>
    seen.size === MAX_IMAGES ||
    same !== undefined ||
    (layers.size === needed.size && [...wanted.namedNow].every((named) => seen.has(named)))
  const ended = endOf(source.signal)
  const digests = candidates[Symbol.asyncIterator]()
  for (;;) {
    const next = await Promise.race([digests.next(), ended])
    if (next === undefined || next.done === true) break
    if (seen.has(next.value)) continue
    seen.add(next.value)
    if ((await Promise.race([judge(next.value), ended])) === undefined || isEnough()) break
  }
  // What is still under way then may learn more, which nobody checks any more.
  return { layers: new Map(layers), same, judged: new Set(judged) }
}

/** Resolves when the signal aborts: whoever answers late, such as where tokens come from, is not waited for. */
function endOf(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}

async function findImage(
  digest: string,
  platform: Platform,
  source: KnownImagesSource
): Promise<KnownImage | undefined> {
  const { served, manifest } = (await findManifest(digest, source)) ?? {}
  // It may serve a moment later what was pushed just now, so this says nothing of the image.
  if (served === undefined || manifest === undefined) {
    throw new Error('the registry does not serve it')
  }
  if (manifest.kind === 'manifest') return { served, manifest }
  const child = childFor(manifest, platform)
  const found = child === undefined ? undefined : await findManifest(child.digest, source)
  if (found?.manifest.kind !== 'manifest') return undefined
  return { served: found.served, manifest: found.manifest }
}

async function findManifest(
  digest: string,
  source: KnownImagesSource
): Promise<{ served: ServedManifest; manifest: Manifest | Index } | undefined> {
  const served = await source.registry.findManifest(source.path, digest, patience(source))
  if (served === undefined) return undefined
  return { served, manifest: parseManifest(served.bytes, digest, served.mediaType) }
}

/** The manifest for this platform; without one for its very variant (`arm64`, `arm64/v8`), for another one. */
function childFor(index: Index, wanted: Platform): Descriptor | undefined {
  const children = index.manifests.filter(
    ({ platform }) => platform?.os === wanted.os && platform.architecture === wanted.architecture
  )
  const isExact = ({ platform }: Descriptor): boolean =>
    (platform?.variant ?? '') === (wanted.variant ?? '')
  return children.find(isExact) ?? children[0]
}

/** `true` where the image would come out of this push, but for how well its layers were compressed. */
function isSame({ manifest }: KnownImage, wanted: WantedImage, compression: Compression): boolean {
  const { config, layers, annotations } = manifest
  if (config.digest !== wanted.configDigest || layers.length !== wanted.layers.length) return false
  if (wanted.annotations !== undefined && !isDeepStrictEqual(annotations, wanted.annotations)) {
    return false
  }
  return wanted.layers.every((layer, at) => {
    const descriptor = layers[at]
    if (descriptor === undefined) return false
    if (isLayerFile(layer)) return isReusable(descriptor, layer, compression)
    return descriptor.digest === layer.descriptor.digest && isElsewhere(descriptor)
  })
}

async function learn(
  { manifest }: KnownImage,
  wanted: WantedImage,
  layers: Map<string, Descriptor>,
  source: KnownImagesSource
): Promise<void> {
  const { config, layers: descriptors } = manifest
  const needed = new Map(wanted.layers.filter(isLayerFile).map((layer) => [layer.diffId, layer]))
  const diffIds =
    config.digest === wanted.configDigest
      ? wanted.layers.map(({ diffId }) => diffId)
      : await readDiffIds(config, source)
  if (diffIds.length !== descriptors.length) return
  for (const [at, diffId] of diffIds.entries()) {
    const [descriptor, layer] = [descriptors[at], needed.get(diffId)]
    if (descriptor === undefined || layer === undefined || layers.has(diffId)) continue
    if (!isReusable(descriptor, layer, source.compression)) continue
    layers.set(diffId, { ...descriptor, urls: undefined })
  }
}

async function readDiffIds(
  config: Descriptor,
  source: KnownImagesSource
): Promise<readonly string[]> {
  const { registry, path } = source
  const bytes = await registry.getBlob(path, config.digest, MAX_CONFIG_BYTES, patience(source))
  return parseConfig(bytes, config.digest).diffIds
}

/**
 * gzip goes into every image. zstd only where the user asks for it or the archive has the layer so, as not
 * every client takes it, and plain layers only where the user wants them plain.
 */
function isReusable(descriptor: Descriptor, layer: LayerFile, compression: Compression): boolean {
  if (!LAYER_TYPES.has(descriptor.mediaType) || isElsewhere(descriptor)) return false
  const found = compressionOfLayer(descriptor.mediaType)
  const isAsStored = found === 'zstd' && layer.compression === 'zstd'
  return found === 'gzip' || found === compression || isAsStored
}

/** `true` for a layer of which the registry need not have the bytes. */
export function isElsewhere({ urls = [] }: Descriptor): boolean {
  return urls.length > 0
}

function isLayerFile(layer: LayerFile | ForeignLayer): layer is LayerFile {
  return layer.kind === 'layer-file'
}

function patience(source: KnownImagesSource): {
  maxAttempts: number
  budgetMilliseconds: number
  signal: AbortSignal
} {
  return { maxAttempts: 2, budgetMilliseconds: 3000, signal: source.signal }
}
