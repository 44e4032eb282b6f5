import type { RepositoryState } from './populate.js'

const DAY = 24 * 60 * 60_000

/** Tag patterns and equivalent regular expressions. */
export const PATTERNS: Readonly<Record<string, RegExp>> = {
  '*': /^/,
  'v*': /^v/,
  'nightly-*': /^nightly-/,
  '/^v\\d+|rc/': /^v\d+|rc/,
  '{latest,pr-*}': /^(latest|pr-.*)$/
}

/** Patterns of `closed-pull-requests` and regular expressions that find the numbers in a tag that they match. */
export const CLAIMS: Readonly<Record<string, RegExp>> = {
  'pr-{number}': /(?<=^pr-)\d+$/g,
  'pr-{number}-*': /(?<=^pr-)\d+(?=-)/g,
  // Every number after a hyphen can be meant.
  '*-{number}*': /(?<=-)\d+/g
}

/** The state of the pull request with a number. Other numbers are issues or do not exist. */
export type PullRequestStates = Readonly<
  Record<string, 'OPEN' | 'CLOSED' | 'MERGED' | 'issue' | undefined>
>

/** The tags of the scenarios that contain a version, the lowest first. Tags of one row have equal versions. */
const VERSIONS: readonly (readonly string[])[] = [
  ['v1.0.0'],
  ['1.1.0-rc.2'],
  ['1.1.0-rc.10'],
  ['v1.1.0', '1.1.0_up2'],
  ['1.1'],
  ['1'],
  ['v2.0.0'],
  ['v2.0.0.1']
]

const versionOf = (tag: string): number => VERSIONS.findIndex((row) => row.includes(tag))

/** The inputs of the tag rules. Ages are in milliseconds. */
export interface RuleInputs {
  /** One or more patterns, one per line. */
  readonly tags?: string | undefined
  readonly excludeTags?: string | undefined
  readonly olderThan?: number | undefined
  readonly keepLatest?: number | undefined
  readonly keepLatestPer: 'repository' | 'pattern'
  /** Patterns of `closed-pull-requests`. */
  readonly claims: readonly string[]
  readonly pullRequests: PullRequestStates
  readonly sortBy: 'created' | 'semver'
  readonly untagged: boolean
}

/** A rule of a lifecycle policy. Rules are in the order of their priorities. */
export interface PolicyRule {
  readonly select: 'untagged' | 'any' | readonly string[]
  readonly count?: number | undefined
  readonly days?: number | undefined
}

/** The rules of a run. */
export type Given =
  | { readonly rules: RuleInputs; readonly policy?: undefined }
  | { readonly policy: readonly PolicyRule[]; readonly rules?: undefined }

/** An image that the test pushed. */
export interface Known {
  readonly text: string
  readonly children: readonly string[]
  readonly subject: string | undefined
  /** Whether it is an SBOM, which does not take the place of an image. */
  readonly isArtifact?: boolean
  /** Whether the listing shows that it is a container image. Its subject is not kept for its sake. */
  readonly isContainer?: boolean
  readonly pushedAt: number
}

/** A repository that the test filled. */
export interface KnownRepository {
  readonly known: ReadonlyMap<string, Known>
  readonly tagTimes: ReadonlyMap<string, number>
  readonly now: number
}

/** The tags and images that the rules select, without regard to references. */
interface Selection {
  readonly staleTags: ReadonlySet<string>
  readonly staleUntagged: ReadonlySet<string>
  /** Whether a kept image keeps all of its tags. */
  readonly isByImage: boolean
}

/** Returns whether the image of a referrer does not exist any more in any repository that can contain it. */
type IsLost = (target: string) => boolean

/** Returns the digest that a referrer tag refers to. */
export function findReferrerTagTarget(tag: string): string | undefined {
  const hex = /^sha256-([0-9a-f]{64})(\.sig|\.att|\.sbom)?$/.exec(tag)?.[1]
  return hex === undefined ? undefined : `sha256:${hex}`
}

/**
 * Computes the expected state after a run with a naive implementation of the documented rules.
 *
 * @param elsewhere the images in the other repositories of the step
 */
export function expectedState(
  world: KnownRepository,
  state: RepositoryState,
  given: Given,
  elsewhere: ReadonlySet<string> = new Set()
): RepositoryState {
  const hasOwnTags = [...state.tags.keys()].some((tag) => findReferrerTagTarget(tag) === undefined)
  const isLost: IsLost = (target) =>
    !state.images.has(target) && !elsewhere.has(target) && hasOwnTags
  const selection =
    given.policy === undefined
      ? selectByRules(world, state, given.rules, isLost)
      : selectByPolicy(world, state, given.policy, isLost)
  const kept = findKeptImages(world, state, selection, isLost)
  const images = new Map<string, string[]>()
  const tags = new Map<string, string>()
  for (const digest of kept) {
    const all = state.images.get(digest)!
    const left = selection.isByImage ? [...all] : listKeptTags(digest, state, kept, selection)
    // The deletion of its last tag would delete the image, so the latest tag is kept.
    if (left.length === 0 && all.length > 0) {
      const sorted = all.toSorted(latestFirst(world))
      left.push(sorted.find((tag) => findReferrerTagTarget(tag) === undefined) ?? sorted[0]!)
    }
    images.set(digest, left)
    for (const tag of left) tags.set(tag, digest)
  }
  return { images, tags }
}

