import { runCleanup } from '../helpers/run-cleanup.js'
import { PERMISSIONS } from '../../src/ecr-public/permissions.js'
import type { Change } from '../../src/runner/plan.js'
import type { Report } from '../../src/runner/report.js'
import { makeDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { createPlainClient, TestRepository } from '../helpers/populate.js'
import type { RepositoryState } from '../helpers/populate.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'
import { isSoak } from '../helpers/counts.js'

const DAY_MS = 86_400_000
const START = Date.parse('2026-03-01T00:00:00Z')

const OPERATIONS = [
  ...(isSoak ? ['DescribeRegistries', 'GetAuthorizationToken'] : []),
  'DescribeRepositories',
  'DescribeImageTags',
  'DescribeImages',
  'GetManifest',
  'BatchDeleteImage'
]
/** Faults and the number of requests that each affects. With more than three, all attempts of a call fail. */
const FAULTS: readonly (readonly [string, number])[] = isSoak
  ? [
      'throttle',
      'server-error',
      'reset-before',
      'reset-after',
      'truncate',
      'malformed',
      'expired-token',
      'access-denied'
    ].flatMap((fault) => [1, 2, 3, 8].map((count): [string, number] => [fault, count]))
  : [
      ['throttle', 2],
      ['server-error', 8],
      ['reset-before', 1],
      ['reset-after', 1],
      ['reset-after', 3],
      ['access-denied', 1]
    ]

/** Creates indexes of two images each, signatures, and images with several tags: every kind of deletion. */
async function build(): Promise<{
  emulator: RunningEmulator
  repository: TestRepository
  now: Date
}> {
  const clock = { time: START }
  const emulator = await startEmulator({ now: () => new Date(clock.time) })
  const repository = await TestRepository.create(createPlainClient(emulator), 'team/app')
  for (const name of ['v1', 'v2', 'v3']) {
    const amd = await repository.push({ name: `${name}-amd` })
    const arm = await repository.push({ name: `${name}-arm` }, `${name}-arm64`)
    const index = await repository.push({ name, children: [amd, arm] }, name)
    await repository.push({ name: `${name}-s` }, `${index.replace(':', '-')}.sig`)
    await repository.push({ name: `${name}-arm` }, `release-${name}`)
    clock.time += DAY_MS
  }
  return { emulator, repository, now: new Date(clock.time) }
}

const INPUTS = {
  repository: 'team/app',
  tags: 'v*',
  'exclude-tags': 'v3*',
  'keep-latest': '0',
  untagged: 'true'
}

/** Returns the deletions of a report, including the failed ones. */
const deletionsOf = (report: Report): (Change & { failed?: boolean; digest: string })[] =>
  report.plan.filter(({ action }) => action === 'delete') as (Change & { digest: string })[]

function exists({ kind, target, digest }: Change & { digest: string }, state: RepositoryState) {
  return kind === 'tag'
    ? state.tags.get(target.slice('team/app:'.length)) === digest
    : state.images.has(digest)
}

describe.each(OPERATIONS)('faults of %s', (operation) => {
  test.each(FAULTS)(
    '%s, %i times: the report matches the state of the registry',
    async (fault, count) => {
      const { emulator, repository, now } = await build()
      const dry = await runCleanup(
        makeInputs('cleanup-tags', { ...INPUTS, 'dry-run': 'true' }),
        makeDeps(emulator, { now: () => now })
      )
      const planned = new Set(deletionsOf(dry).map(({ target }) => target))
      const before = await repository.state()
      await emulator.fault({ operation, fault, count })
      const deps = makeDeps(emulator, { now: () => now, maxAttempts: 3 })
      const report = await runCleanup(makeInputs('cleanup-tags', INPUTS), deps).catch(
        () => undefined
      )
      await emulator.clearFaults()
      const after = await repository.state()
      const gone = [
        ...[...before.tags.keys()]
          .filter((tag) => !after.tags.has(tag))
          .map((tag) => `team/app:${tag}`),
        ...[...before.images]
          .filter(([digest, tags]) => tags.length === 0 && !after.images.has(digest))
          .map(([digest]) => `team/app@${digest}`)
      ]
      expect([...planned]).toEqual(expect.arrayContaining(gone))
      if (report === undefined) {
        expect(gone).toEqual([])
        return
      }
      for (const row of deletionsOf(report)) {
        // If a fault persists, the mode cannot find out whether it was deleted, and it counts as failed.
        if (row.failed === true) continue
        expect([row.target, exists(row, after)]).toEqual([row.target, false])
      }
      const reported = deletionsOf(report).map(({ target }) => target)
      expect(reported).toEqual(expect.arrayContaining(gone))
      const failed = deletionsOf(report).filter((row) => row.failed === true).length
      expect(report.outputs['failed-count']).toBe(failed)
      expect(report.failure !== undefined).toBe(failed > 0)
    }
  )
})

test('works with the documented permissions', async () => {
  const at = (day: number): string => new Date(START + day * DAY_MS).toISOString()
  const images = [1, 2, 3].map((day) => ({
    tags: [{ tag: `v${day}`, createdAt: at(day) }],
    pushedAt: at(day),
    platforms: ['linux/amd64', 'linux/arm64'],
    cosignTags: ['sig']
  }))
  const emulator = await startEmulator({
    now: () => new Date(START + 9 * DAY_MS),
    allow: PERMISSIONS['cleanup-tags'].actions,
    seed: { repositories: [{ name: 'team/app', images }] }
  })
  const report = await runCleanup(
    makeInputs('cleanup-tags', INPUTS),
    makeDeps(emulator, { now: () => new Date(START + 9 * DAY_MS) })
  )
  expect(report).toMatchObject({
    failure: undefined,
    outputs: { 'deleted-tags': { length: 4 }, 'deleted-images': { length: 4 }, 'failed-count': 0 }
  })
})

test('names the missing IAM action if deletions are denied', async () => {
  const clock = { time: START }
  const emulator = await startEmulator({ now: () => new Date(clock.time) })
  const repository = await TestRepository.create(createPlainClient(emulator), 'team/app')
  for (let at = 0; at < 205; at++) await repository.push({ name: `${at}` }, `v${at}`)
  await emulator.fault({ operation: 'BatchDeleteImage', fault: 'access-denied' })
  const deps = makeDeps(emulator, { now: () => new Date(START + DAY_MS) })
  const inputs = makeInputs('cleanup-tags', { ...INPUTS, 'exclude-tags': 'none' })
  const report = await runCleanup(inputs, deps)
  expect(report).toMatchObject({
    changed: false,
    outputs: { 'deleted-count': 0, 'failed-count': 205 },
    failure: expect.stringMatching(/^205 of 205 deletions failed\. .*ecr-public:BatchDeleteImage/)
  })
  const calls = (await emulator.operations()).filter((call) => call === 'BatchDeleteImage')
  expect(calls).toHaveLength(1)
})
