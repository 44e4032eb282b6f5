import { compare, parse } from 'semver'
import type { RepositoryState } from './populate.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Tag patterns and equivalent regular expressions. */
export const PATTERNS: Readonly<Record<string, RegExp>> = {
  '*': /^/,
  'v*': /^v/,
  'nightly-*': /^nightly-/,
  '/^v\\d+|rc/': /^v\d+|rc/,
  '{latest,pr-*}': /^(latest|pr-.*)$/
}

/** The inputs of the tag rules. Ages are in milliseconds. */
export interface RuleInputs {
  readonly tags?: string | undefined
  readonly excludeTags?: string | undefined
  readonly olderThan?: number | undefined
  readonly keepLatest?: number | undefined
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
  | { readonly policy: readonly PolicyRule[] }

/** An image that the test pushed. */
export interface Known {
  readonly text: string
  readonly children: readonly string[]
  readonly subject: string | undefined
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

/** Returns the digest that a referrer tag refers to. */
export function findReferrerTagTarget(tag: string): string | undefined {
  const hex = /^sha256-([0-9a-f]{64})(\.sig|\.att|\.sbom)?$/.exec(tag)?.[1]
  return hex === undefined ? undefined : `sha256:${hex}`
}

/** Computes the expected state after a run with a naive implementation of the documented rules. */
export function expectedState(
  world: KnownRepository,
  state: RepositoryState,
  given: Given
): RepositoryState {
  const selection =
    given.policy === undefined
      ? selectByRules(world, state, given.rules)
      : selectByPolicy(world, state, given.policy)
  const kept = findKeptImages(world, state, selection)
  const images = new Map<string, string[]>()
  const tags = new Map<string, string>()
  for (const digest of kept) {
    const all = state.images.get(digest)!
    const left = selection.isByImage ? [...all] : listKeptTags(all, state, kept, selection)
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
  all: readonly string[],
  state: RepositoryState,
  kept: ReadonlySet<string>,
  { staleTags }: Selection
): string[] {
  return all.filter((tag) => {
    const target = findReferrerTagTarget(tag)
    return (
      !staleTags.has(tag) && (target === undefined || !state.images.has(target) || kept.has(target))
    )
  })
}

function findKeptImages(
  { known }: KnownRepository,
  state: RepositoryState,
  { staleTags, staleUntagged }: Selection
): Set<string> {
  const isSelected = (tag: string): boolean =>
    staleTags.has(tag) || state.images.has(findReferrerTagTarget(tag) ?? '')
  const kept = new Set<string>()
  for (const [digest, tags] of state.images) {
    if (tags.length === 0 ? !staleUntagged.has(digest) : !tags.every(isSelected)) kept.add(digest)
  }
  for (let size = -1; size !== kept.size;) {
    size = kept.size
    for (const [digest, tags] of state.images) {
      const { children = [], subject } = known.get(digest) ?? {}
      if (kept.has(digest))
        for (const child of children) if (state.images.has(child)) kept.add(child)
      if (subject !== undefined && kept.has(subject)) kept.add(digest)
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
  given: RuleInputs
): Selection {
  const { known, tagTimes, now } = world
  const limit = now - (given.olderThan ?? 0)
  const grace = now - (given.olderThan ?? HOUR)
  const isForTags = given.olderThan !== undefined || given.keepLatest !== undefined
  const timeOf = (tag: string): number => tagTimes.get(tag) ?? 0
  const excluded = given.excludeTags === undefined ? /^latest$/ : PATTERNS[given.excludeTags]!
  const ranked = [...state.tags.keys()]
    .filter((tag) => findReferrerTagTarget(tag) === undefined)
    .filter((tag) => PATTERNS[given.tags ?? '*']!.test(tag) && !excluded.test(tag))
    .sort(latestFirst(world))
  if (given.sortBy === 'semver') {
    const versions = ranked.filter((tag) => parse(tag) !== null).sort((a, b) => compare(b, a))
    ranked.splice(0, ranked.length, ...versions, ...ranked.filter((tag) => parse(tag) === null))
  }
  const staleTags = new Set(
    ranked
      .slice(given.keepLatest ?? 1)
      .filter((tag) => isForTags && (given.olderThan === undefined || timeOf(tag) < limit))
  )
  for (const tag of listDanglingReferrerTags(state)) {
    if (given.untagged && timeOf(tag) < grace) staleTags.add(tag)
  }
  const staleUntagged = [...state.images.keys()].filter(
    (digest) => given.untagged && (known.get(digest)?.pushedAt ?? now) < grace
  )
  return { staleTags, staleUntagged: new Set(staleUntagged), isByImage: false }
}

/** Lists referrer tags whose image is not in the repository. */
function listDanglingReferrerTags(state: RepositoryState): string[] {
  return [...state.tags.keys()].filter((tag) => {
    const target = findReferrerTagTarget(tag)
    return target !== undefined && !state.images.has(target)
  })
}

function selectByPolicy(
  world: KnownRepository,
  state: RepositoryState,
  policy: readonly PolicyRule[]
): Selection {
  const { known, tagTimes, now } = world
  const pushedAt = (digest: string): number => known.get(digest)?.pushedAt ?? now
  const ownTags = (digest: string): string[] =>
    state.images.get(digest)!.filter((tag) => findReferrerTagTarget(tag) === undefined)
  const seen = [...state.images.keys()].filter((digest) => {
    const isReferrer = state.images
      .get(digest)!
      .some((tag) => state.images.has(findReferrerTagTarget(tag) ?? ''))
    return ownTags(digest).length > 0 || !isReferrer
  })
  const isExpired = (digest: string): boolean => {
    const first = policy.find(({ select }) => selects(select, ownTags(digest)))
    if (first === undefined) return false
    if (first.days !== undefined) return pushedAt(digest) + first.days * DAY < now
    const rank = seen
      .filter((other) => selects(first.select, ownTags(other)))
      .sort((a, b) => pushedAt(b) - pushedAt(a) || (a > b ? -1 : 1))
      .indexOf(digest)
    return rank >= (first.count ?? 0)
  }
  const expired = withoutLastTag(world, state, new Set(seen.filter(isExpired)))
  const isOld = (time: number | undefined): boolean => time !== undefined && time + HOUR < now
  const dangling = new Set(listDanglingReferrerTags(state))
  const staleTags = [...state.tags].filter(([tag, digest]) => {
    if (!expired.has(digest)) return false
    return (
      findReferrerTagTarget(tag) === undefined || (dangling.has(tag) && isOld(tagTimes.get(tag)))
    )
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
