import {
  BatchDeleteImageCommand,
  DescribeImageTagsCommand,
  PutImageCommand
} from '@aws-sdk/client-ecr-public'
import fc from 'fast-check'
import { compare, parse } from 'semver'
import type { EcrPublicApi } from '../../src/ecr-public/client.js'
import { cleanupTags } from '../../src/modes/cleanup-tags.js'
import type { Change } from '../../src/plan.js'
import type { Report } from '../../src/report.js'
import { makeDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { createPlainClient, TestRepository } from '../helpers/populate.js'
import type { RepositoryState } from '../helpers/populate.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'

const RUNS = Number(process.env.FC_RUNS ?? (process.env.SOAK === undefined ? 120 : 5000))
const SEED = Number(process.env.FC_SEED ?? 20_260_601)

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
const PATTERNS: Readonly<Record<string, RegExp>> = {
  '*': /^/,
  'v*': /^v/,
  'nightly-*': /^nightly-/,
  '/^v\\d+|rc/': /^v\d+|rc/,
  '{latest,pr-*}': /^(latest|pr-.*)$/
}

/** One push; what it refers to are places of earlier ones, taken modulo their number. */
interface Push {
  readonly kind:
    'image' | 'docker' | 'index' | 'docker-list' | 'artifact' | 'plain-referrer' | 'companion'
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
    'companion'
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

const rules = fc
  .record({
    tags: fc.option(fc.constantFrom(...Object.keys(PATTERNS)), { nil: undefined }),
    excludeTags: fc.option(fc.constantFrom(...Object.keys(PATTERNS)), { nil: undefined }),
    olderThan: fc.constantFrom(undefined, 30 * MINUTE, 2 * HOUR, DAY, 20 * DAY),
    keepLatest: fc.constantFrom(undefined, 0, 1, 2),
    sortBy: fc.constantFrom('created' as const, 'semver' as const),
    untagged: fc.boolean()
  })
  .filter((one) => one.olderThan !== undefined || one.keepLatest !== undefined || one.untagged)
type Rules = typeof rules extends fc.Arbitrary<infer R> ? R : never

/** What somebody else does during the run, before the call of this number after the listing of the tags. */
interface Disturbance {
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

const scenario = fc.record({
  pushes: fc.array(push, { minLength: 2, maxLength: 14 }),
  removed: fc.array(fc.nat(20), { maxLength: 2 }),
  age: fc.constantFrom(0, 2 * MINUTE, 90 * MINUTE, 2 * DAY, 40 * DAY),
  rules,
  disturbances: fc.oneof(fc.constant([]), fc.array(disturbance, { minLength: 1, maxLength: 3 })),
  childProtection: fc.constantFrom('on' as const, 'off' as const),
  deleteByTagAndDigest: fc.constantFrom('tag' as const, 'image' as const),
  batchDeleteOrder: fc.constantFrom('snapshot' as const, 'sequential' as const),
  listOrder: fc.constantFrom('pushed' as const, 'shuffled' as const)
})
type Scenario = typeof scenario extends fc.Arbitrary<infer S> ? S : never

/** What the test knows of each image, from having pushed it. */
interface Known {
  readonly text: string
  readonly children: readonly string[]
  readonly subject: string | undefined
  readonly pushedAt: number
}

interface World {
  readonly emulator: RunningEmulator
  readonly repository: TestRepository
  readonly known: ReadonlyMap<string, Known>
  readonly tagTimes: ReadonlyMap<string, number>
  readonly now: number
}

async function build(given: Scenario): Promise<World> {
  const clock = { time: START }
  const emulator = await startEmulator({
    now: () => new Date(clock.time),
    childProtection: given.childProtection,
    deleteByTagAndDigest: given.deleteByTagAndDigest,
    batchDeleteOrder: given.batchDeleteOrder,
    listOrder: given.listOrder
  })
  const repository = await TestRepository.create(createPlainClient(emulator), 'team/app')
  const known = new Map<string, Known>()
  const order: string[] = []
  for (const [at, one] of given.pushes.entries()) {
    clock.time += one.wait
    const targets = order.length === 0 ? [] : one.refers.map((to) => order[to % order.length]!)
    const [first] = targets
    const isIndex = one.kind === 'index' || one.kind === 'docker-list'
    const isReferrer = one.kind === 'artifact' || one.kind === 'plain-referrer'
    const children = isIndex
      ? [...new Set(one.hasSubject && targets.length > 1 ? targets.slice(1) : targets)]
      : undefined
    // An index that also refers to what it lists would have to go before and after it.
    const mayRefer = one.hasSubject && !lists(known, children ?? [], first)
    const subject = isReferrer || (mayRefer && one.kind === 'index') ? first : undefined
    const text = repository.textOf({
      name: `${at}`,
      ...(children === undefined ? {} : { children }),
      subject,
      isDocker: one.kind === 'docker' || one.kind === 'docker-list',
      artifactType: one.kind === 'artifact' ? 'application/vnd.example.sbom' : undefined
    })
    const companion = one.kind === 'companion' ? first : undefined
    const tags =
      companion === undefined
        ? one.tags
        : [companionTag(companion, one.suffix), ...one.tags.slice(0, 1)]
    let digest = ''
    for (const tag of tags.length === 0 ? [undefined] : tags)
      digest = await repository.pushText(text, tag)
    known.set(digest, { text, children: children ?? [], subject, pushedAt: clock.time })
    order.push(digest)
  }
  await repository.delete(...new Set(given.removed.map((at) => order[at % order.length]!)))
  clock.time += given.age
  return { emulator, repository, known, tagTimes: await repository.tagTimes(), now: clock.time }
}

/** Whether these manifests are or list, at any depth, a digest. */
function lists(
  known: ReadonlyMap<string, Known>,
  digests: readonly string[],
  wanted: string | undefined
): boolean {
  return digests.some(
    (digest) => digest === wanted || lists(known, known.get(digest)?.children ?? [], wanted)
  )
}

function companionTag(digest: string, suffix: string): string {
  return `${digest.replace(':', '-')}${suffix}`
}

function targetOfCompanion(tag: string): string | undefined {
  const hex = /^sha256-([0-9a-f]{64})(\.sig|\.att|\.sbom)?$/.exec(tag)?.[1]
  return hex === undefined ? undefined : `sha256:${hex}`
}

/** What has to be left of a repository, worked out from the rules as they are documented, and naively. */
function expectedState(world: World, state: RepositoryState, given: Rules): RepositoryState {
  const { known, tagTimes, now } = world
  const limit = now - (given.olderThan ?? 0)
  const grace = now - (given.olderThan ?? HOUR)
  const isForTags = given.olderThan !== undefined || given.keepLatest !== undefined
  const timeOf = (tag: string): number => tagTimes.get(tag) ?? 0
  const own = [...state.tags.keys()].filter((tag) => targetOfCompanion(tag) === undefined)
  const ranked = own
    .filter((tag) => PATTERNS[given.tags ?? '*']!.test(tag))
    .filter(
      (tag) =>
        !(given.excludeTags === undefined ? /^latest$/ : PATTERNS[given.excludeTags]!).test(tag)
    )
    .sort((a, b) => timeOf(b) - timeOf(a) || (a < b ? 1 : -1))
  if (given.sortBy === 'semver') {
    const versions = ranked.filter((tag) => parse(tag) !== null).sort((a, b) => compare(b, a))
    ranked.splice(0, ranked.length, ...versions, ...ranked.filter((tag) => parse(tag) === null))
  }
  const stale = new Set(
    ranked
      .slice(given.keepLatest ?? 1)
      .filter((tag) => isForTags && (given.olderThan === undefined || timeOf(tag) < limit))
  )
  const isLonely = (tag: string): boolean => !state.images.has(targetOfCompanion(tag) ?? tag)
  for (const tag of state.tags.keys()) {
    if (targetOfCompanion(tag) === undefined || !isLonely(tag)) continue
    if (given.untagged && timeOf(tag) < grace) stale.add(tag)
  }
  const mayGo = (tag: string): boolean =>
    stale.has(tag) || (targetOfCompanion(tag) !== undefined && !isLonely(tag))
  const staying = new Set<string>()
  for (const [digest, tags] of state.images) {
    const isOld = given.untagged && (known.get(digest)?.pushedAt ?? now) < grace
    if (tags.length === 0 ? !isOld : !tags.every(mayGo)) staying.add(digest)
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
  const images = new Map<string, string[]>()
  const tags = new Map<string, string>()
  for (const digest of staying) {
    const all = state.images.get(digest)!
    const left = all.filter((tag) => {
      const target = targetOfCompanion(tag)
      return (
        !stale.has(tag) &&
        (target === undefined || !state.images.has(target) || staying.has(target))
      )
    })
    if (left.length === 0 && all.length > 0) {
      // The service takes no last tag of an image that is needed: the latest of them holds it.
      const sorted = all.toSorted((a, b) => timeOf(b) - timeOf(a) || (a < b ? 1 : -1))
      left.push(sorted.find((tag) => targetOfCompanion(tag) === undefined) ?? sorted[0]!)
    }
    images.set(digest, left)
    for (const tag of left) tags.set(tag, digest)
  }
  return { images, tags }
}

const plain = (state: RepositoryState): unknown => ({
  tags: Object.fromEntries([...state.tags].sort()),
  images: Object.fromEntries(
    [...state.images].map(([digest, tags]) => [digest, [...tags].sort()]).sort()
  )
})

function inputsOf(given: Rules): Record<string, string> {
  const { tags, excludeTags, olderThan, keepLatest, sortBy, untagged } = given
  return {
    repository: 'team/app',
    ...(tags === undefined ? {} : { tags }),
    ...(excludeTags === undefined ? {} : { 'exclude-tags': excludeTags }),
    ...(olderThan === undefined ? {} : { 'older-than': `${olderThan / MINUTE}m` }),
    ...(keepLatest === undefined ? {} : { 'keep-latest': String(keepLatest) }),
    'sort-by': sortBy,
    untagged: String(untagged)
  }
}

/** What the others did. */
interface Done {
  readonly tags: Set<string>
  readonly pushed: Set<string>
  partial: boolean
}

/** The API as the mode gets it: before some of its calls, somebody else changes the repository. */
function disturbed(
  api: EcrPublicApi,
  world: World,
  all: readonly Disturbance[],
  done: Done
): EcrPublicApi {
  let call = -1
  let pending = [...all]
  const send = async (command: unknown): Promise<unknown> => {
    // Between the last look and the deletion itself nobody can protect anything: it is one call.
    if (!(command instanceof BatchDeleteImageCommand)) {
      const due = pending.filter((one) => one.call <= call)
      pending = pending.filter((one) => one.call > call)
      for (const one of due) await disturb(world, one, done)
      // What happens before the listing is listed.
      if (call >= 0 || command instanceof DescribeImageTagsCommand) call++
    }
    return (api.send as (command: unknown) => Promise<unknown>)(command)
  }
  return { send: send as EcrPublicApi['send'], middlewareStack: api.middlewareStack }
}

async function disturb(world: World, { kind, image, tag }: Disturbance, done: Done): Promise<void> {
  const { repository, known, emulator } = world
  if (kind === 'partial') {
    done.partial = true
    await emulator.fault({ operation: 'BatchDeleteImage', fault: 'partial', count: 1 })
    return
  }
  const digests = [...known.keys()]
  const digest = digests[image % digests.length]!
  const names = [...world.tagTimes.keys()]
  const name = kind === 'promote' || names.length === 0 ? `keep-${tag}` : names[tag % names.length]!
  if (kind === 'push-over') {
    const made = await repository.push({ name: `over-${image}-${tag}` }, name)
    done.pushed.add(made)
  } else {
    if (!(await repository.has(digest))) return
    try {
      await repository.client.send(
        new PutImageCommand({
          repositoryName: 'team/app',
          imageManifest: known.get(digest)!.text,
          imageTag: name
        })
      )
    } catch {
      return
    }
  }
  done.tags.add(name)
}

async function run(
  world: World,
  given: Rules,
  all: readonly Disturbance[],
  done: Done
): Promise<Report> {
  const { emulator, now } = world
  const clean = makeDeps(emulator, { now: () => new Date(now) })
  const api = disturbed(clean.api, world, all, done)
  const deps = makeDeps(emulator, { now: () => new Date(now), api })
  return cleanupTags(makeInputs('cleanup-tags', inputsOf(given)), deps)
}

/** Nothing that is there lacks what it needs or what belongs to it, unless it lacked it before. */
function expectWhole(world: World, before: RepositoryState, after: RepositoryState): void {
  for (const [digest, { children, subject }] of world.known) {
    if (after.images.has(digest)) {
      for (const child of children) {
        if (before.images.has(child))
          expect([digest, [...after.images.keys()]]).toEqual([
            digest,
            expect.arrayContaining([child])
          ])
      }
    } else if (before.images.has(digest) && subject !== undefined && before.images.has(subject)) {
      expect(after.images.has(subject)).toBe(false)
    }
  }
  for (const tag of before.tags.keys()) {
    const target = targetOfCompanion(tag)
    if (target === undefined || !before.images.has(target) || after.tags.has(tag)) continue
    expect([tag, after.images.has(target)]).toEqual([tag, false])
  }
}

/** What the report says is what the registry holds. */
function expectTruth(report: Report, after: RepositoryState, done: Done): void {
  const rows = report.plan as readonly (Change & { digest: string; failed?: boolean })[]
  for (const { action, kind, target, digest, failed } of rows) {
    const tag = kind === 'tag' ? target.slice('team/app:'.length) : undefined
    if (tag !== undefined && done.tags.has(tag)) continue
    const isThere = tag === undefined ? after.images.has(digest) : after.tags.get(tag) === digest
    if (tag === undefined && done.pushed.has(digest)) continue
    expect([target, isThere]).toEqual([target, action === 'keep' || failed === true])
  }
}

async function check(given: Scenario): Promise<void> {
  const world = await build(given)
  const { repository, emulator } = world
  try {
    const before = await repository.state()
    const done: Done = { tags: new Set(), pushed: new Set(), partial: false }
    const report = await run(world, given.rules, given.disturbances, done)
    await emulator.clearFaults()
    const after = await repository.state()
    const expected = expectedState(world, before, given.rules)
    expectWhole(world, before, after)
    expectTruth(report, after, done)
    for (const [tag, digest] of expected.tags) {
      if (!done.tags.has(tag)) expect([tag, after.tags.get(tag)]).toEqual([tag, digest])
    }
    for (const digest of expected.images.keys()) expect([...after.images.keys()]).toContain(digest)
    for (const name of done.tags) {
      expect(after.tags.has(name)).toBe(true)
      expect(after.images.has(after.tags.get(name)!)).toBe(true)
    }
    if (done.tags.size === 0 && !done.partial) {
      expect(plain(after)).toEqual(plain(expected))
      expect(report.failure).toBeUndefined()
    } else {
      await settleDown(world, given.rules)
    }
    await expectNothingLeftToDo(world, given.rules)
  } finally {
    await emulator.close()
    repository.client.destroy()
  }
}

/** After a run that was disturbed, one that is not does what is left. */
async function settleDown(world: World, given: Rules): Promise<void> {
  const settled = { ...world, tagTimes: await world.repository.tagTimes() }
  const before = await settled.repository.state()
  const known = new Map(world.known)
  for (const digest of before.images.keys()) {
    if (!known.has(digest))
      known.set(digest, { text: '', children: [], subject: undefined, pushedAt: world.now })
  }
  const none: Done = { tags: new Set(), pushed: new Set(), partial: false }
  const report = await run(settled, given, [], none)
  const after = await settled.repository.state()
  expect(report.failure).toBeUndefined()
  expectTruth(report, after, none)
  expect(plain(after)).toEqual(plain(expectedState({ ...settled, known }, before, given)))
}

async function expectNothingLeftToDo(world: World, given: Rules): Promise<void> {
  const calls = (await world.emulator.operations()).length
  const none: Done = { tags: new Set(), pushed: new Set(), partial: false }
  const report = await run(world, given, [], none)
  expect(report.changed).toBe(false)
  expect(report.plan.filter(({ action }) => action !== 'keep')).toEqual([])
  expect((await world.emulator.operations()).slice(calls)).not.toContain('BatchDeleteImage')
}

describe('cleanup-tags on random registries', () => {
  test(
    'keeps what is needed, takes what is not, tells what it did, and then has nothing left to do',
    async () => {
      await fc.assert(fc.asyncProperty(scenario, check), { numRuns: RUNS, seed: SEED })
    },
    RUNS * 5000
  )
})
