import { findReferrerTagSubject } from '../../oci/referrer-tags.js'
import { compareCreated } from './compare-latest-first.js'
import { decideKeep } from './decision.js'
import type { Decision, Decisions } from './decision.js'
import type { Inventory, ListedTag } from './inventory.js'

/**
 * Returns the decisions of a lifecycle policy with the image of the latest tag kept if they would delete every tag of the
 * repository. Referrer tags do not count as tags of the repository.
 */
export function keepLastTag(inventory: Inventory, decisions: Decisions): Decisions {
  const own = inventory.tags.filter(({ tag }) => findReferrerTagSubject(tag) === undefined)
  if (own.some(({ tag }) => decisions.tags.get(tag)?.action !== 'delete')) return decisions
  const latest = own.reduce<ListedTag | undefined>(
    (best, listed) => (best === undefined || compareCreated(listed, best) < 0 ? listed : best),
    undefined
  )
  if (latest === undefined) return decisions
  const kept = decideKeep('the last tag of a repository is always kept')
  const tags = new Map<string, Decision>(decisions.tags)
  for (const { tag, digest } of own) if (digest === latest.digest) tags.set(tag, kept)
  return { ...decisions, tags }
}
