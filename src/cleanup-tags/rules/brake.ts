import { findReferrerTagSubject } from '../../oci/referrer-tags.js'
import type { Inventory, ListedTag } from './inventory.js'
import { compareLatestFirst } from './latest-first.js'
import { stays } from './verdict.js'
import type { Judgement, Verdict } from './verdict.js'

/**
 * The judgement with the brake on: no rules take every tag of a repository. Where they would, the tag that was
 * set last stays (where images go as a whole, with all other tags of its image). Companion tags are no tags of
 * their own.
 */
export function keepLastTag(inventory: Inventory, judgement: Judgement): Judgement {
  const own = inventory.tags.filter(({ tag }) => findReferrerTagSubject(tag) === undefined)
  if (own.some(({ tag }) => judgement.tags.get(tag)?.goes !== true)) return judgement
  const compare = compareLatestFirst('created')
  const latest = own.reduce<ListedTag | undefined>(
    (best, listed) => (best === undefined || compare(listed, best) < 0 ? listed : best),
    undefined
  )
  if (latest === undefined) return judgement
  const reason = stays('the last tag of the repository always stays')
  const tags = new Map<string, Verdict>(judgement.tags)
  for (const { tag, digest } of own) {
    if (tag === latest.tag || (judgement.isByImage && digest === latest.digest))
      tags.set(tag, reason)
  }
  return { ...judgement, tags }
}
