import type { TagDecision } from './decide-tags.js'
import type { PushContext } from './push-context.js'
import type { ComposedImage, PushPlan } from './push-plan.js'

/** A composed image without the manifests that the repository has. */
export interface FoundImage {
  /** `true` if the repository already has the image. */
  readonly isFound: boolean
  readonly composed: ComposedImage
}

/**
 * Finds out whether the repository has an image whose digest was not known when the push was planned. If it has the
 * image, only the manifests of the index that it lacks are put again.
 */
export async function findInRepository(
  plan: PushPlan,
  composed: ComposedImage,
  tags: readonly TagDecision[],
  context: PushContext
): Promise<FoundImage> {
  const isTagged = tags.some(({ action }) => action === 'keep')
  if (plan.digest !== undefined) return { isFound: plan.isInRepository || isTagged, composed }
  const { root, children } = composed.manifests
  // An image without tags is looked up by its digest.
  const isFound = isTagged || (tags.length === 0 && (await has(root.digest, context)))
  if (!isFound) return { isFound, composed }
  const isMissing = await Promise.all(
    children.map(async ({ digest }) => !(await has(digest, context)))
  )
  const missing = children.filter((_, at) => isMissing[at])
  const digests = new Set(missing.map(({ digest }) => digest))
  return {
    isFound,
    composed: {
      ...composed,
      manifests: { ...composed.manifests, children: missing },
      relatedManifests: composed.relatedManifests.map((manifest) =>
        manifest.isReferrer ? manifest : { ...manifest, isNew: digests.has(manifest.digest) }
      )
    }
  }
}

async function has(digest: string, { findImage }: PushContext): Promise<boolean> {
  return (await findImage(digest)) === digest
}
