import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BatchDeleteImageCommand, DescribeImageTagsCommand } from '@aws-sdk/client-ecr-public'
import fc from 'fast-check'
import type { EcrPublicApi } from '../../src/runner/deps.js'
import { runCleanup } from '../helpers/run-cleanup.js'
import type { Change } from '../../src/runner/plan.js'
import type { Report } from '../../src/runner/report.js'
import { interceptApi } from '../helpers/intercept-api.js'
import { startGitHub } from '../helpers/start-github.js'
import { makeDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import type { RepositoryState } from '../helpers/populate.js'
import { build, scenario } from '../helpers/registry-scenario.js'
import type { Disturbance, Scenario, World } from '../helpers/registry-scenario.js'
import { spoilCache } from '../helpers/spoil-cache.js'
import { expectedState, findReferrerTagTarget } from '../helpers/retention-model.js'
import { policyText, ruleInputs } from '../helpers/retention-inputs.js'
import type { Given } from '../helpers/retention-model.js'
import { isSoak, SEED, tellCounts } from '../helpers/counts.js'

const RUNS = isSoak ? 5000 : 120

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cleanup-model-'))
})
afterAll(() => rm(directory, { recursive: true }))

const toComparable = (state: RepositoryState): unknown => ({
  tags: Object.fromEntries([...state.tags].sort()),
  images: Object.fromEntries(
    [...state.images].map(([digest, tags]) => [digest, [...tags].sort()]).sort()
  )
})

async function inputsOf(
  { given, policyForm }: Scenario,
  { side }: World,
  cache: string | undefined
): Promise<Record<string, string>> {
  const repository = side.isSelected ? 'team/*\n!team/private' : 'team/app'
  const shared = { repository, ...(cache === undefined ? {} : { 'manifest-cache': cache }) }
  if (given.policy === undefined) return { ...shared, ...ruleInputs(given.rules) }
  const text = policyText(given.policy)
  if (policyForm === 'text') return { ...shared, 'lifecycle-policy': text }
  const path = join(directory, 'policy.json')
  // The AWS CLI prints the policy as a string within an object.
  const isCli = policyForm === 'cli'
  await writeFile(path, isCli ? JSON.stringify({ lifecyclePolicyText: text }) : text)
  return { ...shared, 'lifecycle-policy': path }
}

/** The changes of other clients. */
interface Done {
  /** Tags that were created or moved, and their latest images. */
  readonly tags: Map<string, string>
  readonly pushed: Set<string>
  isDisturbed: boolean
}

const nothingDone = (): Done => ({ tags: new Map(), pushed: new Set(), isDisturbed: false })

/** Wraps the API so that another client changes the repository before some of the calls. */
function disturbed(
  api: EcrPublicApi,
  world: World,
  all: readonly Disturbance[],
  done: Done
): EcrPublicApi {
  let call = -1
  let pending = [...all]
  return interceptApi(api, async (command, send) => {
    // A change between the last check and the deletion cannot be detected, so there is none.
    if (!(command instanceof BatchDeleteImageCommand)) {
      const due = pending.filter((one) => one.call <= call)
      pending = pending.filter((one) => one.call > call)
      for (const one of due) await disturb(world, one, done)
      // Changes before the listing would be part of the listing.
      if (call >= 0 || command instanceof DescribeImageTagsCommand) call++
    }
    return send(command)
  })
}

async function disturb(world: World, { kind, image, tag }: Disturbance, done: Done): Promise<void> {
  const { repository, known, emulator } = world
  done.isDisturbed = true
  if (kind === 'partial') {
    await emulator.fault({ operation: 'BatchDeleteImage', fault: 'partial', count: 1 })
    return
  }
  const digests = [...known.keys()]
  const digest = digests[image % digests.length]!
  const names = [...world.tagTimes.keys()]
  const name = kind === 'promote' || names.length === 0 ? `keep-${tag}` : names[tag % names.length]!
  if (kind !== 'push-over' && !(await repository.has(digest))) return
  try {
    const made =
      kind === 'push-over'
        ? await repository.push({ name: `over-${image}-${tag}` }, name)
        : await repository.pushText(known.get(digest)!.text, name)
    if (kind === 'push-over') done.pushed.add(made)
    done.tags.set(name, made)
  } catch {
    // The tag already has that image, or an image that it needs was deleted.
  }
}

