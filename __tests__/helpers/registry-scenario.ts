import fc from 'fast-check'
import { CLAIMS, PATTERNS } from './retention-model.js'
import type {
  Given,
  Known,
  KnownRepository,
  PolicyRule,
  PullRequestStates,
  RuleInputs
} from './retention-model.js'
import { createPlainClient, TestRepository } from './populate.js'
import { startEmulator } from './start-emulator.js'
import type { RunningEmulator } from './start-emulator.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const START = Date.parse('2026-01-01T00:00:00Z')

/** The tags of the scenarios, without referrer tags. */
export const TAGS = [
  'v1.0.0',
  'v1.1.0',
  '1.1.0_up2',
  '1.1.0-rc.2',
  '1.1.0-rc.10',
  '1.1',
  '1',
  'v2.0.0',
  'v2.0.0.1',
  'nightly-1',
  'nightly-2',
  'latest',
  'pr-7',
  'pr-8',
  'pr-7-8',
  'pr-9-arm64',
  // It is not the number of a pull request.
  'pr-007'
]

/** One push. `refers` are the numbers of earlier pushes, modulo their count. */
interface Push {
  readonly kind:
    | 'image'
    | 'docker'
    | 'index'
    | 'docker-list'
    | 'artifact'
    | 'plain-referrer'
    | 'referrer-tag'
    /** Also tags the image that it refers to with a referrer tag of its own. */
    | 'cycle-tag'
    /** Has a referrer tag that refers to itself. */
    | 'self-tag'
    /** Has a referrer tag of an image in the other repository. */
    | 'foreign-tag'
  readonly refers: readonly number[]
  readonly hasSubject: boolean
  readonly suffix: '' | '.sig' | '.att' | '.sbom'
  readonly tags: readonly string[]
  readonly wait: number
}

const push: fc.Arbitrary<Push> = fc.record({
  kind: fc.constantFrom(
    'image',
    'image',
    'docker',
    'index',
    'index',
    'docker-list',
    'artifact',
    'plain-referrer',
    'referrer-tag',
    'cycle-tag',
    'self-tag',
    'foreign-tag'
  ),
  refers: fc.array(fc.nat(20), { minLength: 1, maxLength: 3 }),
  hasSubject: fc.nat(9).map((one) => one === 0),
  suffix: fc.constantFrom('', '.sig', '.att', '.sbom'),
  tags: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 3, arbitrary: fc.subarray(TAGS, { minLength: 1, maxLength: 3 }) }
  ),
  wait: fc.constantFrom(0, MINUTE, 50 * MINUTE, 3 * HOUR, DAY, 12 * DAY)
})

/** The states of the pull requests that the tags name. */
const pullRequests: fc.Arbitrary<PullRequestStates> = fc
  .array(fc.constantFrom('OPEN', 'CLOSED', 'MERGED', 'MERGED', 'issue', undefined), {
    minLength: 5,
    maxLength: 5
  })
  .map((states) => Object.fromEntries([1, 2, 7, 8, 9].map((number, at) => [number, states[at]])))

const rules: fc.Arbitrary<RuleInputs> = fc
  .record({
    tags: fc.option(
      fc
        .shuffledSubarray(Object.keys(PATTERNS), { minLength: 1, maxLength: 2 })
        .map((patterns) => patterns.join('\n')),
      { nil: undefined }
    ),
    excludeTags: fc.option(fc.constantFrom(...Object.keys(PATTERNS)), { nil: undefined }),
    olderThan: fc.constantFrom(undefined, 30 * MINUTE, 2 * HOUR, DAY, 20 * DAY),
    keepLatest: fc.constantFrom(undefined, 0, 1, 2),
    keepLatestPer: fc.constantFrom('repository' as const, 'pattern' as const),
    claims: fc.oneof(fc.constant([]), fc.shuffledSubarray(Object.keys(CLAIMS), { minLength: 1 })),
    pullRequests,
    sortBy: fc.constantFrom('created' as const, 'semver' as const),
    untagged: fc.boolean()
  })
  .filter(
    ({ olderThan, keepLatest, untagged, claims }) =>
      olderThan !== undefined || keepLatest !== undefined || untagged || claims.length > 0
  )

