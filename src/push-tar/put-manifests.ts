import type { StoredIndex, StoredManifest } from '../image-archive/contents.js'
import type { EcrPublicApi } from '../runner/deps.js'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import { putImage } from './put-image.js'
import type { ManifestToPut } from './put-image.js'

/** What is put of an image, in this order. */
export interface ManifestsToPut {
  /** The parts of an index, inner ones first: by digest, without a tag. */
  readonly parts: readonly ManifestToPut[]
  readonly root: ManifestToPut
  /** The tags that the root gets; without any it is there already and not put. */
  readonly tags: readonly string[]
  /** What refers to the image: by digest, without a tag. */
  readonly referrers: readonly ManifestToPut[]
}

/**
 * Puts all manifests of an image. The tags come last but for what refers to the image, so that no tag
 * ever names an image of which a part is missing.
 */
export async function putManifests(
  manifests: ManifestsToPut,
  api: EcrPublicApi,
  repository: RepositoryAddress
): Promise<void> {
  const { parts, root, tags, referrers } = manifests
  const putParts = async (): Promise<void> => {
    for (const part of parts) await putImage(api, repository, part)
  }
  await putParts()
  for (const tag of tags) {
    try {
      await putImage(api, repository, root, tag)
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'ReferencedImagesNotFoundException')
        throw error
      // The service may take a moment to see what it has just stored.
      await putParts()
      await putImage(api, repository, root, tag)
    }
  }
  for (const referrer of referrers) await putImage(api, repository, referrer)
}

/** All manifests below an index, each once, what an index names before the index; without the index itself. */
export function partsOf(root: StoredManifest | StoredIndex): (StoredManifest | StoredIndex)[] {
  const parts = new Map<string, StoredManifest | StoredIndex>()
  const collect = (node: StoredManifest | StoredIndex): void => {
    if (node.kind === 'stored-manifest') return
    for (const child of node.children) {
      collect(child)
      parts.set(child.digest, child)
    }
  }
  collect(root)
  return [...parts.values()]
}
