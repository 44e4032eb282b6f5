import type { StoredBlob, StoredIndex, StoredManifest } from '../image-archive/contents.js'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import type { EcrPublicApi } from '../runner/deps.js'
import { areAllSkipped, decideTags } from './decide-tags.js'
import { findDigest } from './list-current-tags.js'
import type { CurrentTag } from './list-current-tags.js'
import type { PushedLayer } from './push-layer.js'
import type { PushedLayers } from './push-layers.js'
import type { PlanOptions, PushPlan, RelatedManifest } from './push-plan.js'
import type { LayerApi } from './upload/layer-api.js'

type Stored = StoredManifest | StoredIndex

/**
 * Plans the push of an image with all its manifests and referrers, byte for byte. Only the blobs of manifests that the
 * repository does not have are uploaded.
 */
export async function planStoredImage(
  root: Stored,
  referrers: readonly Stored[],
  currentTags: readonly CurrentTag[],
  repository: RepositoryAddress,
  { ifTagExists }: PlanOptions,
  layerApi: LayerApi,
  api: EcrPublicApi
): Promise<PushPlan> {
  const tags = decideTags(currentTags, root.digest, ifTagExists, repository.repositoryName)
  const isInRepository =
    currentTags.some(({ digest }) => digest === root.digest) ||
    (await hasManifest(root, repository, api))
  if (!isInRepository && areAllSkipped(tags)) return { kind: 'skip', tags }

  const children = listChildren(root)
  const newReferrers = await listMissing(referrers, repository, api)
  const newImage = isInRepository ? [] : [root, ...children]
  const newManifests = new Set([...newImage, ...newReferrers])
  const uploads = await listMissingBlobs(newManifests, layerApi)
  return {
    kind: 'upload',
    isInRepository,
    uploads,
    looksUpFirst: false,
    compose: (pushed) => ({
      manifests: {
        children: isInRepository ? [] : children,
        root,
        // The children of a referrer that is an index are put before it.
        referrers: newReferrers.flatMap((referrer) => [...listChildren(referrer), referrer])
      },
      layers: listLayers([root, ...children, ...referrers], pushed),
      relatedManifests: [
        ...children.map((child) => relatedManifest(child, newManifests, false)),
        ...referrers.map((referrer) => relatedManifest(referrer, newManifests, true))
      ]
    })
  }
}

async function hasManifest(
  { digest }: Stored,
  repository: RepositoryAddress,
  api: EcrPublicApi
): Promise<boolean> {
  return (await findDigest(digest, repository, api)) === digest
}

/** Returns the manifests that the repository does not have. */
async function listMissing(
  manifests: readonly Stored[],
  repository: RepositoryAddress,
  api: EcrPublicApi
): Promise<Stored[]> {
  const found = await Promise.all(
    manifests.map((manifest) => hasManifest(manifest, repository, api))
  )
  return manifests.filter((_, at) => found[at] === false)
}

/** Returns all manifests of an index, each once and nested ones first, without the index itself. */
function listChildren(root: Stored): Stored[] {
  const children = new Map<string, Stored>()
  const collect = (manifest: Stored): void => {
    if (manifest.kind === 'stored-manifest') return
    for (const child of manifest.children) {
      collect(child)
      children.set(child.digest, child)
    }
  }
  collect(root)
  return [...children.values()]
}

/** Returns the configs and layers that the repository does not have, each once. */
async function listMissingBlobs(
  manifests: Iterable<Stored>,
  layerApi: LayerApi
): Promise<StoredBlob[]> {
  const blobs = uniqueBlobs([...manifests].flatMap(blobsOf))
  if (blobs.size === 0) return []
  const available = await layerApi.check([...blobs.keys()])
  return [...blobs.values()].filter(
    ({ descriptor }) => available.get(descriptor.digest) !== descriptor.size
  )
}

/** Returns the layers of the manifests, without their configs, each once. */
function listLayers(manifests: readonly Stored[], pushed: PushedLayers): PushedLayer[] {
  const blobs = uniqueBlobs(manifests.flatMap(blobsOf))
  for (const manifest of manifests) {
    const [config] = blobsOf(manifest)
    if (config !== undefined) blobs.delete(config.descriptor.digest)
  }
  const pushedByDigest = new Map(
    [...pushed.values()].map((layer) => [layer.descriptor.digest, layer])
  )
  return [...blobs.values()].map(
    ({ descriptor }) =>
      pushedByDigest.get(descriptor.digest) ?? { descriptor, result: 'found', milliseconds: 0 }
  )
}

function uniqueBlobs(blobs: readonly StoredBlob[]): Map<string, StoredBlob> {
  const unique = new Map<string, StoredBlob>()
  for (const blob of blobs) {
    const { digest } = blob.descriptor
    if (!unique.has(digest)) unique.set(digest, blob)
  }
  return unique
}

function blobsOf(manifest: Stored): readonly StoredBlob[] {
  return manifest.kind === 'stored-manifest' ? manifest.blobs : []
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
