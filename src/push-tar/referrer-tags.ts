import type { ReferrerTag } from '../image-archive/contents.js'
import type { EcrPublicApi } from '../runner/deps.js'
import { withChildren } from './plan-stored-image.js'
import type { PushContext } from './push-context.js'
import type { ImageToPush } from './push-plan.js'
import { putImage } from './put-manifests.js'
import type { PushTarget } from './resolve-target.js'

/** A referrer tag and what the push does with it. A tag that exists is never moved. */
export interface ReferrerTagDecision extends ReferrerTag {
  readonly action: 'create' | 'keep'
}

/**
 * Decides about the referrer tags of an image. A referrer tag of the repository that names something else is kept,
 * because it may list signatures that were added there.
 */
export async function decideReferrerTags(
  { referrerTags = [] }: ImageToPush,
  { name }: PushTarget,
  { findImage, log }: Pick<PushContext, 'findImage' | 'log'>
): Promise<ReferrerTagDecision[]> {
  return Promise.all(
    referrerTags.map(async (referrerTag): Promise<ReferrerTagDecision> => {
      const current = await findImage(referrerTag.tag)
      if (current === undefined) return { ...referrerTag, action: 'create' }
      if (current !== referrerTag.digest) {
        log.warning(
          `The referrer tag ${name}:${referrerTag.tag} is not moved. It refers to ${current}, and the referrer to push is ${referrerTag.digest}.`
        )
      }
      return { tag: referrerTag.tag, digest: current, action: 'keep' }
    })
  )
}

/** Sets the referrer tags. The repository must have the referrers. */
export async function putReferrerTags(
  { referrers = [] }: ImageToPush,
  decisions: readonly ReferrerTagDecision[],
  { address }: PushTarget,
  api: EcrPublicApi
): Promise<void> {
  const manifests = new Map(
    referrers.flatMap(withChildren).map((manifest) => [manifest.digest, manifest])
  )
  for (const { tag, digest, action } of decisions) {
    const manifest = manifests.get(digest)
    if (action === 'create' && manifest !== undefined) await putImage(manifest, tag, address, api)
  }
}