function listKeptTags(
  digest: string,
  state: RepositoryState,
  kept: ReadonlySet<string>,
  { staleTags }: Selection
): string[] {
  return state.images.get(digest)!.filter((tag) => {
    const target = findReferrerTagTarget(tag)
    if (staleTags.has(tag)) return false
    return target === undefined || !state.images.has(target) || kept.has(target)
  })
}

function findKeptImages(
  { known }: KnownRepository,
  state: RepositoryState,
  { staleTags, staleUntagged }: Selection,
  isLost: IsLost
): Set<string> {
  // What is not reached from the rules in a finite number of steps is kept.
  const reached = new Set<string>()
  const isReached = (tag: string): boolean =>
    staleTags.has(tag) || reached.has(findReferrerTagTarget(tag) ?? '')
  for (let size = -1; size !== reached.size;) {
    size = reached.size
    for (const [digest, tags] of state.images) {
      if (tags.length === 0 ? staleUntagged.has(digest) : tags.every(isReached)) reached.add(digest)
    }
  }
  const kept = new Set([...state.images.keys()].filter((digest) => !reached.has(digest)))
  for (let size = -1; size !== kept.size;) {
    size = kept.size
    for (const [digest, tags] of state.images) {
      const { children = [], subject, isContainer } = known.get(digest) ?? {}
      if (kept.has(digest)) {
        for (const child of children) if (state.images.has(child)) kept.add(child)
        const isUntagged = subject !== undefined && state.images.get(subject)?.length === 0
        if (isUntagged && isContainer !== true) kept.add(subject)
      }
      if (subject !== undefined) {
        const isNeeded = state.images.has(subject) ? kept.has(subject) : !isLost(subject)
        if (isNeeded) kept.add(digest)
      }
      if (tags.some((tag) => kept.has(findReferrerTagTarget(tag) ?? ''))) kept.add(digest)
    }
  }
  return kept
}

const latestFirst =
  ({ tagTimes }: KnownRepository) =>
  (a: string, b: string): number =>
    (tagTimes.get(b) ?? 0) - (tagTimes.get(a) ?? 0) || (a < b ? 1 : -1)

function selectByRules(
  world: KnownRepository,
  state: RepositoryState,
  given: RuleInputs,
  isLost: IsLost
): Selection {
  const { known, tagTimes, now } = world
  const limit = now - (given.olderThan ?? 0)
  const grace = now - (given.olderThan ?? DAY)
  const isForTags = given.olderThan !== undefined || given.keepLatest !== undefined
  const timeOf = (tag: string): number => tagTimes.get(tag) ?? 0
  const ranks = rankImages(world, state, given)
  const staleTags = new Set(
    [...ranks]
      .filter(([, rank]) => rank >= (given.keepLatest ?? 1))
      .map(([tag]) => tag)
      .filter((tag) => isForTags && (given.olderThan === undefined || timeOf(tag) < limit))
  )
  for (const tag of state.tags.keys()) {
    const numbers = isExcluded(tag, given) ? [] : findClaimedNumbers(tag, given)
    const isOld = given.olderThan === undefined || timeOf(tag) < limit
    if (isOld && numbers.length > 0 && numbers.every(isClosed(given))) staleTags.add(tag)
  }
  for (const tag of listLostReferrerTags(state, isLost)) {
    if (given.untagged && timeOf(tag) < grace) staleTags.add(tag)
  }
  const staleUntagged = [...state.images.keys()].filter(
    (digest) => given.untagged && (known.get(digest)?.pushedAt ?? now) < grace
  )
  return { staleTags, staleUntagged: new Set(staleUntagged), isByImage: false }
}

function isExcluded(tag: string, { excludeTags }: RuleInputs): boolean {
  return (excludeTags === undefined ? /^latest$/ : PATTERNS[excludeTags]!).test(tag)
}

/** Returns the numbers in a tag that the first matching pattern of `closed-pull-requests` finds. */
function findClaimedNumbers(tag: string, { claims }: RuleInputs): readonly string[] {
  if (findReferrerTagTarget(tag) !== undefined) return []
  const found = claims.map((claim) => tag.match(CLAIMS[claim]!) ?? [])
  return found.find((numbers) => numbers.length > 0) ?? []
}

const isClosed =
  ({ pullRequests }: RuleInputs) =>
  (digits: string): boolean =>
    ['CLOSED', 'MERGED'].includes(pullRequests[digits] ?? '')

