import fc from 'fast-check'
import { PATTERNS } from './retention-model.js'
import type { Given, Known, KnownRepository, PolicyRule, RuleInputs } from './retention-model.js'
import { createPlainClient, TestRepository } from './populate.js'
import { startEmulator } from './start-emulator.js'
import type { RunningEmulator } from './start-emulator.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const START = Date.parse('2026-01-01T00:00:00Z')

const TAGS = [
  'v1.0.0',
  'v1.1.0',
  '1.1.0-rc.1',
  'v2.0.0',
  'nightly-1',
  'nightly-2',
  'latest',
  'pr-7'
]

/** One push. `refers` are the numbers of earlier pushes, modulo their count. */
interface Push {
  readonly kind:
    'image' | 'docker' | 'index' | 'docker-list' | 'artifact' | 'plain-referrer' | 'referrer-tag'
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
    'referrer-tag'
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

const rules: fc.Arbitrary<RuleInputs> = fc
  .record({
    tags: fc.option(fc.constantFrom(...Object.keys(PATTERNS)), { nil: undefined }),
    excludeTags: fc.option(fc.constantFrom(...Object.keys(PATTERNS)), { nil: undefined }),
    olderThan: fc.constantFrom(undefined, 30 * MINUTE, 2 * HOUR, DAY, 20 * DAY),
    keepLatest: fc.constantFrom(undefined, 0, 1, 2),
    sortBy: fc.constantFrom('created' as const, 'semver' as const),
    untagged: fc.boolean()
  })
  .filter((one) => one.olderThan !== undefined || one.keepLatest !== undefined || one.untagged)

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

const given: fc.Arbitrary<Given> = fc.oneof(
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

/** A registry, the undocumented service behavior, the rules of the run, and the changes of other clients. */
export const scenario = fc.record({
  pushes: fc.array(push, { minLength: 2, maxLength: 14 }),
  removed: fc.array(fc.nat(20), { maxLength: 2 }),
  age: fc.constantFrom(0, 2 * MINUTE, 90 * MINUTE, 2 * DAY, 40 * DAY),
  given,
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
  readonly known: ReadonlyMap<string, Known>
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
  const repository = await TestRepository.create(createPlainClient(emulator), 'team/app')
  const known = new Map<string, Known>()
  for (const [at, one] of scene.pushes.entries()) {
    clock.time += one.wait
    const { text, tags, ...links } = manifestOf(repository, one, at, [...known.keys()])
    let digest = ''
    for (const tag of tags.length === 0 ? [undefined] : tags)
      digest = await repository.pushText(text, tag)
    known.set(digest, { text, ...links, pushedAt: clock.time })
  }
  const order = [...known.keys()]
  await repository.delete(...new Set(scene.removed.map((at) => order[at % order.length]!)))
  clock.time += scene.age
  return { emulator, repository, known, tagTimes: await repository.tagTimes(), now: clock.time }
}

function manifestOf(
  repository: TestRepository,
  { kind, refers, hasSubject, suffix, tags }: Push,
  at: number,
  earlier: readonly string[]
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
  const hasReferrerTag = kind === 'referrer-tag' && first !== undefined
  const referrerTags = hasReferrerTag ? [`${first.replace(':', '-')}${suffix}`] : []
  return {
    text,
    children,
    subject,
    tags: [...referrerTags, ...(hasReferrerTag ? tags.slice(0, 1) : tags)]
  }
}
