import { findReferrerTagSubject } from '../../oci/referrer-tags.js'
import { compareCreated, compareVersionsLatestFirst } from './compare-latest-first.js'
import type { VersionedTag } from './compare-latest-first.js'
import { createRankDecider, decideDelete, decideKeep, decideKeepForeign } from './decision.js'
import type { Decision, Decisions, RankDecider } from './decision.js'
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
  /** The first pattern of `tags` that matches it. */
  readonly pattern: string
}

/** The decision on a tag. */
type TagDecision = readonly [tag: string, decision: Decision]

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
  for (const [tag, decision] of evaluateTags(inventory, rules, facts)) tags.set(tag, decision)
  return { tags, untagged: evaluateUntagged(inventory, rules, facts.now), isByImage: false }
}

/** Returns whether the rules delete at least one tag. */
export function deletesTags(
  inventory: Inventory,
  rules: CompiledTagRules,
  facts: StepFacts
): boolean {
  for (const [, { action }] of evaluateTags(inventory, rules, facts)) {
    if (action === 'delete') return true
  }
  return false
}

/** Evaluates the tags one by one. Referrer tags of images in the repository are missing. */
function* evaluateTags(
  inventory: Inventory,
  rules: CompiledTagRules,
  facts: StepFacts
): Generator<TagDecision> {
  const groups = new Map<string, ListedTag[]>()
  const foreignReason = createForeignReason(inventory, facts)
  for (const listed of inventory.tags) {
    const { tag, digest } = listed
    const target = findReferrerTagSubject(tag)
    if (inventory.unsettled.has(digest)) {
      yield [tag, decideKeep('its image changed while the repository was being listed')]
    } else if (target === digest) {
      yield [tag, decideKeep('refers to its own image')]
    } else if (target === undefined) {
      const found = evaluateOwnTag(listed, rules, facts)
      if (!('pattern' in found)) yield [tag, found]
      else addToGroup(groups, rules.keepLatestPer === 'pattern' ? found.pattern : '', listed)
    } else if (!inventory.images.has(target)) {
      yield [tag, evaluateDanglingTag(listed, foreignReason(target), rules, facts.now)]
    }
  }
  for (const [pattern, listed] of groups) {
    yield* evaluateGroup(listed, pattern, inventory, rules, facts.now)
  }
}

function addToGroup(groups: Map<string, ListedTag[]>, name: string, listed: ListedTag): void {
  const group = groups.get(name)
  if (group === undefined) groups.set(name, [listed])
  else group.push(listed)
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
  if (!rules.isForTags) return decideKeep('neither older-than nor keep-latest is set')
  return { pattern }
}

/**
 * Evaluates a tag that a pattern of `closed-pull-requests` claims. If in doubt, it is kept. The states of the pull requests
 * of young tags are not requested, so the age is the first condition.
 */
function evaluatePullRequestTag(
  { createdAt }: ListedTag,
  { pattern, numbers }: PullRequestClaim,
  { olderThan }: CompiledTagRules,
  { pullRequests, now }: StepFacts
): Decision {
  const young = olderThan === undefined ? undefined : keepYoung(createdAt, olderThan, now)
  // The age alone does not decide: its pull request can be open.
  if (young !== undefined) return decideKeep(young.reason)
  for (const digits of numbers) {
    const number = parsePullRequestNumber(digits)
    const state = number === undefined ? 'none' : pullRequests.get(number)
    if (state === 'open') return decideKeep(`pull request ${digits} is open`)
    if (state === 'none') return decideKeep(`${digits} is not the number of a pull request`)
    if (state !== 'closed') return decideKeep(`the state of pull request ${digits} is unknown`)
  }
  const reason = `matches ${pattern}, and pull request ${numbers.join(' and ')} is closed`
  return decideDelete(olderThan === undefined ? reason : `${reason}, older than ${olderThan.text}`)
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
    if (olderThan !== undefined && keepYoung(createdAt, olderThan, now) !== undefined) continue
    const numbers = claim.numbers.map(parsePullRequestNumber)
    // A tag with an impossible number is always kept, so the states of its other numbers are not needed.
    if (numbers.includes(undefined)) continue
    for (const number of numbers) if (number !== undefined) found.add(number)
  }
  return [...found]
}

