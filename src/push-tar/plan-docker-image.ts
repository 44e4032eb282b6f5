import type { DockerImage, LayerFile, StoredBlob } from '../image-archive/contents.js'
import { distinctBy } from '../image-archive/distinct-by.js'
import { sha256Digest } from '../oci/digest.js'
import type { Descriptor, Manifest, Platform } from '../oci/manifest.js'
import { MEDIA_TYPES } from '../oci/media-types.js'
import type { Deps } from '../runner/deps.js'
import { findKnownImages } from './find-known-images.js'
import type { UploadItem } from './layer-source.js'
import type { CurrentTag } from './list-current-tags.js'
import type { PushContext } from './push-context.js'
import type { PushedLayer } from './push-layer.js'
import type { PushedLayers } from './push-layers.js'
import type { ComposedImage, PlanOptions, PushPlan } from './push-plan.js'
import { isStoredElsewhere, NOTHING_KNOWN } from './read-known-images.js'
import type { KnownImage, KnownImages } from './read-known-images.js'
import type { PushTarget } from './resolve-target.js'
import { checkManifestSize, writeManifest } from './write-manifest.js'

/**
 * Plans the push of an image without a manifest, of which only the config and the layers are known. If the repository
 * already has the image, with layers of any supported compression, its manifest is used.
 */
export async function planDockerImage(
  image: DockerImage,
  currentTags: readonly CurrentTag[],
  target: PushTarget,
  options: PlanOptions,
  context: PushContext,
  deps: Pick<Deps, 'api' | 'log' | 'openRegistry' | 'signal'>
): Promise<PushPlan> {
  checkManifestSize(image)
  const config = configBlob(image.config)
  const [known, availableConfig] = await Promise.all([
    options.reuseLayers && target.exists
      ? findKnownImages(image, currentTags, target, context, deps)
      : NOTHING_KNOWN,
    context.layerApi.check([config.descriptor.digest])
  ])
  const available = new Map([...availableConfig, ...known.available])

  const { same } = known
  return same !== undefined && isComplete(same.manifest, available)
    ? planKnownImage(image, same)
    : planUpload(image, config, known, available, currentTags)
}

/** Plans an image that the repository already has. Only tags may be missing. */
function planKnownImage(image: DockerImage, { served, manifest }: KnownImage): PushPlan {
  const layers = image.layers.map((layer, at): PushedLayer => {
    if (layer.kind === 'foreign-layer') return foreignLayer(layer.descriptor)
    const descriptor = manifest.layers[at]
    if (descriptor === undefined) throw new Error(`The manifest does not have a layer ${at}`)
    return reusedLayer(descriptor)
  })
  const composed = composedImage(served, layers, image.platform)
  return {
    digest: served.digest,
    isInRepository: true,
    uploads: [],
    looksUpFirst: false,
    compose: () => composed
  }
}

/** Plans the upload of the config and of the layers that cannot be reused. */
function planUpload(
  image: DockerImage,
  config: StoredBlob,
  known: KnownImages,
  available: ReadonlyMap<string, number>,
  currentTags: readonly CurrentTag[]
): PushPlan {
  const reusable = new Map([...known.layers].filter(([, layer]) => isAvailable(layer, available)))
  const layerFiles = image.layers.filter(
    (layer): layer is LayerFile => layer.kind === 'layer-file' && !reusable.has(layer.diffId)
  )
  const uploads: UploadItem[] = isAvailable(config.descriptor, available)
    ? layerFiles
    : [config, ...layerFiles]
  return {
    digest: undefined,
    isInRepository: false,
    uploads,
    looksUpFirst: mayBeInRepository(known, currentTags),
    compose: (pushed) => composeImage(image, config.descriptor, reusable, pushed)
  }
}

/** Returns `true` if the repository may already have the image, because not all its images were compared with it. */
function mayBeInRepository(known: KnownImages, currentTags: readonly CurrentTag[]): boolean {
  // An image that lost a layer gets the same digest again when it is pushed.
  const incomplete = known.same?.served.digest
  // Images without a tag are not compared.
  if (currentTags.length === 0) return true
  return currentTags.some(
    ({ digest }) => digest !== undefined && (digest === incomplete || !known.compared.has(digest))
  )
}

function isComplete({ config, layers }: Manifest, available: ReadonlyMap<string, number>): boolean {
  return [config, ...layers].every(
    (descriptor) => isStoredElsewhere(descriptor) || isAvailable(descriptor, available)
  )
}

function isAvailable(
  { digest, size }: Descriptor,
  available: ReadonlyMap<string, number>
): boolean {
  return available.get(digest) === size
}

function configBlob({ bytes, digest }: DockerImage['config']): StoredBlob {
  return {
    descriptor: { mediaType: MEDIA_TYPES.dockerConfig, digest, size: bytes.length },
    content: {
      name: 'The config of the image',
      size: bytes.length,
      read: async function* () {
        yield await Promise.resolve(bytes)
      }
    }
  }
}

function composeImage(
  image: DockerImage,
  config: Descriptor,
  reusable: ReadonlyMap<string, Descriptor>,
  pushed: PushedLayers
): ComposedImage {
  const layers = image.layers.map((layer): PushedLayer => {
    if (layer.kind === 'foreign-layer') return foreignLayer(layer.descriptor)
    const pushedLayer = pushed.get(layer)
    if (pushedLayer !== undefined) return pushedLayer
    const descriptor = reusable.get(layer.diffId)
    if (descriptor === undefined) {
      throw new Error(`The layer ${layer.diffId} was neither pushed nor reused`)
    }
    return reusedLayer(descriptor)
  })
  const descriptors = layers.map(({ descriptor }) => descriptor)
  const manifest = writeManifest(config, descriptors, image.annotations)
  const digest = sha256Digest(manifest.bytes)
  return composedImage({ ...manifest, digest }, layers, image.platform)
}

function composedImage(
  root: ComposedImage['manifests']['root'],
  layers: readonly PushedLayer[],
  platform: Platform
): ComposedImage {
  const size = layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0)
  return {
    manifests: { children: [], root, referrers: [] },
    layers: distinctBy(layers, ({ descriptor }) => descriptor.digest),
    relatedManifests: [],
    platforms: [{ platform, digest: root.digest, size }]
  }
}

function foreignLayer(descriptor: Descriptor): PushedLayer {
  return { descriptor, result: 'foreign', milliseconds: 0 }
}

function reusedLayer(descriptor: Descriptor): PushedLayer {
  return { descriptor, result: 'reused', milliseconds: 0 }
}
