import { compare, parse } from 'semver'
import type { RepositoryState } from './populate.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Patterns of tags, and what they mean. */
export const PATTERNS: Readonly<Record<string, RegExp>> = {
  '*': /^/,
  'v*': /^v/,
  'nightly-*': /^nightly-/,
  '/^v\\d+|rc/': /^v\d+|rc/,
  '{latest,pr-*}': /^(latest|pr-.*)$/
}

/** The six inputs; ages in milliseconds. */
export interface RuleInputs {
  readonly tags?: string | undefined
  readonly excludeTags?: string | undefined
  readonly olderThan?: number | undefined
  readonly keepLatest?: number | undefined
  readonly sortBy: 'created' | 'semver'
  readonly untagged: boolean
}

/** A rule of a lifecycle policy, in the order of the priorities. */
export interface PolicyRule {
  readonly select: 'untagged' | 'any' | readonly string[]
  readonly count?: number | undefined
  readonly days?: number | undefined
}

/** What a run is given. */
export type Given =
  | { readonly rules: RuleInputs; readonly policy?: undefined }
  | { readonly policy: readonly PolicyRule[] }

/** What a test knows of each image, from having pushed it. */
export interface Known {
  readonly text: string
  readonly children: readonly string[]
  readonly subject: string | undefined
  readonly pushedAt: number
}

/** What a test knows of a repository. */
export interface KnownRepository {
  readonly known: ReadonlyMap<string, Known>
  readonly tagTimes: ReadonlyMap<string, number>
  readonly now: number
}

/** What the rules say, before it is asked what is needed. */
interface Opinion {
  readonly staleTags: ReadonlySet<string>
  readonly staleUntagged: ReadonlySet<string>
  /** Whether an image that stays keeps all of its tags. */
  readonly isByImage: boolean
}

/** The digest that a companion tag belongs to. */
export function targetOfCompanion(tag: string): string | undefined {
  const hex = /^sha256-([0-9a-f]{64})(\.sig|\.att|\.sbom)?$/.exec(tag)?.[1]
  return hex === undefined ? undefined : `sha256:${hex}`
}

/** What has to be left of a repository, worked out from the rules as they are documented, and naively. */
export function expectedState(
  world: KnownRepository,
  state: RepositoryState,
  given: Given
): RepositoryState {
  const opinion =
    given.policy === undefined
      ? opinionOfRules(world, state, given.rules)
      : opinionOfPolicy(world, state, given.policy)
  const staying = stayingImages(world, state, opinion)
  const images = new Map<string, string[]>()
  const tags = new Map<string, string>()
  for (const digest of staying) {
    const all = state.images.get(digest)!
    const left = opinion.isByImage ? [...all] : tagsThatStay(all, state, staying, opinion)
    // The service takes no last tag of an image that is needed: the latest of them holds it.
    if (left.length === 0 && all.length > 0) {
      const sorted = all.toSorted(latestFirst(world))
      left.push(sorted.find((tag) => targetOfCompanion(tag) === undefined) ?? sorted[0]!)
    }
    images.set(digest, left)
    for (const tag of left) tags.set(tag, digest)
  }
  return { images, tags }
}

function tagsThatStay(
  all: readonly string[],
  state: RepositoryState,
  staying: ReadonlySet<string>,
  { staleTags }: Opinion
): string[] {
  return all.filter((tag) => {
    const target = targetOfCompanion(tag)
    return (
      !staleTags.has(tag) &&
      (target === undefined || !state.images.has(target) || staying.has(target))
    )
  })
}

function stayingImages(
  { known }: KnownRepository,
  state: RepositoryState,
  { staleTags, staleUntagged }: Opinion
): Set<string> {
  const mayGo = (tag: string): boolean =>
    staleTags.has(tag) || state.images.has(targetOfCompanion(tag) ?? '')
  const staying = new Set<string>()
  for (const [digest, tags] of state.images) {
    if (tags.length === 0 ? !staleUntagged.has(digest) : !tags.every(mayGo)) staying.add(digest)
  }
  for (let size = -1; size !== staying.size;) {
    size = staying.size
    for (const [digest, tags] of state.images) {
      const { children = [], subject } = known.get(digest) ?? {}
      if (staying.has(digest))
        for (const child of children) if (state.images.has(child)) staying.add(child)
      if (subject !== undefined && staying.has(subject)) staying.add(digest)
      if (tags.some((tag) => staying.has(targetOfCompanion(tag) ?? ''))) staying.add(digest)
    }
  }
  return staying
}

const latestFirst =
  ({ tagTimes }: KnownRepository) =>
  (a: string, b: string): number =>
    (tagTimes.get(b) ?? 0) - (tagTimes.get(a) ?? 0) || (a < b ? 1 : -1)

function opinionOfRules(
  world: KnownRepository,
  state: RepositoryState,
  given: RuleInputs
): Opinion {
  const { known, tagTimes, now } = world
  const limit = now - (given.olderThan ?? 0)
  const grace = now - (given.olderThan ?? HOUR)
  const isForTags = given.olderThan !== undefined || given.keepLatest !== undefined
  const timeOf = (tag: string): number => tagTimes.get(tag) ?? 0
  const excluded = given.excludeTags === undefined ? /^latest$/ : PATTERNS[given.excludeTags]!
  const ranked = [...state.tags.keys()]
    .filter((tag) => targetOfCompanion(tag) === undefined)
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
  for (const tag of lonelyCompanions(state)) {
    if (given.untagged && timeOf(tag) < grace) staleTags.add(tag)
  }
  const staleUntagged = [...state.images.keys()].filter(
    (digest) => given.untagged && (known.get(digest)?.pushedAt ?? now) < grace
  )
  return { staleTags, staleUntagged: new Set(staleUntagged), isByImage: false }
}

/** Companion tags whose image is no more. */
function lonelyCompanions(state: RepositoryState): string[] {
  return [...state.tags.keys()].filter((tag) => {
    const target = targetOfCompanion(tag)
    return target !== undefined && !state.images.has(target)
  })
}

function opinionOfPolicy(
  world: KnownRepository,
  state: RepositoryState,
  policy: readonly PolicyRule[]
): Opinion {
  const { known, tagTimes, now } = world
  const pushedAt = (digest: string): number => known.get(digest)?.pushedAt ?? now
  const ownTags = (digest: string): string[] =>
    state.images.get(digest)!.filter((tag) => targetOfCompanion(tag) === undefined)
  const seen = [...state.images.keys()].filter((digest) => {
    const isCompanion = state.images
      .get(digest)!
      .some((tag) => state.images.has(targetOfCompanion(tag) ?? ''))
    return ownTags(digest).length > 0 || !isCompanion
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
  const lonely = new Set(lonelyCompanions(state))
  const staleTags = [...state.tags].filter(([tag, digest]) => {
    if (!expired.has(digest)) return false
    return targetOfCompanion(tag) === undefined || (lonely.has(tag) && isOld(tagTimes.get(tag)))
  })
  return {
    staleTags: new Set(staleTags.map(([tag]) => tag)),
    staleUntagged: new Set([...expired].filter((digest) => isOld(pushedAt(digest)))),
    isByImage: true
  }
}

/** No policy takes every tag: the image whose tag was set last stays then. */
function withoutLastTag(
  world: KnownRepository,
  state: RepositoryState,
  expired: ReadonlySet<string>
): Set<string> {
  const own = [...state.tags.keys()].filter((tag) => targetOfCompanion(tag) === undefined)
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
