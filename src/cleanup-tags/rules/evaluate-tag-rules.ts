import { findReferrerTagSubject } from '../../oci/referrer-tags.js'
import { compareLatestFirst } from './compare-latest-first.js'
import { decideDelete, decideKeep } from './decision.js'
import type { Decision, Decisions } from './decision.js'
import { instantAfter, instantBefore } from './duration.js'
import type { Duration } from './duration.js'
import type { Inventory, ListedTag } from './inventory.js'
import type { TagMatcher } from './tag-patterns.js'

/** The inputs `tags`, `exclude-tags`, `older-than`, `keep-latest`, `sort-by` and `untagged`, compiled. */
export interface CompiledTagRules {
  readonly tags: TagMatcher
  readonly excludeTags: TagMatcher
  readonly olderThan: Duration | undefined
  readonly keepLatest: number
  /** `false` if neither `older-than` nor `keep-latest` is given. No tag is deleted then. */
  readonly isForTags: boolean
  readonly sortBy: 'created' | 'semver'
  readonly untagged: boolean
}

/** The minimum age of untagged images to delete. A push of several platforms pushes its images before its index. */
export const PUSH_GRACE_MS = 60 * 60 * 1000

const SORT_NAMES = { created: 'creation time', semver: 'semantic version' } as const

/**
 * Evaluates the rules for all tags and untagged images of a repository. A tag is deleted only if all conditions hold.
 *
 * @param now milliseconds since the epoch
 */
export function evaluateTagRules(
  inventory: Inventory,
  rules: CompiledTagRules,
  now: number
): Decisions {
  const tags = new Map<string, Decision>()
  const matching: ListedTag[] = []
  for (const listed of inventory.tags) {
    const { tag } = listed
    if (inventory.unsettled.has(listed.digest)) {
      tags.set(tag, decideKeep('its image changed while the repository was being listed'))
      continue
    }
    const target = findReferrerTagSubject(tag)
    if (target !== undefined) {
      if (!inventory.images.has(target)) tags.set(tag, evaluateDanglingTag(listed, rules, now))
      continue
    }
    const excluded = rules.excludeTags(tag)
    if (excluded !== undefined) tags.set(tag, decideKeep(`matches exclude-tags ${excluded}`))
    else if (rules.tags(tag) === undefined) tags.set(tag, decideKeep('matches no pattern of tags'))
    else matching.push(listed)
  }
  matching.sort(compareLatestFirst(rules.sortBy))
  for (const [at, listed] of matching.entries()) {
    tags.set(listed.tag, evaluateMatchingTag(listed, at + 1, rules, now))
  }
  return { tags, untagged: evaluateUntagged(inventory, rules, now), isByImage: false }
}

function evaluateMatchingTag(
  { createdAt }: ListedTag,
  rank: number,
  { isForTags, keepLatest, olderThan, sortBy }: CompiledTagRules,
  now: number
): Decision {
  if (!isForTags) return decideKeep('neither older-than nor keep-latest is given')
  const ranked = `(rank ${rank} by ${SORT_NAMES[sortBy]})`
  if (rank <= keepLatest) return decideKeep(`among the ${keepLatest} most recent tags ${ranked}`)
  const place =
    keepLatest === 0 ? 'keep-latest is 0' : `not among the ${keepLatest} most recent tags ${ranked}`
  if (olderThan === undefined) return decideDelete(place)
  if (createdAt === undefined) return decideKeep('its creation time is unknown')
  if (createdAt >= instantBefore(now, olderThan)) {
    return decideKeep(`not older than ${olderThan.text}`, instantAfter(createdAt, olderThan))
  }
  return decideDelete(`older than ${olderThan.text}, ${place}`)
}

/** Evaluates a referrer tag whose image is not in the repository. */
function evaluateDanglingTag(
  { createdAt }: ListedTag,
  rules: CompiledTagRules,
  now: number
): Decision {
  if (!rules.untagged) {
    return decideKeep('its image is not in the repository, but untagged is false')
  }
  return evaluateAge(createdAt, rules.olderThan, now, 'its image is not in the repository')
}

function evaluateUntagged(
  inventory: Inventory,
  rules: CompiledTagRules,
  now: number
): Map<string, Decision> {
  const untagged = new Map<string, Decision>()
  for (const { digest, tags, pushedAt } of inventory.images.values()) {
    if (tags.length > 0) continue
    if (!rules.untagged) untagged.set(digest, decideKeep('untagged is false'))
    else if (inventory.unsettled.has(digest)) {
      untagged.set(digest, decideKeep('it changed while the repository was being listed'))
    } else untagged.set(digest, evaluateAge(pushedAt, rules.olderThan, now, 'untagged'))
  }
  return untagged
}

/** Decides to delete what is older than `older-than`, or older than an hour if that input is not given. */
function evaluateAge(
  since: number | undefined,
  olderThan: Duration | undefined,
  now: number,
  reason: string
): Decision {
  const limit: Duration = olderThan ?? { text: '1h', months: 0, milliseconds: PUSH_GRACE_MS }
  if (since === undefined) return decideKeep('its push time is unknown')
  if (since >= instantBefore(now, limit)) {
    return decideKeep(`not older than ${limit.text}`, instantAfter(since, limit))
  }
  return decideDelete(olderThan === undefined ? reason : `${reason}, older than ${limit.text}`)
}
