import type { StoredBlob, StoredIndex, StoredManifest } from '../image-archive/contents.js'
import pLimit from 'p-limit'
import { distinctBy } from '../image-archive/distinct-by.js'
import { isArtifactOfImage, parseManifest } from '../oci/manifest.js'
import { distinctByPlatform, listIndexChildren } from './list-index-children.js'
import type { CurrentTag } from './list-current-tags.js'
import type { PushContext } from './push-context.js'
import type { PushedLayer } from './push-layer.js'
import type { PushedLayers } from './push-layers.js'
import type { PlatformImage, PushPlan, RelatedManifest, StoredIndexChild } from './push-plan.js'
import type { ChildToPut } from './put-manifests.js'

type Stored = StoredManifest | StoredIndex

/** The number of manifests that are looked up in parallel. */
const CONCURRENCY = 16

/**
 * Plans the push of an image with all its manifests and referrers, byte for byte. Only the blobs of manifests that the
 * repository does not have are uploaded.
 */
export async function planStoredImage(
  root: Stored,
  referrers: readonly Stored[],
  currentTags: readonly CurrentTag[],
  context: PushContext
): Promise<PushPlan> {
  const isTagged = currentTags.some(({ digest }) => digest === root.digest)
  const children = listChildren(root)
  const allReferrers = distinctManifests(referrers.flatMap(withChildren))
  // The children are looked up together with the root, because a first push would otherwise wait for one more call.
  const missing = new Set(
    await listMissing([...(isTagged ? [] : [...children, root]), ...allReferrers], context)
  )
  const isInRepository = !missing.has(root)
  const newReferrers = allReferrers.filter((referrer) => missing.has(referrer))
  const newManifests = isInRepository ? new Set(newReferrers) : missing
  const uploads = await listMissingBlobs(newManifests, context)
  return {
    digest: root.digest,
    isInRepository,
    uploads,
    looksUpFirst: false,
    compose: (pushed) => ({
      manifests: {
        children: isInRepository ? [] : children.map((child) => toChild(child, missing)),
        root,
        referrers: newReferrers
      },
      layers: listLayers([...withChildren(root), ...allReferrers], pushed),
      relatedManifests: [
        ...children.map((child) => relatedManifest(child, newManifests, false)),
        ...allReferrers.map((referrer) => relatedManifest(referrer, newManifests, true))
      ],
      platforms: listPlatformImages(root)
    })
  }
}

function toChild(child: Stored, missing: ReadonlySet<Stored>): ChildToPut {
  const { bytes, mediaType, digest } = child
  return { bytes, mediaType, digest, isFound: !missing.has(child) }
}

/** Returns the manifests that the repository does not have. */
async function listMissing(
  manifests: readonly Stored[],
  { findImage }: PushContext
): Promise<Stored[]> {
  const found = await pLimit(CONCURRENCY).map(manifests, ({ digest }) => findImage(digest))
  return manifests.filter(({ digest }, at) => found[at] !== digest)
}

function distinctManifests(manifests: readonly Stored[]): Stored[] {
  return distinctBy(manifests, ({ digest }) => digest)
}

/** Returns a manifest after all manifests that it lists. */
export function withChildren(manifest: Stored): Stored[] {
  return [...listChildren(manifest), manifest]
}

/** Returns all manifests of an index, each once and nested ones first, without the index itself. */
function listChildren(root: Stored): Stored[] {
  if (root.kind === 'stored-manifest') return []
  return distinctManifests(root.children.flatMap(withChildren))
}

/** Returns the configs and layers that the repository does not have, each once. */
async function listMissingBlobs(
  manifests: Iterable<Stored>,
  { layerApi }: PushContext
): Promise<StoredBlob[]> {
  const blobs = distinctBlobs([...manifests].flatMap(blobsOf))
  if (blobs.length === 0) return []
  const available = await layerApi.check(blobs.map(({ descriptor }) => descriptor.digest))
  return blobs.filter(({ descriptor }) => available.get(descriptor.digest) !== descriptor.size)
}

/** Returns the layers of the manifests, without their configs, each once. */
function listLayers(manifests: readonly Stored[], pushed: PushedLayers): PushedLayer[] {
  const configs = new Set(manifests.map((manifest) => blobsOf(manifest)[0]?.descriptor.digest))
  const layers = distinctBlobs(manifests.flatMap(blobsOf)).filter(
    ({ descriptor }) => !configs.has(descriptor.digest)
  )
  const pushedByDigest = new Map(
    [...pushed.values()].map((layer) => [layer.descriptor.digest, layer])
  )
  return layers.map(
    ({ descriptor }) =>
      pushedByDigest.get(descriptor.digest) ?? { descriptor, result: 'found', milliseconds: 0 }
  )
}

function distinctBlobs(blobs: readonly StoredBlob[]): StoredBlob[] {
  return distinctBy(blobs, ({ descriptor }) => descriptor.digest)
}

function blobsOf(manifest: Stored): readonly StoredBlob[] {
  return manifest.kind === 'stored-manifest' ? manifest.blobs : []
}

/** Lists the platform images of an image. Attestations and artifacts are not platform images. */
function listPlatformImages(root: Stored): PlatformImage[] {
  const children =
    root.kind === 'stored-index'
      ? listIndexChildren(root)
      : [{ image: root, platform: root.platform }]
  return distinctByPlatform(children, ({ image }) => image.digest).flatMap(findPlatformImage)
}

function findPlatformImage(child: StoredIndexChild): PlatformImage | [] {
  const { image, platform } = child
  if (platform === undefined || isArtifactOfImage(child)) return []
  const { bytes, digest, mediaType } = image
  const parsed = parseManifest(bytes, digest, mediaType)
  const layers = parsed.kind === 'manifest' ? parsed.layers : []
  return { platform, digest, size: layers.reduce((sum, { size }) => sum + size, 0) }
}

function relatedManifest(
  manifest: Stored,
  newManifests: ReadonlySet<Stored>,
  isReferrer: boolean
): RelatedManifest {
  return {
    digest: manifest.digest,
    platform: manifest.kind === 'stored-manifest' ? manifest.platform : undefined,
    isNew: newManifests.has(manifest),
    isReferrer
  }
}