async function run(
  world: World,
  scene: Scenario,
  all: readonly Disturbance[],
  done: Done
): Promise<Report> {
  const { given, clockShift, cache: fault } = scene
  const { emulator, now } = world
  const local = (): Date => new Date(now + clockShift)
  const { claims = [], pullRequests = {} } = given.rules ?? {}
  const github = claims.length > 0 ? await startGitHub({ pullRequests }) : undefined
  const env = { ...emulator.env, ...github?.env }
  const clean = makeDeps(emulator, { now: local, env })
  const api = disturbed(clean.api, world, all, done)
  const deps = makeDeps(emulator, { now: local, env, api })
  const cache = fault === undefined ? undefined : join(directory, new URL(emulator.url).port)
  if (cache !== undefined && fault !== undefined) await spoilCache(cache, fault, world.known)
  try {
    const inputs = makeInputs('cleanup-tags', await inputsOf(scene, world, cache))
    return await runCleanup(inputs, deps)
  } finally {
    await github?.close()
  }
}

/** Checks that no image lost an image it needs or one of its referrers. */
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
      expect([digest, subject, after.images.has(subject)]).toEqual([digest, subject, false])
    }
  }
  for (const tag of before.tags.keys()) {
    const target = findReferrerTagTarget(tag)
    if (target === undefined || !before.images.has(target) || after.tags.has(tag)) continue
    expect([tag, after.images.has(target)]).toEqual([tag, false])
  }
}

/**
 * Returns whether referrers can be deleted although their image is kept in the end. This happens if the service enforces
 * that order or the order has a cycle, and the image then changes or its deletion fails.
 */
function mayLoseReferrers(world: World, before: RepositoryState, given: Scenario): boolean {
  if (given.subjectProtection === 'on') return true
  const edges = [...world.known].flatMap(([digest, { children, subject }]) => [
    ...children.map((child) => [digest, child]),
    ...(subject === undefined ? [] : [[subject, digest]])
  ])
  for (const [tag, digest] of before.tags) edges.push([findReferrerTagTarget(tag) ?? '', digest])
  return [...world.known.keys()].some((digest) => {
    const reached = new Set(edges.flatMap(([from, to]) => (from === digest ? [to] : [])))
    for (const node of reached) for (const [from, to] of edges) if (from === node) reached.add(to)
    return reached.has(digest)
  })
}

/** Checks that the report matches the state of the registry. */
function expectTruth(report: Report, after: RepositoryState, done: Done, given: Scenario): void {
  const rows = report.plan as readonly (Change & { digest: string; failed?: boolean })[]
  for (const { action, kind, target, digest, failed, reason } of rows) {
    if (!/^team\/app[:@]/.test(target)) continue
    const tag = kind === 'tag' ? target.slice('team/app:'.length) : undefined
    if (tag !== undefined && done.tags.has(tag)) continue
    const exists = tag === undefined ? after.images.has(digest) : after.tags.get(tag) === digest
    if (tag === undefined && done.pushed.has(digest)) continue
    const isHalfDone = failed === true && reason?.startsWith('its tag was deleted') === true
    if (isHalfDone) expect(given.lastTagDeletion).toBe('tag')
    expect([target, exists]).toEqual([
      target,
      !isHalfDone && (action === 'keep' || failed === true)
    ])
  }
}

/** Returns whether the service rejects the deletion of an image because a kept image refers to it. */
function isBlocked(
  { known }: World,
  { subjectProtection }: Scenario,
  before: RepositoryState,
  expected: RepositoryState
): boolean {
  if (subjectProtection === 'off') return false
  return [...expected.images.keys()].some((digest) => {
    const subject = known.get(digest)?.subject ?? ''
    return before.images.has(subject) && !expected.images.has(subject)
  })
}

/** Checks that all images and tags to keep exist, including the tags that other clients created. */
function expectKept(
  after: RepositoryState,
  expected: RepositoryState,
  done: Done,
  { given }: Scenario
): void {
  // Images that other clients push before the images are listed change the ranks of a policy.
  if (given.policy === undefined || !done.isDisturbed) {
    for (const [tag, digest] of expected.tags) {
      if (!done.tags.has(tag)) expect([tag, after.tags.get(tag)]).toEqual([tag, digest])
    }
    expect([...after.images.keys()]).toEqual(expect.arrayContaining([...expected.images.keys()]))
  }
  for (const [name, digest] of done.tags) {
    expect([name, after.tags.get(name)]).toEqual([name, digest])
    expect([...after.images.keys()]).toContain(digest)
  }
}

/** The states of the repositories that the step can see. */
interface States {
  readonly main: RepositoryState
  readonly side: RepositoryState
}

async function readStates({ repository, side }: World): Promise<States> {
  return { main: await repository.state(), side: await side.repository.state() }
}

