import { isDeepStrictEqual } from 'node:util'
import type { ForeignLayer, LayerFile } from '../image-archive/contents.js'
import { MAX_CONFIG_BYTES, parseConfig } from '../oci/config.js'
import { isArtifactOfImage, parseManifest } from '../oci/manifest.js'
import type { Descriptor, Index, Manifest, Platform } from '../oci/manifest.js'
import { compressionOfLayer, MEDIA_TYPES } from '../oci/media-types.js'
import { platformKey } from '../oci/platform.js'
import type { Deps, Registry, RetryOptions, ServedManifest } from '../runner/deps.js'
import { messageOf } from '../runner/errors.js'
import type { Compression } from './compress/compressor.js'
import type { LayerApi } from './upload/layer-api.js'

/** An image of the repository. */
export interface KnownImage {
  readonly served: ServedManifest
  readonly manifest: Manifest
}

/** The image to push, with the properties that are compared with the images of the repository. */
export interface ImageToFind {
  readonly configDigest: string
  readonly layers: readonly (LayerFile | ForeignLayer)[]
  /** The annotations that its manifest must have. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
  readonly platform: Platform
  /** The digests that the tags to set refer to now. */
  readonly tagged: ReadonlySet<string>
  /** The compression of its uncompressed layers. */
  readonly compression: Compression
}

/** The result of searching the repository. */
export interface KnownImages {
  /** The layers of the image to find, by diff ID. The repository may have lost them since. */
  readonly layers: ReadonlyMap<string, Descriptor>
  /** The sizes in bytes of the layers and configs of all compared images that the repository still has, by digest. */
  readonly available: ReadonlyMap<string, number>
  /** The image itself: an image with the same config and equivalent layers. */
  readonly same: KnownImage | undefined
  /** The digests of all images that were compared with the image to find. */
  readonly compared: ReadonlySet<string>
}

/** The result for a repository that was not searched. */
export const NOTHING_KNOWN: KnownImages = {
  layers: new Map(),
  available: new Map(),
  same: undefined,
  compared: new Set()
}

/** The repository to search. */
export interface KnownImagesSource extends Pick<Deps, 'log' | 'signal'> {
  readonly registry: Registry
  /** The path below the host, `alias/name`. */
  readonly path: string
  /** Returns the sizes in bytes of the layers and configs that the repository has, by digest. */
  readonly check: LayerApi['check']
  /** Aborts when the search takes too long. */
  readonly searchSignal: AbortSignal
}

/** The maximum number of images to read. Each takes two requests, and anonymous requests are limited to one per second. */
const MAX_IMAGES = 6
/** Layers of other types may be encrypted, belong to an artifact, or must not be stored in registries. */
const REUSABLE_LAYER_TYPES: ReadonlySet<string> = new Set([
  MEDIA_TYPES.dockerLayer,
  MEDIA_TYPES.dockerLayerGzip,
  MEDIA_TYPES.ociLayer,
  MEDIA_TYPES.ociLayerGzip,
  MEDIA_TYPES.ociLayerZstd
])

/**
 * Reads images of the repository until every layer of the image is found or the search signal aborts. Images
 * that cannot be read are logged and ignored.
 *
 * The config of an image is trusted to list the diff IDs of its layers: an attacker who can push a wrong config to the
 * repository can push any image anyway.
 *
 * @param candidates digests of images, the most likely ones first
 */
export async function readKnownImages(
  candidates: AsyncIterable<string>,
  image: ImageToFind,
  source: KnownImagesSource
): Promise<KnownImages> {
  const search = new Search(image, source)
  const ended = whenAborted(source.searchSignal)
  const digests = candidates[Symbol.asyncIterator]()
  for (;;) {
    const next = await Promise.race([digests.next(), ended])
    if (next === 'aborted' || next.done === true) break
    if ((await Promise.race([search.read(next.value), ended])) === 'aborted') break
    if (search.isDone()) break
  }
  return search.result()
}

/** Resolves when the signal aborts, so that requests that ignore the signal are not waited for. */
function whenAborted(signal: AbortSignal): Promise<'aborted'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('aborted')
    else signal.addEventListener('abort', () => resolve('aborted'), { once: true })
  })
}

/** The state of one search. */
class Search {
  private readonly layers = new Map<string, Descriptor>()
  private readonly available = new Map<string, number>()
  private readonly compared = new Set<string>()
  private readonly requested = new Set<string>()
  private readonly layerFiles: ReadonlyMap<string, LayerFile>
  private same: KnownImage | undefined

  constructor(
    private readonly image: ImageToFind,
    private readonly source: KnownImagesSource
  ) {
    const layerFiles = image.layers.filter(isLayerFile)
    this.layerFiles = new Map(layerFiles.map((layer) => [layer.diffId, layer]))
  }

  /** Reads an image and adds its layers. Images that were read before are skipped. */
  async read(digest: string): Promise<void> {
    if (this.requested.has(digest)) return
    this.requested.add(digest)
    const { platform } = this.image
    try {
      const known = await findPlatformImage(digest, platform, this.source)
      if (known !== undefined) {
        // The layers are checked while the config is read.
        await Promise.all([this.checkLayers(known.manifest), this.addLayers(known.manifest)])
        if (isSame(known.manifest, this.image)) this.same ??= known
      }
      this.compared.add(digest)
    } catch (error) {
      this.source.signal.throwIfAborted()
      this.source.log.info(`Not reusing layers of ${digest}: ${messageOf(error)}`)
    }
  }

