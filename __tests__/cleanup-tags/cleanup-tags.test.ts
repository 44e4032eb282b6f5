import { mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  BatchDeleteImageCommand,
  DescribeImagesCommand,
  DescribeImageTagsCommand
} from '@aws-sdk/client-ecr-public'
import type {
  DescribeImagesCommandOutput,
  DescribeImageTagsCommandOutput
} from '@aws-sdk/client-ecr-public'
import { runCleanup } from '../helpers/run-cleanup.js'
import type { Change } from '../../src/runner/plan.js'
import type { Report } from '../../src/runner/report.js'
import { interceptApi } from '../helpers/intercept-api.js'
import { makeDeps } from '../helpers/make-deps.js'
import type { TestDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { createPlainClient, TestRepository } from '../helpers/populate.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'

const START = Date.parse('2026-03-01T00:00:00Z')
const DAY_MS = 86_400_000

/** An emulator and a run of the mode against it, on one clock. */
interface Stage {
  readonly emulator: RunningEmulator
  readonly repository: TestRepository
  readonly clock: { time: number }
  readonly deps: TestDeps
  run(inputs: Readonly<Record<string, string>>): Promise<Report>
}

async function stage(
  options: Parameters<typeof startEmulator>[0] = {},
  overrides: Parameters<typeof makeDeps>[1] = {}
): Promise<Stage> {
  const clock = { time: START }
  const now = (): Date => new Date(clock.time)
  const emulator = await startEmulator({ now, ...options })
  const repository = await TestRepository.create(createPlainClient(emulator), 'team/app')
  const deps = makeDeps(emulator, { now, ...overrides })
  return {
    emulator,
    repository,
    clock,
    deps,
    run: (inputs) =>
      runCleanup(makeInputs('cleanup-tags', { repository: 'team/app', ...inputs }), deps)
  }
}

/** Pushes one image per tag, one per day. */
async function pushDaily({ repository, clock }: Stage, ...tags: string[]): Promise<string[]> {
  const digests: string[] = []
  for (const tag of tags) {
    digests.push(await repository.push({ name: tag }, tag))
    clock.time += DAY_MS
  }
  return digests
}

const rowOf = (report: Report, target: string): Change | undefined =>
  report.plan.find((change) => change.target === target)

const tagsOf = async ({ repository }: Stage): Promise<string[]> =>
  [...(await repository.state()).tags.keys()].sort()

/** Lets `intercept` receive the commands that the mode sends. */
function intercepted(on: Stage, intercept: Parameters<typeof interceptApi>[1]): Stage {
  const api = interceptApi(on.deps.api, intercept)
  const deps = makeDeps(on.emulator, { now: () => new Date(on.clock.time), api })
  const run: Stage['run'] = (inputs) =>
    runCleanup(makeInputs('cleanup-tags', { repository: 'team/app', ...inputs }), deps)
  return { ...on, deps, run }
}

/** Runs `act` right before the images of the first deletion are checked. */
function beforeDeletions(on: Stage, act: () => Promise<unknown>): Stage {
  let isDone = false
  return intercepted(on, async (command, send) => {
    if (command instanceof DescribeImagesCommand && command.input.imageIds && !isDone) {
      isDone = true
      await act()
    }
    return send(command)
  })
}

describe('tags to delete', () => {
  test('deletes all but the latest tags, and a second run changes nothing', async () => {
    const on = await stage()
    const [v1] = await pushDaily(on, 'v1', 'v2', 'latest', 'v3')
    const report = await on.run({ 'keep-latest': '2' })
    expect(report).toMatchObject({
      changed: true,
      repositories: ['team/app'],
      failure: undefined,
      outputs: {
        'deleted-tags': [{ repository: 'team/app', tag: 'v1', digest: v1 }],
        'deleted-images': [],
        'deleted-count': 1,
        'kept-count': 3,
        'failed-count': 0
      }
    })
    expect(await tagsOf(on)).toEqual(['latest', 'v2', 'v3'])
    const before = (await on.emulator.operations()).length
    expect(await on.run({ 'keep-latest': '2' })).toMatchObject({ changed: false })
    expect((await on.emulator.operations()).slice(before)).not.toContain('BatchDeleteImage')
  })

  test('evaluates the age of the tag and not of the image', async () => {
    const on = await stage()
    const [old] = await pushDaily(on, 'v1')
    on.clock.time += 40 * DAY_MS
    await pushDaily(on, 'v2')
    await on.repository.push({ name: 'v1' }, 'fresh')
    on.clock.time += DAY_MS
    const report = await on.run({ 'older-than': '30d', 'keep-latest': '0' })
    expect(await tagsOf(on)).toEqual(['fresh', 'v2'])
    expect((await on.repository.state()).images.get(old!)).toEqual(['fresh'])
    expect(rowOf(report, 'team/app:v1')).toMatchObject({ action: 'delete' })
    expect(rowOf(report, 'team/app:v1')).not.toHaveProperty('deletesImage', true)
    expect(rowOf(report, 'team/app:fresh')).toMatchObject({
      action: 'keep',
      reason: 'not older than 30d'
    })
  })

  test('requires all conditions, does not count excluded tags, and keeps the newest at any age', async () => {
    const on = await stage()
    await pushDaily(on, 'v1', 'rc-1', 'v2', 'release', 'v3', 'rc-2', 'v4')
    on.clock.time += 30 * DAY_MS
    const inputs = {
      tags: 'v*\n/^rc-\\d+$/',
      'exclude-tags': 'v4',
      'older-than': '31d',
      'keep-latest': '1'
    }
    const report = await on.run(inputs)
    expect(await tagsOf(on)).toEqual(['rc-2', 'release', 'v4'])
    expect(rowOf(report, 'team/app:release')?.reason).toBe('matches no pattern of tags')
    expect(rowOf(report, 'team/app:v4')?.reason).toBe('matches exclude-tags v4')
    expect(rowOf(report, 'team/app:rc-2')?.reason).toBe(
      'among the 1 most recent images (rank 1 by creation time)'
    )
  })

  test('does not delete tags if only untagged is given', async () => {
    const on = await stage()
    await pushDaily(on, 'v1', 'v2')
    on.clock.time += 400 * DAY_MS
    expect(await on.run({ untagged: 'true' })).toMatchObject({ changed: false })
    expect(await tagsOf(on)).toEqual(['v1', 'v2'])
  })

  test('reports when tags that only their age keeps are deleted', async () => {
    const on = await stage()
    await pushDaily(on, 'v1', 'v2', 'v3')
    const report = await on.run({ 'older-than': '30d' })
    expect(rowOf(report, 'team/app:v1')).toMatchObject({
      action: 'keep',
      goesAt: '2026-03-31T00:00:00.000Z'
    })
    const kept = report.summary.at(-1)
    expect(kept?.kind === 'section' ? kept.blocks[1] : undefined).toEqual({
      kind: 'table',
      columns: ['repository', 'tag', 'time (UTC)', 'in'],
      rows: [
        ['team/app', 'v1', '2026-03-31 00:00', '27 d'],
        ['team/app', 'v2', '2026-04-01 00:00', '28 d']
      ]
    })
  })

  test('lists tags once and does not list images if no tag is deleted', async () => {
    const on = await stage()
    await pushDaily(on, 'v1', 'v2')
    const before = (await on.emulator.operations()).length
    await on.run({ 'older-than': '90d' })
    const calls = (await on.emulator.operations()).slice(before)
    expect(calls.filter((call) => call === 'DescribeImageTags')).toHaveLength(1)
    expect(calls).not.toContain('DescribeImages')
    expect(calls).not.toContain('GetAuthorizationToken')
  })
})

describe('the size of the kept images in the summary', () => {
  test.each<[string, string, Readonly<Record<string, string>>]>([
    ['does not contain indexes', '300 B', { untagged: 'true', 'older-than': '99d' }],
    ['does not contain deleted images', '200 B', { tags: 'v*', 'keep-latest': '1' }],
    ['contains indexes if the images are not listed', '320 B', { 'keep-latest': '9' }]
  ])('%s', async (_, kept, rules) => {
    const on = await stage()
    const [, v1 = ''] = await pushDaily(on, 'v0', 'v1', 'v2')
    const index = await on.repository.push({ name: 'index', children: [v1] }, 'x1')
    const during = intercepted(on, async (command, send) => {
      const answer = (await send(command)) as Partial<
        DescribeImagesCommandOutput & DescribeImageTagsCommandOutput
      >
      const tagged = answer.imageTagDetails?.map(({ imageDetail = {} }) => imageDetail) ?? []
      for (const detail of [...tagged, ...(answer.imageDetails ?? [])]) {
        detail.imageSizeInBytes = detail.imageDigest === index ? 20 : 100
      }
      return answer
    })
    const { summary } = await during.run({ ...rules, 'dry-run': 'true' })
    const table = summary.find((block) => block.kind === 'table')
    expect(table?.rows[0]?.at(-1)).toBe(kept)
  })
})

describe('images in use', () => {
  test('keeps the images of a kept index and their tags', async () => {
    const on = await stage()
    const [amd, arm] = await pushDaily(on, 'v1-amd64', 'v1-arm64')
    await on.repository.push({ name: 'v1', children: [amd!, arm!] }, 'v1')
    on.clock.time += DAY_MS
    await pushDaily(on, 'v0-amd64')
    const report = await on.run({ tags: '*-*', 'keep-latest': '0' })
    expect(await tagsOf(on)).toEqual(['v1', 'v1-amd64', 'v1-arm64'])
    expect(rowOf(report, 'team/app:v1-amd64')).toMatchObject({
      action: 'keep',
      reason: 'needed by v1'
    })
  })

  test('deletes all but the latest tag of an image that a kept index needs', async () => {
    const on = await stage()
    const amd = await on.repository.push({ name: 'amd' }, 'build-1')
    on.clock.time += DAY_MS
    await on.repository.push({ name: 'amd' }, 'build-2')
    await on.repository.push({ name: 'v1', children: [amd] }, 'v1')
    await on.run({ tags: 'build-*', 'keep-latest': '0' })
    expect(await tagsOf(on)).toEqual(['build-2', 'v1'])
  })

  test('keeps the images of a deleted index if untagged is false, and reports them as orphans', async () => {
    const on = await stage()
    const amd = await on.repository.push({ name: 'amd' })
    const arm = await on.repository.push({ name: 'arm' })
    await on.repository.push({ name: 'old', children: [amd, arm] }, 'v1')
    on.clock.time += DAY_MS
    await on.repository.push({ name: 'new', children: [arm] }, 'v2')
    const report = await on.run({ 'keep-latest': '1' })
    expect(rowOf(report, 'team/app:v1')).toMatchObject({
      action: 'delete',
      deletesImage: true,
      orphans: [amd],
      reason:
        'not among the 1 most recent images (rank 2 by creation time); the image is deleted with its last tag; 1 image is no longer referenced'
    })
    expect([...(await on.repository.state()).images.keys()]).toEqual(
      expect.arrayContaining([amd, arm])
    )
  })

  test('deletes the images of nested indexes after the indexes and keeps shared ones if untagged is true', async () => {
    const on = await stage()
    const amd = await on.repository.push({ name: 'amd' })
    const arm = await on.repository.push({ name: 'arm' })
    const s390x = await on.repository.push({ name: 's390x' })
    const inner = await on.repository.push({ name: 'inner', children: [amd, arm] })
    const middle = await on.repository.push({ name: 'middle', children: [inner] })
    await on.repository.push({ name: 'outer', children: [middle, s390x] }, 'v1')
    on.clock.time += DAY_MS
    const kept = await on.repository.push({ name: 'kept', children: [arm] }, 'v2')
    on.clock.time += 1000
    const report = await on.run({ 'keep-latest': '1', untagged: 'true' })
    expect(report).toMatchObject({
      failure: undefined,
      outputs: { 'deleted-count': 5, 'failed-count': 0, 'kept-count': 2 }
    })
    const { images } = await on.repository.state()
    expect([...images.keys()].sort()).toEqual([arm, kept].sort())
  })

  test('keeps untagged images for a day, or for older-than', async () => {
    const on = await stage()
    const fresh = await on.repository.push({ name: 'fresh' })
    on.clock.time += DAY_MS
    expect(await on.run({ untagged: 'true' })).toMatchObject({ changed: false })
    expect(await on.run({ untagged: 'true', 'older-than': '2d' })).toMatchObject({ changed: false })
    expect(await on.run({ untagged: 'true', 'older-than': '30m' })).toMatchObject({
      outputs: { 'deleted-images': [{ repository: 'team/app', digest: fresh }] }
    })
  })

  test.each(['application/vnd.example.signature', undefined])(
    'keeps referrers of kept images, tagged or not (artifact type %s)',
    async (artifactType) => {
      const on = await stage()
      const [v1, v2] = await pushDaily(on, 'v1', 'v2')
      const ofKept = await on.repository.push({ name: 'a', subject: v2, artifactType })
      const ofGone = await on.repository.push({ name: 'b', subject: v1, artifactType })
      await on.repository.push({ name: 'c', subject: v2, artifactType }, 'sbom-v2')
      await on.repository.push({ name: 'd', subject: ofKept, artifactType })
      on.clock.time += DAY_MS
      await pushDaily(on, 'sbom-v3')
      const report = await on.run({ 'keep-latest': '1', tags: 'v*', untagged: 'true' })
      expect(report.failure).toBeUndefined()
      const { images } = await on.repository.state()
      expect(images.has(ofGone)).toBe(false)
      expect(images.has(ofKept)).toBe(true)
      await on.run({ 'keep-latest': '1', tags: 'sbom-*', untagged: 'true' })
      expect(await tagsOf(on)).toEqual(['sbom-v2', 'sbom-v3', 'v2'])
      expect((await on.repository.state()).images.size).toBe(5)
    }
  )

  test('keeps or deletes referrer tags with their image, without regard to patterns', async () => {
    const on = await stage()
    const [v1, v2] = await pushDaily(on, 'v1', 'v2')
    const referrerTag = (digest: string, suffix: string): string =>
      digest.replace(':', '-') + suffix
    const signature = await on.repository.push({ name: 's1' }, referrerTag(v1!, '.sig'))
    await on.repository.push({ name: 's1s' }, referrerTag(signature, '.att'))
    await on.repository.push({ name: 's2' }, referrerTag(v2!, '.sig'))
    const lone = referrerTag(`sha256:${'0'.repeat(64)}`, '.sbom')
    await on.repository.push({ name: 'lone' }, lone)
    on.clock.time += DAY_MS
    const report = await on.run({ 'keep-latest': '1', tags: '*' })
    expect(await tagsOf(on)).toEqual([referrerTag(v2!, '.sig'), lone, 'v2'].sort())
    expect(rowOf(report, `team/app:${referrerTag(v1!, '.sig')}`)?.reason).toMatch(
      /^refers to v1, which is deleted; the image is deleted with its last tag/
    )
    on.clock.time += DAY_MS
    await on.run({ 'keep-latest': '1', untagged: 'true' })
    expect(await tagsOf(on)).toEqual([referrerTag(v2!, '.sig'), 'v2'].sort())
  })

  test.each([
    ['access-denied', 'the registry denies access'],
    ['truncate', 'the response is damaged'],
    ['server-error', 'the registry fails']
  ])('does not delete any image if an index cannot be read (%s: %s)', async (fault) => {
    const on = await stage()
    const amd = await on.repository.push({ name: 'amd' })
    await on.repository.push({ name: 'index', children: [amd] }, 'stable')
    const shared = await on.repository.push({ name: 'other' }, 'v1')
    await on.repository.push({ name: 'other' }, 'release')
    await pushDaily(on, 'v2', 'v3')
    await on.emulator.fault({ operation: 'GetManifest', fault })
    const report = await on.run({ tags: 'v*', 'keep-latest': '0', untagged: 'true' })
    expect(await tagsOf(on)).toEqual(['release', 'stable', 'v2', 'v3'])
    expect((await on.repository.state()).images.get(shared)).toEqual(['release'])
    expect(rowOf(report, 'team/app:v2')).toMatchObject({
      action: 'keep',
      reason: 'index stable could not be read and might need it'
    })
    expect(on.deps.lines.join('\n')).toMatch(
      /warning: team\/app: Index sha256:.* could not be read\. No image of the repository is deleted\.$/m
    )
    expect(JSON.stringify(report.summary)).toMatch(
      /could not be read\. No image that it might refer to is deleted\./
    )
  })
})

describe('limits', () => {
  test('fails before the first deletion if the plan exceeds max-deletions, and reports the whole plan', async () => {
    const on = await stage()
    await pushDaily(on, 'v1', 'v2', 'v3')
    const report = await on.run({ 'keep-latest': '1', 'max-deletions': '1' })
    expect(report).toMatchObject({
      changed: false,
      outputs: { 'deleted-tags': [], 'deleted-count': 0, 'kept-count': 3, 'failed-count': 0 },
      failure: expect.stringMatching(
        /^The plan has more deletions \(2\) than the input "max-deletions" allows: "1"\. Nothing was deleted\. /
      )
    })
    expect(report.plan.filter(({ action }) => action === 'delete')).toHaveLength(2)
    expect(JSON.stringify(report.summary).match(/The plan has more deletions/g)).toHaveLength(1)
    expect(await tagsOf(on)).toEqual(['v1', 'v2', 'v3'])
    expect(await on.emulator.operations()).not.toContain('BatchDeleteImage')
    expect(await on.run({ 'keep-latest': '1', 'max-deletions': '2' })).toMatchObject({
      changed: true,
      failure: undefined
    })
  })

  test('deletes every tag of a repository only if keep-latest is 0', async () => {
    const on = await stage()
    await pushDaily(on, 'v1', 'v2')
    on.clock.time += 400 * DAY_MS
    await on.run({ 'older-than': '1d' })
    expect(await tagsOf(on)).toEqual(['v2'])
    await on.run({ 'older-than': '1d', 'keep-latest': '0' })
    expect(await tagsOf(on)).toEqual([])
  })

  test('reports the same with dry-run and deletes nothing', async () => {
    const on = await stage()
    await pushDaily(on, 'v1', 'v2', 'v3')
    const dry = await on.run({ 'keep-latest': '1', 'dry-run': 'true' })
    expect(await on.emulator.operations()).not.toContain('BatchDeleteImage')
    const wet = await on.run({ 'keep-latest': '1' })
    expect({ ...dry, summary: [] }).toEqual({ ...wet, summary: [] })
    const text = JSON.stringify(dry.summary)
    expect(text).toMatch(
      /Would delete 2 tags and 0 untagged images in 1 repository\. Kept: 1\. Failed: 0\. Would free up to /
    )
    const wetText = text
      .replaceAll('would delete', 'deleted')
      .replace('Would delete', 'Deleted')
      .replace('Would free', 'Frees')
    expect(wetText).toBe(JSON.stringify(wet.summary))
  })
})

describe('lifecycle-policy', () => {
  const policyFile = async (...rules: unknown[]): Promise<string> => {
    const path = join(await mkdtemp(join(tmpdir(), 'policy-')), 'policy.json')
    await writeFile(path, JSON.stringify({ rules }))
    return path
  }
  const action = { type: 'expire' }

  test('deletes images with all their tags, except images that a kept index needs', async () => {
    const on = await stage()
    await pushDaily(on, 'prod-1')
    await on.repository.push({ name: 'prod-1' }, 'beta-1')
    const [amd] = await pushDaily(on, 'prod-2')
    await on.repository.push({ name: 'index', children: [amd!] }, 'stable')
    await pushDaily(on, 'prod-3')
    const selection = {
      tagStatus: 'tagged',
      tagPrefixList: ['prod'],
      countType: 'imageCountMoreThan',
      countNumber: 1
    }
    const path = await policyFile({ rulePriority: 1, selection, action })
    const report = await on.run({ 'lifecycle-policy': path })
    expect(await tagsOf(on)).toEqual(['prod-2', 'prod-3', 'stable'])
    expect(rowOf(report, 'team/app:beta-1')?.reason).toMatch(
      /^lifecycle rule with priority 1: not among the 1 most recent images \(rank 3 by push time\)/
    )
    expect(await on.run({ 'lifecycle-policy': path })).toMatchObject({ changed: false })
  })

  test('keeps the last tag if the policy selects every tag', async () => {
    const on = await stage()
    await pushDaily(on, 'v1', 'v2')
    on.clock.time += 90 * DAY_MS
    const selection = {
      tagStatus: 'any',
      countType: 'sinceImagePushed',
      countUnit: 'days',
      countNumber: 30
    }
    const path = await policyFile({ rulePriority: 1, selection, action })
    const report = await on.run({ 'lifecycle-policy': path })
    expect(await tagsOf(on)).toEqual(['v2'])
    expect(rowOf(report, 'team/app:v2')?.reason).toBe('the last tag of a repository is always kept')
  })

  test('does not read a policy through a link', async () => {
    const on = await stage()
    const path = await policyFile({ rulePriority: 1, selection: {}, action })
    await symlink(path, `${path}.link`)
    await expect(on.run({ 'lifecycle-policy': `${path}.link` })).rejects.toThrow(
      /"lifecycle-policy" names a file that must not be read: .* contains a link/
    )
  })

  test('rejects an invalid policy before the first API call', async () => {
    const on = await stage()
    const before = (await on.emulator.operations()).length
    const selection = { tagStatus: 'any', countType: 'sinceImagePulled', countNumber: 1 }
    const path = await policyFile({ rulePriority: 4, selection, action })
    await expect(on.run({ 'lifecycle-policy': path })).rejects.toThrow(
      /: rule 1 \(priority 4\) uses an unsupported feature in "selection.countType": "sinceImagePulled"\./
    )
    for (const array of ['[]', '[\n{"rulePriority": 1}]']) {
      await expect(on.run({ 'lifecycle-policy': array })).rejects.toThrow(
        /^Lifecycle policy in input "lifecycle-policy" is an array\. Use an object with the member "rules": /
      )
    }
    await expect(on.run({ 'lifecycle-policy': '/no/such/file' })).rejects.toThrow(
      /"lifecycle-policy" names a file that does not exist: "\/no\/such\/file"/
    )
    expect((await on.emulator.operations()).length).toBe(before)
  })
})

describe('changes during the run', () => {
  test.each(['tag', 'image'] as const)(
    'keeps an image that got a new tag, and the images it needs (deleteByTagAndDigest %s)',
    async (deleteByTagAndDigest) => {
      const on = await stage({ deleteByTagAndDigest, childProtection: 'off' })
      const amd = await on.repository.push({ name: 'amd' })
      const index = { name: 'index', children: [amd] }
      const digest = await on.repository.push(index, 'v1')
      const signature = await on.repository.push({ name: 's' }, digest.replace(':', '-') + '.sig')
      on.clock.time += DAY_MS
      await pushDaily(on, 'v2')
      const report = await beforeDeletions(on, () => on.repository.push(index, 'prod')).run({
        'keep-latest': '1',
        untagged: 'true'
      })
      expect(report).toMatchObject({ failure: undefined, outputs: { 'deleted-count': 0 } })
      const { images } = await on.repository.state()
      expect([...images.keys()]).toEqual(expect.arrayContaining([amd, digest, signature]))
      expect(rowOf(report, 'team/app:v1')?.reason).toMatch(
        /^its image changed after it was listed; its tags are now: .*prod/
      )
      expect(rowOf(report, `team/app@${amd}`)?.reason).toMatch(
        /must be deleted first, but was kept$/
      )
    }
  )

  test('keeps a tag that moved, and its former image', async () => {
    const on = await stage()
    const [v1] = await pushDaily(on, 'v1', 'v2')
    const report = await beforeDeletions(on, () => on.repository.push({ name: 'new' }, 'v1')).run({
      'keep-latest': '1'
    })
    const { tags, images } = await on.repository.state()
    expect([...tags.keys()]).toEqual(expect.arrayContaining(['v1', 'v2']))
    expect(images.has(v1!)).toBe(true)
    expect(report.outputs).toMatchObject({ 'deleted-count': 0, 'failed-count': 0 })
  })

  test('reports tags that another client deleted as kept and does not fail', async () => {
    const on = await stage()
    const [v1] = await pushDaily(on, 'v1', 'v2', 'v3')
    const report = await beforeDeletions(on, () => on.repository.delete(v1!)).run({
      'keep-latest': '1'
    })
    expect(report).toMatchObject({ failure: undefined, outputs: { 'deleted-count': 1 } })
    expect(rowOf(report, 'team/app:v1')).toMatchObject({
      action: 'keep',
      reason: 'already deleted'
    })
  })

  test('fails to delete an image that an index pushed during the run needs', async () => {
    const on = await stage()
    const [v1] = await pushDaily(on, 'v1', 'v2')
    const pushIndex = (): Promise<string> => on.repository.push({ name: 'i', children: [v1!] }, 'i')
    const report = await beforeDeletions(on, pushIndex).run({ 'keep-latest': '1' })
    expect(await tagsOf(on)).toEqual(['i', 'v1', 'v2'])
    expect(report.failure).toMatch(
      /^1 of 1 deletion failed\. First failure: "team\/app:v1": ImageReferencedByManifestList/
    )
    const deletions = (await on.emulator.operations()).filter((call) => call === 'BatchDeleteImage')
    expect(deletions).toHaveLength(2)
  })
})

describe('undocumented service behavior', () => {
  test.each(['off', 'on'] as const)(
    'deletes an image and its referrers in the order that the service accepts (subjectProtection %s)',
    async (subjectProtection) => {
      const on = await stage({ subjectProtection })
      const [v1] = await pushDaily(on, 'v1')
      const artifactType = 'application/vnd.example.sbom'
      const sbom = await on.repository.push({ name: 'sbom', subject: v1, artifactType })
      await on.repository.push({ name: 'signature', subject: sbom, artifactType })
      await on.repository.push({ name: 'cosign signature' }, v1!.replace(':', '-') + '.sig')
      on.clock.time += DAY_MS
      const [v2] = await pushDaily(on, 'v2')
      const report = await on.run({ 'keep-latest': '1', untagged: 'true' })
      expect(report).toMatchObject({ failure: undefined, outputs: { 'deleted-count': 4 } })
      expect([...(await on.repository.state()).images.keys()]).toEqual([v2])
    }
  )

  test('deletes an image and its referrers if references form a cycle', async () => {
    const on = await stage({ subjectProtection: 'on' })
    const old = await on.repository.push({ name: 'old' })
    const referrer = await on.repository.push({ name: 'referrer', subject: old }, 'v1')
    await on.repository.push({ name: 'index', children: [old], subject: referrer })
    const artifactType = 'application/vnd.example.sbom'
    await on.repository.push({ name: 'sbom', subject: old, artifactType })
    on.clock.time += DAY_MS
    const [v2] = await pushDaily(on, 'v2')
    const report = await on.run({ 'keep-latest': '1', untagged: 'true' })
    expect(report).toMatchObject({ failure: undefined, outputs: { 'deleted-count': 4 } })
    expect([...(await on.repository.state()).images.keys()]).toEqual([v2])
  })

  test('does not report a deleted tag as kept if its image has to wait for a kept image', async () => {
    const on = await stage({ subjectProtection: 'on', lastTagDeletion: 'tag' })
    const [v1] = await pushDaily(on, 'v1')
    const referrer = await on.repository.push({ name: 'referrer', subject: v1 }, 'v2')
    const artifactType = 'application/vnd.example.sbom'
    await on.repository.push({ name: 'sbom', subject: referrer, artifactType })
    on.clock.time += DAY_MS
    await pushDaily(on, 'v3')
    const report = await on.run({ 'keep-latest': '1' })
    expect(await tagsOf(on)).toEqual(['v3'])
    expect(report.outputs).toMatchObject({ 'deleted-count': 0, 'failed-count': 2 })
    expect(rowOf(report, 'team/app:v1')?.reason).toMatch(
      /^its tag was deleted but its image was not: /
    )
  })

  test('keeps the referrers of an image that an index of another client needs', async () => {
    const on = await stage({ subjectProtection: 'on' })
    const [v1] = await pushDaily(on, 'v1', 'v2')
    const artifactType = 'application/vnd.example.sbom'
    const sbom = await on.repository.push({ name: 'sbom', subject: v1, artifactType })
    on.clock.time += DAY_MS
    const pushIndex = (): Promise<string> => on.repository.push({ name: 'i', children: [v1!] }, 'i')
    const report = await beforeDeletions(on, pushIndex).run({
      tags: 'v*',
      'keep-latest': '1',
      untagged: 'true'
    })
    expect((await on.repository.state()).images.has(sbom)).toBe(true)
    expect(report.outputs).toMatchObject({ 'deleted-count': 0, 'failed-count': 1 })
    expect(rowOf(report, `team/app@${sbom}`)).toMatchObject({ action: 'keep' })
  })

  test.each(['tag', 'image'] as const)(
    'deletes an image with its last tag even if the service keeps it (deleteByTagAndDigest %s)',
    async (deleteByTagAndDigest) => {
      const on = await stage({ lastTagDeletion: 'tag', deleteByTagAndDigest })
      const child = await on.repository.push({ name: 'child' })
      await on.repository.push({ name: 'index', children: [child] }, 'v1')
      on.clock.time += DAY_MS
      await pushDaily(on, 'v2')
      const [v3] = await pushDaily(on, 'v3')
      const report = await on.run({ 'keep-latest': '1', untagged: 'true' })
      expect(report).toMatchObject({ failure: undefined, outputs: { 'deleted-count': 3 } })
      expect([...(await on.repository.state()).images.keys()]).toEqual([v3])
      expect(await on.run({ 'keep-latest': '1', untagged: 'true' })).toMatchObject({
        changed: false
      })
    }
  )

  test('keeps the images of an index that was tagged again right after its last tag was deleted', async () => {
    const on = await stage({ lastTagDeletion: 'tag', childProtection: 'off' })
    const child = await on.repository.push({ name: 'child' })
    const index = { name: 'index', children: [child] }
    const digest = await on.repository.push(index, 'v1')
    on.clock.time += DAY_MS
    await pushDaily(on, 'v2')
    let isDeleted = false
    const during = intercepted(on, async (command, send) => {
      if (isDeleted && command instanceof DescribeImagesCommand) {
        isDeleted = false
        await on.repository.push(index, 'prod')
      }
      isDeleted = command instanceof BatchDeleteImageCommand
      return send(command)
    })
    await during.run({ 'keep-latest': '1', untagged: 'true' })
    const { images, tags } = await on.repository.state()
    expect([...tags.keys()].sort()).toEqual(['prod', 'v2'])
    expect([...images.keys()]).toEqual(expect.arrayContaining([digest, child]))
  })

  test('recovers if the lookup after the first deletion is too early', async () => {
    const on = await stage()
    await pushDaily(on, ...Array.from({ length: 150 }, (_, at) => `v${at}`))
    let lookups = 0
    let isDeleted = false
    const during = intercepted(on, async (command, send) => {
      if (command instanceof BatchDeleteImageCommand) isDeleted = true
      const ids = command instanceof DescribeImagesCommand ? (command.input.imageIds ?? []) : []
      if (isDeleted && ids.length === 1 && ++lookups === 1) {
        return {
          imageDetails: [{ imageDigest: ids[0]!.imageDigest, imagePushedAt: new Date(START) }]
        }
      }
      return send(command)
    })
    const report = await during.run({ 'keep-latest': '1' })
    expect(report).toMatchObject({ failure: undefined, outputs: { 'deleted-count': 149 } })
    expect(await tagsOf(on)).toEqual(['v149'])
    expect(lookups).toBe(1)
  })

  test.each(['tag', 'image'] as const)(
    'deletes images with their last tag if the lookup after the first deletion fails (the service deletes the %s)',
    async (lastTagDeletion) => {
      const on = await stage({ lastTagDeletion })
      await pushDaily(on, 'v1', 'v2', 'v3')
      let isDeleted = false
      let isFailed = false
      const during = intercepted(on, (command, send) => {
        if (command instanceof BatchDeleteImageCommand) isDeleted = true
        const isLookup = command instanceof DescribeImagesCommand && isDeleted && !isFailed
        if (!isLookup) return send(command)
        isFailed = true
        return Promise.reject(new Error('out of order'))
      })
      const report = await during.run({ 'keep-latest': '1' })
      expect(report).toMatchObject({ failure: undefined, outputs: { 'deleted-count': 2 } })
      const { images, tags } = await on.repository.state()
      expect([...tags.keys()]).toEqual(['v3'])
      expect(images.size).toBe(1)
    }
  )

  test('reports an image that could not be deleted after its last tag, and keeps the images it needs', async () => {
    const on = await stage({ lastTagDeletion: 'tag' })
    const child = await on.repository.push({ name: 'child' })
    const index = await on.repository.push({ name: 'index', children: [child] }, 'v1')
    on.clock.time += DAY_MS
    await pushDaily(on, 'v2')
    let deletions = 0
    const during = intercepted(on, (command, send) => {
      // The second call deletes the image by its digest.
      const isDigest = command instanceof BatchDeleteImageCommand && ++deletions === 2
      if (isDigest) return Promise.reject(new Error('out of order'))
      return send(command)
    })
    const report = await during.run({ 'keep-latest': '1', untagged: 'true' })
    expect(report.failure).toMatch(/its tag was deleted but its image was not: .*out of order/)
    const { images, tags } = await on.repository.state()
    expect([...tags.keys()]).toEqual(['v2'])
    expect([...images.keys()]).toEqual(expect.arrayContaining([index, child]))
  })

  test('warns about a tag that was created just before the deletion and was deleted too', async () => {
    const on = await stage({ deleteByTagAndDigest: 'image' })
    const [v1] = await pushDaily(on, 'v1', 'v2')
    const during = intercepted(on, async (command, send) => {
      if (command instanceof BatchDeleteImageCommand) await on.repository.push({ name: 'v1' }, 'rc')
      return send(command)
    })
    await during.run({ 'keep-latest': '1' })
    expect(during.deps.lines).toContain(
      `warning: team/app: Tag rc of ${v1!} was created just before the deletion and was deleted too.`
    )
  })
})

describe('failures', () => {
  test('reports failed deletions, carries out the others, and fails at the end', async () => {
    const on = await stage()
    await pushDaily(on, 'v1', 'v2', 'v3', 'v4', 'v5')
    await on.emulator.fault({ operation: 'BatchDeleteImage', fault: 'partial', count: 1 })
    const report = await on.run({ 'keep-latest': '1' })
    expect(report).toMatchObject({
      changed: true,
      outputs: { 'deleted-count': 2, 'failed-count': 2, 'kept-count': 1 },
      failure: expect.stringMatching(/^2 of 4 deletions failed\. First failure: "team\/app:v/)
    })
    expect((await tagsOf(on)).length).toBe(3)
    expect(on.deps.lines.filter((line) => line.startsWith('warning: team/app:v'))).toHaveLength(2)
  })

  test('reports tags as deleted if the connection failed after the deletion', async () => {
    const on = await stage()
    await pushDaily(on, 'v1', 'v2', 'v3')
    await on.repository.push({ name: 'v3' }, 'x1')
    await on.emulator.fault({ operation: 'BatchDeleteImage', fault: 'reset-after', count: 1 })
    const report = await on.run({ 'keep-latest': '0', 'exclude-tags': 'x1' })
    expect(report).toMatchObject({ failure: undefined, outputs: { 'deleted-count': 3 } })
    expect(await tagsOf(on)).toEqual(['x1'])
  })

  test('reports a repository that cannot be listed and cleans up the others', async () => {
    const on = await stage()
    await pushDaily(on, 'v1', 'v2')
    const other = await TestRepository.create(on.repository.client, 'team/other')
    await other.push({ name: 'x' }, 'x')
    const during = intercepted(on, (command, send) => {
      const isOther =
        command instanceof DescribeImageTagsCommand && command.input.repositoryName === 'team/other'
      if (isOther) return Promise.reject(new Error('out of order'))
      return send(command)
    })
    const report = await during.run({ repository: 'team/*', 'keep-latest': '1' })
    expect(report).toMatchObject({
      repositories: ['team/app'],
      outputs: { 'deleted-count': 1 },
      failure: expect.stringMatching(
        /^1 repository could not be read, so nothing was deleted there\. First failure: "team\/other": .*out of order\.$/
      )
    })
  })

  test('fails with the first error if no repository can be read', async () => {
    const on = await stage()
    await pushDaily(on, 'v1', 'v2')
    await TestRepository.create(on.repository.client, 'team/other')
    const during = intercepted(on, (command, send) =>
      command instanceof DescribeImageTagsCommand
        ? Promise.reject(new Error(`${command.input.repositoryName} is out of order`))
        : send(command)
    )
    await expect(during.run({ repository: 'team/*', 'keep-latest': '1' })).rejects.toThrow(
      'team/app is out of order'
    )
  })

  test('fails if the repository does not exist', async () => {
    const on = await stage()
    await expect(on.run({ repository: 'team/none', 'keep-latest': '1' })).rejects.toThrow(
      /team\/none/
    )
  })
})