/** Returns, by matching tag, how many images of its group have a later matching tag than all matching tags of its image. */
function rankImages(
  world: KnownRepository,
  state: RepositoryState,
  given: RuleInputs
): Map<string, number> {
  const patterns = (given.tags ?? '*').split('\n')
  const isSemver = given.sortBy === 'semver'
  const groupOf = (tag: string): string | undefined => {
    const pattern = patterns.find((each) => PATTERNS[each]!.test(tag))
    if (pattern === undefined || isExcluded(tag, given)) return undefined
    if (findReferrerTagTarget(tag) !== undefined) return undefined
    if (findClaimedNumbers(tag, given).length > 0) return undefined
    if (isSemver && versionOf(tag) === -1) return undefined
    return given.keepLatestPer === 'pattern' ? pattern : 'all'
  }
  const isLater = (a: string, b: string): boolean => {
    if (a === b) return false
    const difference = isSemver ? versionOf(a) - versionOf(b) : 0
    return difference === 0 ? latestFirst(world)(a, b) < 0 : difference > 0
  }
  const ranks = new Map<string, number>()
  for (const [tag, digest] of state.tags) {
    const group = groupOf(tag)
    if (group === undefined) continue
    const others = [...state.tags].filter(([other]) => groupOf(other) === group)
    const own = others.filter(([, other]) => other === digest).map(([other]) => other)
    const later = others.filter(([other]) => own.every((one) => isLater(other, one)))
    ranks.set(tag, new Set(later.map(([, other]) => other)).size)
  }
  return ranks
}

/** Lists referrer tags whose image does not exist any more. */
function listLostReferrerTags(state: RepositoryState, isLost: IsLost): string[] {
  return [...state.tags.keys()].filter((tag) => {
    const target = findReferrerTagTarget(tag)
    return target !== undefined && isLost(target)
  })
}

function selectByPolicy(
  world: KnownRepository,
  state: RepositoryState,
  policy: readonly PolicyRule[],
  isLost: IsLost
): Selection {
  const { known, tagTimes, now } = world
  const pushedAt = (digest: string): number => known.get(digest)?.pushedAt ?? now
  const ownTags = (digest: string): string[] =>
    state.images.get(digest)!.filter((tag) => findReferrerTagTarget(tag) === undefined)
  const seen = [...state.images.keys()].filter((digest) => {
    const isReferrer = state.images
      .get(digest)!
      .map(findReferrerTagTarget)
      .some((target) => target !== undefined && !isLost(target))
    return ownTags(digest).length > 0 || !isReferrer
  })
  const isNotCounted = (digest: string): boolean => {
    const hasOnlyReferrerTags = state.images.get(digest)!.length > 0
    return (
      ownTags(digest).length === 0 &&
      (hasOnlyReferrerTags || known.get(digest)?.isArtifact === true)
    )
  }
  const isExpired = (digest: string): boolean => {
    const first = policy.find(({ select }) => selects(select, ownTags(digest)))
    if (first === undefined) return false
    if (first.days !== undefined) return pushedAt(digest) + first.days * DAY < now
    const rank = seen
      .filter((other) => selects(first.select, ownTags(other)))
      .filter((other) => other === digest || !isNotCounted(other))
      .sort((a, b) => pushedAt(b) - pushedAt(a) || (a > b ? -1 : 1))
      .indexOf(digest)
    return rank >= (first.count ?? 0)
  }
  const expired = withoutLastTag(world, state, new Set(seen.filter(isExpired)))
  const isOld = (time: number | undefined): boolean => time !== undefined && time + DAY < now
  const lost = new Set(listLostReferrerTags(state, isLost))
  const staleTags = [...state.tags].filter(([tag, digest]) => {
    if (!expired.has(digest)) return false
    const target = findReferrerTagTarget(tag)
    return target === undefined || target === digest || (lost.has(tag) && isOld(tagTimes.get(tag)))
  })
  return {
    staleTags: new Set(staleTags.map(([tag]) => tag)),
    staleUntagged: new Set([...expired].filter((digest) => isOld(pushedAt(digest)))),
    isByImage: true
  }
}

/** If a policy selects every tag, the image with the latest tag is kept. */
function withoutLastTag(
  world: KnownRepository,
  state: RepositoryState,
  expired: ReadonlySet<string>
): Set<string> {
  const own = [...state.tags.keys()].filter((tag) => findReferrerTagTarget(tag) === undefined)
  const left = new Set(expired)
  if (own.every((tag) => expired.has(state.tags.get(tag)!))) {
    const [latest = ''] = own.sort(latestFirst(world))
    left.delete(state.tags.get(latest) ?? '')
  }
  return left
}

function selects(select: PolicyRule['select'], tags: readonly string[]): boolean {
  if (select === 'any') return true
  if (select === 'untagged') return tags.length === 0
  return select.every((prefix) => tags.some((tag) => tag.startsWith(prefix)))
}
