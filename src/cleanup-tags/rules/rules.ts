import type { Duration } from './duration.js'
import { instantAfter, instantBefore } from './duration.js'
import { findReferrerTagSubject } from '../../oci/referrer-tags.js'
import type { Inventory, ListedTag } from './inventory.js'
import { compareLatestFirst } from './latest-first.js'
import type { TagMatcher } from './tag-patterns.js'
import { goes, stays } from './verdict.js'
import type { Judgement, Verdict } from './verdict.js'

/** The rules of the six inputs, compiled. */
export interface Rules {
  readonly tags: TagMatcher
  readonly excludeTags: TagMatcher
  readonly olderThan: Duration | undefined
  readonly keepLatest: number
  /** `false` where neither `older-than` nor `keep-latest` was given: then no tag goes. */
  readonly isForTags: boolean
  readonly sortBy: 'created' | 'semver'
  readonly untagged: boolean
}

/** A push of several platforms puts its images first and the index that needs them last. */
export const PUSH_GRACE_MS = 60 * 60 * 1000

/**
 * What the rules say of everything in a repository, at one instant: conditions are joined by AND, and what
 * is to be kept stays whatever else matches.
 *
 * @param now milliseconds since the epoch
 */
export function judgeByRules(inventory: Inventory, rules: Rules, now: number): Judgement {
  const tags = new Map<string, Verdict>()
  const matching: ListedTag[] = []
  for (const listed of inventory.tags) {
    const { tag } = listed
    if (inventory.unsettled.has(listed.digest)) {
      tags.set(tag, stays('its image changed while it was being listed'))
      continue
    }
    const target = findReferrerTagSubject(tag)
    if (target !== undefined) {
      if (!inventory.images.has(target)) tags.set(tag, judgeLonelyCompanion(listed, rules, now))
      continue
    }
    const excluded = rules.excludeTags(tag)
    if (excluded !== undefined) tags.set(tag, stays(`matches exclude-tags ${excluded}`))
    else if (rules.tags(tag) === undefined) tags.set(tag, stays('matches no pattern of tags'))
    else matching.push(listed)
  }
  matching.sort(compareLatestFirst(rules.sortBy))
  for (const [at, listed] of matching.entries()) {
    tags.set(listed.tag, judgeMatching(listed, at + 1, rules, now))
  }
  return { tags, untagged: judgeUntagged(inventory, rules, now), isByImage: false }
}

function judgeMatching({ createdAt }: ListedTag, rank: number, rules: Rules, now: number): Verdict {
  if (!rules.isForTags) return stays('neither older-than nor keep-latest is given')
  if (rank <= rules.keepLatest) {
    return stays(`number ${rank} of the latest ${rules.keepLatest} by ${rules.sortBy}`)
  }
  const place = `number ${rank} by ${rules.sortBy}`
  if (rules.olderThan === undefined) return goes(`${place}, of which the latest stay`)
  if (createdAt === undefined) return stays('the service does not say when it was set')
  if (createdAt >= instantBefore(now, rules.olderThan)) {
    return stays(`not older than ${rules.olderThan.text}`, instantAfter(createdAt, rules.olderThan))
  }
  return goes(`older than ${rules.olderThan.text}, ${place}`)
}

/** A companion tag whose image is not in the repository (any more). */
function judgeLonelyCompanion({ createdAt }: ListedTag, rules: Rules, now: number): Verdict {
  if (!rules.untagged) return stays('its image is not here; untagged is false')
  return judgeAge(createdAt, rules.olderThan, now, 'the image that it belongs to is no more')
}

function judgeUntagged(inventory: Inventory, rules: Rules, now: number): Map<string, Verdict> {
  const untagged = new Map<string, Verdict>()
  for (const { digest, tags, pushedAt } of inventory.images.values()) {
    if (tags.length > 0) continue
    if (!rules.untagged) untagged.set(digest, stays('untagged is false'))
    else if (inventory.unsettled.has(digest)) {
      untagged.set(digest, stays('it changed while it was being listed'))
    } else untagged.set(digest, judgeAge(pushedAt, rules.olderThan, now, 'untagged'))
  }
  return untagged
}

/** Goes if it is older than `older-than`, or than an hour where that is not given. */
function judgeAge(
  since: number | undefined,
  olderThan: Duration | undefined,
  now: number,
  reason: string
): Verdict {
  const limit: Duration = olderThan ?? { text: '1h', months: 0, milliseconds: PUSH_GRACE_MS }
  if (since === undefined) return stays('the service does not say when it was pushed')
  if (since >= instantBefore(now, limit)) {
    return stays(`not older than ${limit.text}`, instantAfter(since, limit))
  }
  return goes(olderThan === undefined ? reason : `${reason}, older than ${limit.text}`)
}