const policy: fc.Arbitrary<PolicyRule[]> = fc
  .tuple(
    fc.shuffledSubarray<PolicyRule['select']>([['v'], ['nightly'], ['v', 'nightly'], 'untagged']),
    fc.boolean(),
    fc.array(
      fc.oneof(
        fc.record({ count: fc.integer({ min: 1, max: 3 }) }),
        fc.record({ days: fc.constantFrom(1, 13) })
      ),
      { minLength: 5, maxLength: 5 }
    )
  )
  .map(([selections, hasAny, counts]) =>
    [...selections, ...(hasAny ? (['any'] as const) : [])].map((select, at) => ({
      select,
      ...counts[at]
    }))
  )
  .filter((all) => all.length > 0)

export const given: fc.Arbitrary<Given> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ rules }) },
  { weight: 1, arbitrary: fc.record({ policy }) }
)

/** A change of another client during the run, before the call with this number after the listing of the tags. */
export interface Disturbance {
  readonly call: number
  readonly kind: 'move' | 'promote' | 'push-over' | 'partial'
  readonly image: number
  readonly tag: number
}

const disturbance: fc.Arbitrary<Disturbance> = fc.record({
  call: fc.nat(9),
  kind: fc.constantFrom('move', 'promote', 'promote', 'push-over', 'partial'),
  image: fc.nat(40),
  tag: fc.nat(40)
})

/** A second repository, which contains referrers of images in the first one. */
const side = fc.record({
  /** Whether the step works on it too. */
  isSelected: fc.boolean(),
  hasOwnTag: fc.boolean(),
  referrers: fc.array(
    fc.record({ to: fc.nat(20), kind: fc.constantFrom('tag' as const, 'subject' as const) }),
    { maxLength: 3 }
  )
})

/** A registry, the undocumented service behavior, the rules of the run, and the changes of other clients. */
export const scenario = fc.record({
  pushes: fc.array(push, { minLength: 2, maxLength: 14 }),
  removed: fc.array(fc.nat(20), { maxLength: 2 }),
  age: fc.constantFrom(0, 2 * MINUTE, 90 * MINUTE, 2 * DAY, 40 * DAY),
  given,
  side,
  /** What input `manifest-cache` contains before each run, if it is given. */
  cache: fc.constantFrom(
    undefined,
    undefined,
    'kept' as const,
    'exchanged' as const,
    'cut' as const,
    'blocked' as const
  ),
  policyForm: fc.constantFrom('file' as const, 'text' as const, 'cli' as const),
  /** How far the local clock is ahead of the service, in milliseconds. */
  clockShift: fc.constantFrom(0, 0, 4 * MINUTE, 40 * DAY, -40 * DAY),
  disturbances: fc.oneof(fc.constant([]), fc.array(disturbance, { minLength: 1, maxLength: 3 })),
  childProtection: fc.constantFrom('on' as const, 'off' as const),
  subjectProtection: fc.constantFrom('off' as const, 'on' as const),
  lastTagDeletion: fc.constantFrom('image' as const, 'image' as const, 'tag' as const),
  deleteByTagAndDigest: fc.constantFrom('tag' as const, 'image' as const),
  batchDeleteOrder: fc.constantFrom('snapshot' as const, 'sequential' as const),
  listOrder: fc.constantFrom('pushed' as const, 'shuffled' as const)
})

/** One of the random scenarios. */
export type Scenario = typeof scenario extends fc.Arbitrary<infer S> ? S : never

/** The registry of a scenario. */
export interface World extends KnownRepository {
  readonly emulator: RunningEmulator
  readonly repository: TestRepository
  readonly side: SideWorld
  /** A repository that the input excludes. */
  readonly excluded: TestRepository
  readonly known: ReadonlyMap<string, Known>
}

/** The second repository. */
export interface SideWorld extends KnownRepository {
  readonly repository: TestRepository
  /** Whether the step works on it. */
  readonly isSelected: boolean
}