  isDone(): boolean {
    const hasAllLayers = this.layers.size === this.layerFiles.size
    const hasAllTagged = [...this.image.tagged].every((digest) => this.requested.has(digest))
    return (
      this.requested.size === MAX_IMAGES ||
      this.same !== undefined ||
      (hasAllLayers && hasAllTagged)
    )
  }

  /** Returns a copy of the result, because a read that is still running may add to it. */
  result(): KnownImages {
    return {
      layers: new Map(this.layers),
      available: new Map(this.available),
      same: this.same,
      compared: new Set(this.compared)
    }
  }

  private async checkLayers({ config, layers }: Manifest): Promise<void> {
    const digests = [config, ...layers].flatMap((descriptor) =>
      isStoredElsewhere(descriptor) || this.available.has(descriptor.digest)
        ? []
        : [descriptor.digest]
    )
    const found = await this.source.check(digests)
    for (const [digest, size] of found) this.available.set(digest, size)
  }

  private async addLayers({ config, layers }: Manifest): Promise<void> {
    const { image, layerFiles } = this
    const diffIds =
      config.digest === image.configDigest
        ? image.layers.map(({ diffId }) => diffId)
        : await readDiffIds(config, this.source)
    if (diffIds.length !== layers.length) return
    for (const [at, diffId] of diffIds.entries()) {
      const [descriptor, layer] = [layers[at], layerFiles.get(diffId)]
      if (descriptor === undefined || layer === undefined || this.layers.has(diffId)) continue
      if (!isReusable(descriptor, layer, image.compression)) continue
      // A descriptor with an empty list of URLs would look like a foreign layer.
      this.layers.set(diffId, { ...descriptor, urls: undefined })
    }
  }
}

/** Returns the image with this digest, or the one for the platform if the digest is an index. */
async function findPlatformImage(
  digest: string,
  platform: Platform,
  source: KnownImagesSource
): Promise<KnownImage | undefined> {
  const found = await findManifest(digest, source)
  // The registry may not serve an image yet that was just pushed, so nothing is known about this image.
  if (found === undefined) throw new Error('The registry does not have this manifest')
  const { served, manifest } = found
  if (manifest.kind === 'manifest') return { served, manifest }
  const child = findChild(manifest, platform)
  const platformImage = child === undefined ? undefined : await findManifest(child.digest, source)
  if (platformImage?.manifest.kind !== 'manifest') return undefined
  return { served: platformImage.served, manifest: platformImage.manifest }
}

async function findManifest(
  digest: string,
  source: KnownImagesSource
): Promise<{ served: ServedManifest; manifest: Manifest | Index } | undefined> {
  const served = await source.registry.findManifest(source.path, digest, retryOptions(source))
  if (served === undefined) return undefined
  return { served, manifest: parseManifest(served.bytes, digest, served.mediaType) }
}

/** Returns the manifest for a platform. If it is missing, the one for another variant or version of it is returned. */
function findChild(index: Index, wanted: Platform): Descriptor | undefined {
  const children = index.manifests.filter(
    (each) =>
      !isArtifactOfImage(each) &&
      each.platform?.os === wanted.os &&
      each.platform.architecture === wanted.architecture
  )
  const key = platformKey(wanted)
  const exact = children.find(({ platform }) => platform && platformKey(platform) === key)
  return exact ?? children[0]
}

/** Returns `true` if this push would create the same image, apart from differently compressed layers. */
function isSame({ config, layers, annotations }: Manifest, image: ImageToFind): boolean {
  if (config.digest !== image.configDigest || layers.length !== image.layers.length) return false
  if (image.annotations !== undefined && !isDeepStrictEqual(annotations, image.annotations)) {
    return false
  }
  return image.layers.every((layer, at) => {
    const descriptor = layers[at]
    if (descriptor === undefined) return false
    if (isLayerFile(layer)) return isReusable(descriptor, layer, image.compression)
    return descriptor.digest === layer.descriptor.digest && isStoredElsewhere(descriptor)
  })
}

async function readDiffIds(
  { digest }: Descriptor,
  source: KnownImagesSource
): Promise<readonly string[]> {
  const { registry, path } = source
  const bytes = await registry.getBlob(path, digest, MAX_CONFIG_BYTES, retryOptions(source))
  return parseConfig(bytes, digest).diffIds
}

/**
 * Layers with gzip are always reusable. Layers with zstd, which not every client supports, and uncompressed layers are
 * reusable only if the user requests this compression or the archive has the layer with zstd.
 */
function isReusable(descriptor: Descriptor, layer: LayerFile, compression: Compression): boolean {
  if (!REUSABLE_LAYER_TYPES.has(descriptor.mediaType) || isStoredElsewhere(descriptor)) return false
  const found = compressionOfLayer(descriptor.mediaType)
  const isAsInArchive = found === 'zstd' && layer.compression === 'zstd'
  return found === 'gzip' || found === compression || isAsInArchive
}

/** Returns `true` for a layer that is stored outside the registry. */
export function isStoredElsewhere({ urls = [] }: Descriptor): boolean {
  return urls.length > 0
}

function isLayerFile(layer: LayerFile | ForeignLayer): layer is LayerFile {
  return layer.kind === 'layer-file'
}

function retryOptions({ searchSignal }: KnownImagesSource): RetryOptions {
  return { maxAttempts: 2, budgetMilliseconds: 3000, signal: searchSignal }
}
