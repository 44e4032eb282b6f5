import { findReferrerTagSubject } from '../../oci/referrer-tags.js'
import { compareCreated, compareVersionsLatestFirst } from './compare-latest-first.js'
import type { VersionedTag } from './compare-latest-first.js'
import { decideDelete, decideKeep, decideKeepForeign } from './decision.js'
import type { Decision, Decisions } from './decision.js'
import { instantAfter, instantBefore } from './duration.js'
import type { Duration } from './duration.js'
import { createForeignReason } from './foreign-referrers.js'
import type { Inventory, ListedTag } from './inventory.js'
import { parsePullRequestNumber } from './pull-request-patterns.js'
import type { PullRequestClaim, PullRequestMatcher } from './pull-request-patterns.js'
import type { StepFacts } from './step-facts.js'
import type { TagPatterns } from './tag-patterns.js'
import { parseVersion } from './version.js'

/** The inputs that select tags and untagged images, compiled. */
export interface CompiledTagRules {
  readonly tags: TagPatterns
  readonly excludeTags: TagPatterns
  readonly closedPullRequests: PullRequestMatcher
  readonly olderThan: Duration | undefined
  readonly keepLatest: number
  readonly keepLatestPer: 'repository' | 'pattern'
  /** `false` if neither `older-than` nor `keep-latest` is given. Only tags of closed pull requests are deleted then. */
  readonly isForTags: boolean
  readonly sortBy: 'created' | 'semver'
  readonly untagged: boolean
}

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * The minimum age of untagged images to delete if `older-than` is not given. A push of several platforms pushes its images
 * before its index, and builds on several runners take hours.
 */
export const PUSH_GRACE: Duration = { text: '1d', months: 0, milliseconds: DAY_MS }

const SORT_NAMES = { created: 'creation time', semver: 'semantic version' } as const

/** A tag that `tags` matches and that no other rule keeps. */
interface MatchingTag {
  readonly listed: ListedTag
  /** The first pattern of `tags` that matches it. */
  readonly pattern: string
}

/**
 * Evaluates the rules for all tags and untagged images of a repository.
 *
 * Invariant: a tag is deleted only if it is not excluded, its image is settled, and either all conditions of the rules
 * for tags hold or a pattern of `closed-pull-requests` matches it and all its numbers are closed pull requests. An
 * untagged image is deleted only if `untagged` is given and the image is older than `older-than`, or else than a day.
 */
export function evaluateTagRules(
  inventory: Inventory,
  rules: CompiledTagRules,
  facts: StepFacts
): Decisions {
  const tags = new Map<string, Decision>()
  const matching: MatchingTag[] = []
  const foreignReason = createForeignReason(inventory, facts)
  for (const listed of inventory.tags) {
    const { tag, digest } = listed
    const target = findReferrerTagSubject(tag)
    if (inventory.unsettled.has(digest)) {
      tags.set(tag, decideKeep('its image changed while the repository was being listed'))
    } else if (target === digest) {
      tags.set(tag, decideKeep('refers to its own image'))
    } else if (target === undefined) {
      const found = evaluateOwnTag(listed, rules, facts)
      if ('pattern' in found) matching.push(found)
      else tags.set(tag, found)
    } else if (!inventory.images.has(target)) {
      tags.set(tag, evaluateDanglingTag(listed, foreignReason(target), rules, facts.now))
    }
  }
  for (const [tag, decision] of evaluateMatching(matching, rules, facts.now)) {
    tags.set(tag, decision)
  }
  return { tags, untagged: evaluateUntagged(inventory, rules, facts.now), isByImage: false }
}

/** Returns the decision of the patterns on a tag, or the tag itself if the other rules decide on it. */
function evaluateOwnTag(
  listed: ListedTag,
  rules: CompiledTagRules,
  facts: StepFacts
): Decision | MatchingTag {
  const { tag } = listed
  // Both inputs see every tag, so that a pattern counts as unused only if no tag matches it.
  const excluded = rules.excludeTags.findMatch(tag)
  const pattern = rules.tags.findMatch(tag)
  if (excluded !== undefined) return decideKeep(`matches exclude-tags ${excluded}`)
  const claim = rules.closedPullRequests(tag)
  if (claim !== undefined) return evaluatePullRequestTag(listed, claim, rules, facts)
  if (pattern === undefined) return decideKeep('matches no pattern of tags')
  if (!rules.isForTags) return decideKeep('neither older-than nor keep-latest is given')
  return { listed, pattern }
}

/** Evaluates a tag that a pattern of `closed-pull-requests` claims. If in doubt, it is kept. */
function evaluatePullRequestTag(
  { createdAt }: ListedTag,
  { pattern, numbers }: PullRequestClaim,
  { olderThan }: CompiledTagRules,
  { pullRequests, now }: StepFacts
): Decision {
  for (const digits of numbers) {
    const number = parsePullRequestNumber(digits)
    const state = number === undefined ? 'none' : pullRequests.get(number)
    if (state === 'open') return decideKeep(`pull request ${digits} is open`)
    if (state === 'none') return decideKeep(`${digits} is not the number of a pull request`)
    if (state !== 'closed') return decideKeep(`the state of pull request ${digits} is unknown`)
  }
  const reason = `matches ${pattern}, and pull request ${numbers.join(' and ')} is closed`
  return olderThan === undefined
    ? decideDelete(reason)
    : evaluateAge(createdAt, olderThan, now, reason)
}