/** Carries out the pushes and deletions of a scenario and advances the clock. */
export async function build(scene: Scenario): Promise<World> {
  const clock = { time: START }
  const { childProtection, subjectProtection, lastTagDeletion } = scene
  const { deleteByTagAndDigest, batchDeleteOrder, listOrder } = scene
  const emulator = await startEmulator({
    now: () => new Date(clock.time),
    childProtection,
    subjectProtection,
    lastTagDeletion,
    deleteByTagAndDigest,
    batchDeleteOrder,
    listOrder
  })
  const client = createPlainClient(emulator)
  const repository = await TestRepository.create(client, 'team/app')
  const excluded = await TestRepository.create(client, 'team/private')
  await excluded.push({ name: 'private' }, 'v1.0.0')
  const beside = await TestRepository.create(client, 'team/signatures')
  const tool = await beside.push({ name: 'tool' }, scene.side.hasOwnTag ? 'tool' : undefined)
  const besideKnown = new Map<string, Known>([
    [tool, { text: '', children: [], subject: undefined, pushedAt: clock.time }]
  ])
  const known = new Map<string, Known>()
  for (const [at, one] of scene.pushes.entries()) {
    clock.time += one.wait
    const { text, tags, ...links } = manifestOf(repository, one, at, [...known.keys()], tool)
    let digest = ''
    for (const tag of tags.length === 0 ? [undefined] : tags)
      digest = await repository.pushText(text, tag)
    const [first] = known.keys()
    const referrerTag = digest.replace(':', '-')
    if (one.kind === 'self-tag') await repository.pushText(text, referrerTag)
    if (one.kind === 'cycle-tag' && first !== undefined) {
      await repository.pushText(known.get(first)!.text, referrerTag)
    }
    known.set(digest, { text, ...links, pushedAt: clock.time })
  }
  await pushReferrers(beside, scene.side.referrers, [...known.keys()], (digest, subject) => {
    const isArtifact = true
    besideKnown.set(digest, { text: '', children: [], subject, isArtifact, pushedAt: clock.time })
  })
  const order = [...known.keys()]
  await repository.delete(...new Set(scene.removed.map((at) => order[at % order.length]!)))
  clock.time += scene.age
  const { time: now } = clock
  const isSelected = scene.side.isSelected && scene.disturbances.length === 0
  const tagTimes = await beside.tagTimes()
  return {
    emulator,
    repository,
    side: { repository: beside, isSelected, known: besideKnown, tagTimes, now },
    excluded,
    known,
    tagTimes: await repository.tagTimes(),
    now
  }
}

/** Pushes referrers of images that are in another repository. */
async function pushReferrers(
  repository: TestRepository,
  referrers: Scenario['side']['referrers'],
  images: readonly string[],
  onPush: (digest: string, subject: string | undefined) => void
): Promise<void> {
  for (const [at, { to, kind }] of referrers.entries()) {
    const target = images[to % images.length]!
    const subject = kind === 'subject' ? target : undefined
    const tag = kind === 'tag' ? `${target.replace(':', '-')}.sig` : undefined
    const artifactType = 'application/vnd.example.sbom'
    const name = `beside ${at}`
    onPush(await repository.push({ name, subject, artifactType }, tag), subject)
  }
}

function manifestOf(
  repository: TestRepository,
  { kind, refers, hasSubject, suffix, tags }: Push,
  at: number,
  earlier: readonly string[],
  foreign: string
): Omit<Known, 'pushedAt'> & { tags: readonly string[] } {
  const targets = earlier.length === 0 ? [] : refers.map((to) => earlier[to % earlier.length]!)
  const [first] = targets
  const isIndex = kind === 'index' || kind === 'docker-list'
  const isReferrer = kind === 'artifact' || kind === 'plain-referrer'
  // With a single target, the subject of an index is one of its own manifests.
  const listed = hasSubject && targets.length > 1 ? targets.slice(1) : targets
  const children = isIndex ? [...new Set(listed)] : []
  const subject = isReferrer || (hasSubject && kind === 'index') ? first : undefined
  const text = repository.textOf({
    name: `${at}`,
    ...(isIndex ? { children } : {}),
    subject,
    isDocker: kind === 'docker' || kind === 'docker-list',
    artifactType: kind === 'artifact' ? 'application/vnd.example.sbom' : undefined
  })
  const tagTarget = kind === 'foreign-tag' ? foreign : earlier[0]
  const target = kind === 'referrer-tag' ? first : tagTarget
  const hasReferrerTag =
    ['referrer-tag', 'cycle-tag', 'foreign-tag'].includes(kind) && target !== undefined
  const referrerTags = hasReferrerTag ? [`${target.replace(':', '-')}${suffix}`] : []
  return {
    text,
    children,
    subject,
    isArtifact: kind === 'artifact',
    isContainer: kind !== 'artifact' && !isIndex,
    tags: [...referrerTags, ...(hasReferrerTag ? tags.slice(0, 1) : tags)]
  }
}