/** Computes the expected states of both repositories after a run. */
function expectedStates(world: World, { main, side }: States, given: Given): States {
  if (!world.side.isSelected) return { main: expectedState(world, main, given), side }
  return {
    main: expectedState(world, main, given, new Set(side.images.keys())),
    side: expectedState(world.side, side, given, new Set(main.images.keys()))
  }
}

const comparableStates = ({ main, side }: States): unknown => [main, side].map(toComparable)

async function check(scene: Scenario): Promise<void> {
  const world = await build(scene)
  const { repository, emulator } = world
  try {
    const before = await readStates(world)
    const excluded = toComparable(await world.excluded.state())
    const done = nothingDone()
    const report = await run(world, scene, scene.disturbances, done)
    await emulator.clearFaults()
    const after = await readStates(world)
    const expected = expectedStates(world, before, scene.given)
    const isHindered = done.isDisturbed || isBlocked(world, scene, before.main, expected.main)
    expect(toComparable(await world.excluded.state())).toEqual(excluded)
    if (!isHindered || !mayLoseReferrers(world, before.main, scene)) {
      expectWhole(world, before.main, after.main)
    }
    expectTruth(report, after.main, done, scene)
    // A tag that was moved away and back looks like an unchanged tag.
    for (const [name, digest] of done.tags) {
      if (before.main.tags.get(name) === digest) done.tags.delete(name)
    }
    expectKept(after.main, expected.main, done, scene)
    expect(toComparable(after.side)).toEqual(toComparable(expected.side))
    if (isBlocked(world, scene, before.main, expected.main)) {
      if (!done.isDisturbed) expect(report.failure).toMatch(/^\d+ of \d+ deletions? failed/)
      return
    }
    if (!done.isDisturbed) {
      expect(comparableStates(after)).toEqual(comparableStates(expected))
      expect(report.failure).toBeUndefined()
    } else if (!(await settleDown(world, scene))) return
    await expectNothingLeftToDo(world, scene)
  } finally {
    await emulator.close()
    repository.client.destroy()
  }
}

/** Returns the world with the images and tags that other clients created. */
async function refresh(world: World): Promise<World> {
  const known = new Map(world.known)
  for (const digest of (await world.repository.state()).images.keys()) {
    if (!known.has(digest))
      known.set(digest, { text: '', children: [], subject: undefined, pushedAt: world.now })
  }
  return { ...world, known, tagTimes: await world.repository.tagTimes() }
}

/** Runs once more without other clients. Returns `false` if the service rejects one of the remaining deletions. */
async function settleDown(world: World, scene: Scenario): Promise<boolean> {
  const settled = await refresh(world)
  const before = await readStates(settled)
  const none = nothingDone()
  const report = await run(settled, scene, [], none)
  const after = await readStates(settled)
  expectTruth(report, after.main, none, scene)
  const expected = expectedStates(settled, before, scene.given)
  if (isBlocked(settled, scene, before.main, expected.main)) return false
  expect(report.failure).toBeUndefined()
  expect(comparableStates(after)).toEqual(comparableStates(expected))
  return true
}

/**
 * Checks that a further run changes nothing. A referrer whose image the last run deleted in another repository is deleted
 * by the next run, and what refers to it by the one after.
 */
async function expectNothingLeftToDo(given: World, scene: Scenario): Promise<void> {
  const world = await refresh(given)
  for (;;) {
    const before = await readStates(world)
    const expected = expectedStates(world, before, scene.given)
    if (isBlocked(world, scene, before.main, expected.main)) return
    const calls = (await world.emulator.operations()).length
    const report = await run(world, scene, [], nothingDone())
    expect(comparableStates(await readStates(world))).toEqual(comparableStates(expected))
    if (JSON.stringify(comparableStates(before)) !== JSON.stringify(comparableStates(expected))) {
      expect(world.side.isSelected).toBe(true)
      continue
    }
    expect(report.changed).toBe(false)
    expect(report.plan.filter(({ action }) => action !== 'keep')).toEqual([])
    expect((await world.emulator.operations()).slice(calls)).not.toContain('BatchDeleteImage')
    return
  }
}

describe('cleanup-tags on random registries', () => {
  test(
    'keeps needed images, deletes the others, reports both correctly, and is idempotent',
    async () => {
      let registries = 0
      const property = fc.asyncProperty(scenario, async (scene) => {
        await check(scene)
        registries++
      })
      await fc.assert(property, { numRuns: RUNS })
      tellCounts('cleanup-tags model', { registries }, SEED)
    },
    RUNS * 5000
  )
})