/**
 * Evaluates the tags to which `keep-latest` and `older-than` apply. The rank of a tag is the one of its image: 1 for the
 * image with the latest matching tag.
 *
 * @param pattern the pattern of `tags` to which `keep-latest` applies, or an empty text
 */
function* evaluateGroup(
  group: readonly ListedTag[],
  pattern: string,
  { images }: Inventory,
  rules: CompiledTagRules,
  now: number
): Generator<TagDecision> {
  const { keepLatest, olderThan, sortBy } = rules
  const { sorted, unversioned } = sortLatestFirst(group, sortBy)
  for (const { tag } of unversioned) {
    yield [tag, decideKeep('does not contain a version, which sort-by semver requires')]
  }
  const [keep, remove] = createRankDeciders(rules, pattern)
  // An image with one tag is evaluated only once, and a map of all images would need much memory.
  const ranks = new Map<string, number>()
  let count = 0
  for (const { tag, digest, createdAt } of sorted) {
    const rank = ranks.get(digest) ?? ++count
    if (images.get(digest)?.tags.length !== 1) ranks.set(digest, rank)
    if (rank <= keepLatest) yield [tag, keep(rank)]
    else if (olderThan === undefined) yield [tag, remove(rank)]
    else yield [tag, keepYoung(createdAt, olderThan, now) ?? remove(rank)]
  }
}

/** Returns how the tags of the `keep-latest` images are kept, and how the other ones are deleted. */
function createRankDeciders(
  { keepLatest, olderThan, sortBy }: CompiledTagRules,
  pattern: string
): readonly [keep: RankDecider, remove: RankDecider] {
  const scope = pattern === '' ? '' : ` of ${pattern}`
  const among = `among the ${keepLatest} most recent images${scope}`
  const keep = createRankDecider('keep', among, SORT_NAMES[sortBy])
  const age = olderThan === undefined ? '' : `older than ${olderThan.text}, `
  if (keepLatest > 0)
    return [keep, createRankDecider('delete', `${age}not ${among}`, SORT_NAMES[sortBy])]
  const deletion = decideDelete(`${age}keep-latest is 0`)
  return [keep, () => deletion]
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
  const minimum = rules.olderThan ?? PUSH_GRACE
  return (
    keepYoung(createdAt, minimum, now) ??
    decideDelete(`its image is not in the repository, older than ${minimum.text}`)
  )
}

function evaluateUntagged(
  inventory: Inventory,
  rules: CompiledTagRules,
  now: number
): Map<string, Decision> {
  const untagged = new Map<string, Decision>()
  const minimum = rules.olderThan ?? PUSH_GRACE
  const disabled = decideKeep('untagged is false')
  const deletion = decideDelete(`untagged, older than ${minimum.text}`)
  for (const { digest, tags, pushedAt } of inventory.images.values()) {
    if (tags.length > 0) continue
    if (!rules.untagged) untagged.set(digest, disabled)
    else if (inventory.unsettled.has(digest)) {
      untagged.set(digest, decideKeep('it changed while the repository was being listed'))
    } else {
      untagged.set(digest, keepYoung(pushedAt, minimum, now) ?? deletion)
    }
  }
  return untagged
}

/** Decides to keep what is not older than a duration, or has an unknown age. Returns `undefined` if it is older. */
export function keepYoung(
  since: number | undefined,
  minimum: Duration,
  now: number
): Decision | undefined {
  if (since === undefined) return decideKeep('its age is unknown')
  if (since < instantBefore(now, minimum)) return undefined
  return decideKeep(`not older than ${minimum.text}`, instantAfter(since, minimum))
}
