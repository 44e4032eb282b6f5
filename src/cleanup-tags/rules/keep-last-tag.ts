import { findReferrerTagSubject } from '../../oci/referrer-tags.js'
import { compareLatestFirst } from './compare-latest-first.js'
import { decideKeep } from './decision.js'
import type { Decision, Decisions } from './decision.js'
import type { Inventory, ListedTag } from './inventory.js'

/**
 * Returns the decisions with the latest tag kept if they would delete every tag of the repository. If the rules select
 * images, the other tags of its image are kept too. Referrer tags do not count as tags of the repository.
 */
export function keepLastTag(inventory: Inventory, decisions: Decisions): Decisions {
  const own = inventory.tags.filter(({ tag }) => findReferrerTagSubject(tag) === undefined)
  if (own.some(({ tag }) => decisions.tags.get(tag)?.action !== 'delete')) return decisions
  const compare = compareLatestFirst('created')
  const latest = own.reduce<ListedTag | undefined>(
    (best, listed) => (best === undefined || compare(listed, best) < 0 ? listed : best),
    undefined
  )
  if (latest === undefined) return decisions
  const kept = decideKeep('the last tag of a repository is always kept')
  const tags = new Map<string, Decision>(decisions.tags)
  for (const { tag, digest } of own) {
    if (tag === latest.tag || (decisions.isByImage && digest === latest.digest)) tags.set(tag, kept)
  }
  return { ...decisions, tags }
}
