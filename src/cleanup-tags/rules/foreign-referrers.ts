import { findReferrerTagSubject } from '../../oci/referrer-tags.js'
import type { Inventory } from './inventory.js'
import type { StepFacts } from './step-facts.js'

/** Returns why a referrer of an image is kept, or `undefined`. The image is not in the repository of the referrer. */
export type ForeignReason = (subject: string) => string | undefined

/**
 * Returns a function that finds out whether an image that is missing in a repository can be in another one.
 *
 * Invariant: a referrer without its image is deleted only if all images of the step were listed, none of them is its
 * image, and its repository also has tags that are not referrer tags. cosign writes all signatures of an account into one
 * repository if `COSIGN_REPOSITORY` is set, and such a repository contains only referrers.
 */
export function createForeignReason(
  inventory: Pick<Inventory, 'tags'>,
  { findHolder, unlisted }: Pick<StepFacts, 'findHolder' | 'unlisted'>
): ForeignReason {
  const hasOwnTags = inventory.tags.some(({ tag }) => findReferrerTagSubject(tag) === undefined)
  const [unknown] = unlisted
  return (subject) => {
    const holder = findHolder(subject)
    if (holder !== undefined) return `its image is in ${holder}`
    if (unknown !== undefined) return `its image might be in ${unknown}, which could not be read`
    if (hasOwnTags) return undefined
    return 'the repository contains only referrers, whose images are in other repositories'
  }
}