/**
 * Returns the numbers of the pull requests whose states can change a decision, each once. Tags that are excluded or too
 * young are kept without regard to them.
 */
export function listPullRequests(
  tags: readonly ListedTag[],
  { excludeTags, closedPullRequests, olderThan }: CompiledTagRules,
  now: number
): number[] {
  const found = new Set<number>()
  for (const { tag, createdAt } of tags) {
    const claim = closedPullRequests(tag)
    if (claim === undefined || excludeTags.findMatch(tag) !== undefined) continue
    if (olderThan !== undefined && evaluateAge(createdAt, olderThan, now, '').action === 'keep') {
      continue
    }
    const numbers = claim.numbers.map(parsePullRequestNumber)
    // A tag with an impossible number is always kept, so the states of its other numbers are not needed.
    if (numbers.includes(undefined)) continue
    for (const number of numbers) if (number !== undefined) found.add(number)
  }
  return [...found]
}

/** Evaluates the tags to which `keep-latest` and `older-than` apply. */
function evaluateMatching(
  matching: readonly MatchingTag[],
  rules: CompiledTagRules,
  now: number
): Map<string, Decision> {
  const decisions = new Map<string, Decision>()
  const groups = new Map<string, ListedTag[]>()
  for (const { listed, pattern } of matching) {
    const group = rules.keepLatestPer === 'pattern' ? pattern : ''
    const known = groups.get(group)
    if (known === undefined) groups.set(group, [listed])
    else known.push(listed)
  }
  for (const [pattern, listed] of groups) {
    const { sorted, unversioned } = sortLatestFirst(listed, rules.sortBy)
    for (const { tag } of unversioned) {
      decisions.set(tag, decideKeep('does not contain a version, which sort-by semver requires'))
    }
    const ranks = new Map<string, number>()
    for (const { digest } of sorted) if (!ranks.has(digest)) ranks.set(digest, ranks.size + 1)
    for (const one of sorted) {
      const rank = ranks.get(one.digest) ?? 0
      decisions.set(one.tag, evaluateRankedTag(one, rank, pattern, rules, now))
    }
  }
  return decisions
}

function sortLatestFirst(
  listed: readonly ListedTag[],
  sortBy: CompiledTagRules['sortBy']
): { readonly sorted: readonly ListedTag[]; readonly unversioned: readonly ListedTag[] } {
  if (sortBy === 'created') return { sorted: listed.toSorted(compareCreated), unversioned: [] }
  const versioned: VersionedTag[] = []
  const unversioned: ListedTag[] = []
  for (const one of listed) {
    const version = parseVersion(one.tag)
    if (version === undefined) unversioned.push(one)
    else versioned.push({ listed: one, version })
  }
  versioned.sort(compareVersionsLatestFirst)
  return { sorted: versioned.map((one) => one.listed), unversioned }
}

/** @param rank the rank of the image of the tag: 1 for the image with the latest matching tag */
function evaluateRankedTag(
  { createdAt }: ListedTag,
  rank: number,
  pattern: string,
  { keepLatest, olderThan, sortBy }: CompiledTagRules,
  now: number
): Decision {
  const scope = pattern === '' ? '' : ` of ${pattern}`
  const among = `among the ${keepLatest} most recent images${scope} (rank ${rank} by ${SORT_NAMES[sortBy]})`
  if (rank <= keepLatest) return decideKeep(among)
  const place = keepLatest === 0 ? 'keep-latest is 0' : `not ${among}`
  if (olderThan === undefined) return decideDelete(place)
  const { action, reason, dueAt } = evaluateAge(createdAt, olderThan, now, place)
  return action === 'keep'
    ? decideKeep(reason, dueAt)
    : decideDelete(`older than ${olderThan.text}, ${place}`)
}

/** Evaluates a referrer tag whose image is not in the repository. */
function evaluateDanglingTag(
  { createdAt }: ListedTag,
  foreignReason: string | undefined,
  rules: CompiledTagRules,
  now: number
): Decision {
  if (!rules.untagged) {
    return decideKeep('its image is not in the repository, but untagged is false')
  }
  if (foreignReason !== undefined) return decideKeepForeign(foreignReason)
  const reason = 'its image is not in the repository'
  return evaluateAge(createdAt, rules.olderThan ?? PUSH_GRACE, now, reason)
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
    } else {
      const minimum = rules.olderThan ?? PUSH_GRACE
      untagged.set(digest, evaluateAge(pushedAt, minimum, now, 'untagged'))
    }
  }
  return untagged
}

/** Decides to delete what is older than a duration. An unknown age is never old enough. */
export function evaluateAge(
  since: number | undefined,
  minimum: Duration,
  now: number,
  reason: string
): Decision {
  if (since === undefined) return decideKeep('its age is unknown')
  if (since >= instantBefore(now, minimum)) {
    return decideKeep(`not older than ${minimum.text}`, instantAfter(since, minimum))
  }
  return decideDelete(`${reason}, older than ${minimum.text}`)
}
