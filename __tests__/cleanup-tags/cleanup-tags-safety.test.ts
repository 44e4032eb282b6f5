import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DescribeImagesCommand,
  DescribeImageTagsCommand,
  DescribeRepositoriesCommand
} from '@aws-sdk/client-ecr-public'
import { runCleanup } from '../helpers/run-cleanup.js'
import type { Report } from '../../src/runner/report.js'
import { interceptApi } from '../helpers/intercept-api.js'
import { makeDeps } from '../helpers/make-deps.js'
import type { TestDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { createPlainClient, TestRepository } from '../helpers/populate.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'

const START = Date.parse('2026-03-01T00:00:00Z')
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** An emulator with its clock, and the deps of a run on another clock. */
interface Stage {
  readonly emulator: RunningEmulator
  readonly clock: { time: number; localOffset: number }
  readonly deps: TestDeps
  repository(name: string): Promise<TestRepository>
  run(inputs: Readonly<Record<string, string>>, deps?: TestDeps): Promise<Report>
}

async function stage(): Promise<Stage> {
  const clock = { time: START, localOffset: 0 }
  const emulator = await startEmulator({ now: () => new Date(clock.time) })
  const deps = makeDeps(emulator, { now: () => new Date(clock.time + clock.localOffset) })
  const client = createPlainClient(emulator)
  return {
    emulator,
    clock,
    deps,
    repository: (name) => TestRepository.create(client, name),
    run: (inputs, used = deps) =>
      runCleanup(makeInputs('cleanup-tags', { repository: 'team/*', ...inputs }), used)
  }
}

const referrerTag = (digest: string, suffix = '.sig'): string => digest.replace(':', '-') + suffix
const tagsOf = async (repository: TestRepository): Promise<string[]> =>
  [...(await repository.state()).tags.keys()].sort()
const digestsOf = async (repository: TestRepository): Promise<string[]> => [
  ...(await repository.state()).images.keys()
]

/** Pushes one image per tag, one per day. */
async function pushDaily(
  on: Stage,
  repository: TestRepository,
  ...tags: string[]
): Promise<string[]> {
  const digests: string[] = []
  for (const tag of tags) {
    digests.push(await repository.push({ name: tag }, tag))
    on.clock.time += DAY_MS
  }
  return digests
}

const everyRule = { 'older-than': '1d', 'keep-latest': '0', untagged: 'true' }

describe('images that no rule selects', () => {
  test.each(['', '.sig', '.att', '.sbom'])(
    'are kept if their only tag refers to themselves (sha256-<hex>%s)',
    async (suffix) => {
      const on = await stage()
      const app = await on.repository('team/app')
      const digest = await app.push({ name: 'self' })
      await app.push({ name: 'self' }, referrerTag(digest, suffix))
      await pushDaily(on, app, 'v1', 'v2')
      on.clock.time += 40 * DAY_MS
      for (const rules of [{ 'keep-latest': '99' }, everyRule]) {
        await on.run(rules)
        expect(await tagsOf(app)).toContain(referrerTag(digest, suffix))
      }
    }
  )

  test('are kept if their referrer tags form a cycle, also if one of the images has a selected tag', async () => {
    const on = await stage()
    const app = await on.repository('team/app')
    const a = await app.push({ name: 'a' }, 'v1')
    const b = await app.push({ name: 'b' })
    await app.push({ name: 'a' }, referrerTag(b))
    await app.push({ name: 'b' }, referrerTag(a))
    on.clock.time += 40 * DAY_MS
    await pushDaily(on, app, 'v2')
    await on.run(everyRule)
    expect(await tagsOf(app)).toEqual([referrerTag(a), referrerTag(b), 'v2'].sort())
  })

  test('are kept if a lifecycle policy does not select them', async () => {
    const on = await stage()
    const app = await on.repository('team/app')
    const digest = await app.push({ name: 'self' })
    await app.push({ name: 'self' }, referrerTag(digest, ''))
    await pushDaily(on, app, 'v1', 'v2')
    on.clock.time += 40 * DAY_MS
    const select = (tags: object): string =>
      JSON.stringify({
        rules: [
          {
            rulePriority: 1,
            selection: { ...tags, countType: 'imageCountMoreThan', countNumber: 1 },
            action: { type: 'expire' }
          }
        ]
      })
    await on.run({ 'lifecycle-policy': select({ tagStatus: 'tagged', tagPrefixList: ['v'] }) })
    expect(await tagsOf(app)).toEqual([referrerTag(digest, ''), 'v2'])
    await on.run({ 'lifecycle-policy': select({ tagStatus: 'untagged' }) })
    expect(await tagsOf(app)).toEqual([referrerTag(digest, ''), 'v2'])
  })
})

describe('referrers in another repository than their image', () => {
  const rules = { 'older-than': '1d', 'keep-latest': '3', untagged: 'true' }

  test('are kept, with a notice', async () => {
    const on = await stage()
    const app = await on.repository('team/app')
    const signatures = await on.repository('team/signatures')
    for (const digest of await pushDaily(on, app, 'v0', 'v1', 'v2')) {
      await signatures.push({ name: digest }, referrerTag(digest))
    }
    on.clock.time += 40 * DAY_MS
    await on.run(rules)
    expect(await tagsOf(signatures)).toHaveLength(3)
    expect(on.deps.lines).toContain(
      'notice: team/signatures: Referrers that are kept without their image: 3 (its image is in team/app).'
    )
  })

  test('are kept until a later run if this run deletes their image', async () => {
    const on = await stage()
    const app = await on.repository('team/app')
    const mixed = await on.repository('team/mixed')
    const [v0] = await pushDaily(on, app, 'v0', 'v1')
    await mixed.push({ name: 's' }, referrerTag(v0!))
    await pushDaily(on, mixed, 'tool')
    on.clock.time += 40 * DAY_MS
    await on.run({ ...rules, 'keep-latest': '1' })
    expect(await tagsOf(app)).toEqual(['v1'])
    expect(await tagsOf(mixed)).toEqual([referrerTag(v0!), 'tool'].sort())
    await on.run({ ...rules, 'keep-latest': '1' })
    expect(await tagsOf(mixed)).toEqual(['tool'])
  })

  test('are kept in a real run if they look like images and more images are deleted than a dry run reads', async () => {
    const on = await stage()
    const [v1] = await pushDaily(on, await on.repository('team/app'), 'v1')
    const mixed = await on.repository('team/mixed')
    const referrer = await mixed.push({ name: 'referrer', subject: v1 })
    for (let at = 0; at < 101; at++) await mixed.push({ name: String(at) })
    await pushDaily(on, mixed, 'tool')
    on.clock.time += 40 * DAY_MS
    expect(await on.run(rules)).toMatchObject({ changed: true, failure: undefined })
    expect((await digestsOf(mixed)).includes(referrer)).toBe(true)
    expect(await digestsOf(mixed)).toHaveLength(2)
  })

  test('are kept if the repository has only referrer tags, also if no repository of the step has their images', async () => {
    const on = await stage()
    const app = await on.repository('other/app')
    const signatures = await on.repository('team/signatures')
    const [v0] = await pushDaily(on, app, 'v0')
    await signatures.push({ name: 's' }, referrerTag(v0!))
    await signatures.push({ name: 'a', subject: v0, artifactType: 'application/vnd.x.sbom' })
    on.clock.time += 40 * DAY_MS
    expect(await on.run(rules)).toMatchObject({ changed: false, failure: undefined })
    expect(await digestsOf(signatures)).toHaveLength(2)
    expect(on.deps.lines.join('\n')).toMatch(/notice: team\/signatures: .* contains only referrers/)
  })

  test('are kept if they refer to their image by subject, tagged or not', async () => {
    const on = await stage()
    const app = await on.repository('team/app')
    const sboms = await on.repository('team/sboms')
    const [v0] = await pushDaily(on, app, 'v0')
    const artifactType = 'application/vnd.example.sbom'
    const sbom = await sboms.push({ name: 'a', subject: v0, artifactType })
    const tagged = await sboms.push({ name: 'b', subject: v0, artifactType }, 'sbom-1')
    const missing = `sha256:${'0'.repeat(64)}`
    const gone = await sboms.push({ name: 'c', subject: missing, artifactType })
    await pushDaily(on, sboms, 'tool')
    on.clock.time += 40 * DAY_MS
    const report = await on.run({ ...rules, 'keep-latest': '1' })
    expect(report.failure).toBeUndefined()
    const left = await digestsOf(sboms)
    expect(left).toEqual(expect.arrayContaining([sbom, tagged]))
    expect(left).not.toContain(gone)
  })

  test('are kept if their image is untagged, in a repository in which nothing is deleted', async () => {
    const on = await stage()
    const app = await on.repository('team/app')
    const sboms = await on.repository('team/sboms')
    const subject = await app.push({ name: 'platform' })
    await app.push({ name: 'index', children: [subject] }, 'v1')
    const artifactType = 'application/vnd.example.sbom'
    await sboms.push({ name: 'sbom', subject, artifactType }, 'sbom-1')
    on.clock.time += DAY_MS
    await pushDaily(on, sboms, 'old', 'tool')
    on.clock.time += 40 * DAY_MS
    const report = await on.run({ 'older-than': '1d', 'keep-latest': '1' })
    expect(report.failure).toBeUndefined()
    expect(await tagsOf(sboms)).toEqual(['sbom-1', 'tool'])
    expect(on.deps.lines).toContain(
      'notice: team/sboms: Referrers that are kept without their image: 1 (its image is in team/app).'
    )
  })

  test('are kept if a repository of the step cannot be listed', async () => {
    const on = await stage()
    await on.repository('team/app')
    const mixed = await on.repository('team/mixed')
    const name = referrerTag(`sha256:${'0'.repeat(64)}`)
    await mixed.push({ name: 's' }, name)
    await pushDaily(on, mixed, 'tool')
    on.clock.time += 40 * DAY_MS
    const api = interceptApi(on.deps.api, (command, send) => {
      const isApp =
        command instanceof DescribeImageTagsCommand && command.input.repositoryName === 'team/app'
      return isApp ? Promise.reject(new Error('out of order')) : send(command)
    })
    const deps = makeDeps(on.emulator, { now: on.deps.now, api })
    await on.run(rules, deps)
    expect(await tagsOf(mixed)).toEqual([name, 'tool'].sort())
    await on.run(rules)
    expect(await tagsOf(mixed)).toEqual(['tool'])
  })
})

describe('the untagged image that a kept artifact refers to', () => {
  const artifactType = 'application/vnd.example.sbom'
  const policy = JSON.stringify({
    rules: [
      {
        rulePriority: 1,
        selection: {
          tagStatus: 'untagged',
          countType: 'sinceImagePushed',
          countUnit: 'days',
          countNumber: 1
        },
        action: { type: 'expire' }
      }
    ]
  })

  test.each<[string, Readonly<Record<string, string>>]>([
    ['untagged', { untagged: 'true', 'keep-latest': '2' }],
    ['a lifecycle policy', { 'lifecycle-policy': policy }]
  ])('is kept, in a dry run, too (%s)', async (_, rules) => {
    const on = await stage()
    const app = await on.repository('team/app')
    const subject = await app.push({ name: 'a' })
    const sbom = await app.push({ name: 'sbom', subject, artifactType })
    await app.push({ name: 'signature', subject: sbom, artifactType }, 'signature-1')
    const other = await app.push({ name: 'b' })
    await app.push({ name: 'sbom of b', subject: other, artifactType })
    on.clock.time += 3 * DAY_MS
    await pushDaily(on, app, 'v1')
    const before = await digestsOf(app)
    const dry = await on.run({ ...rules, 'dry-run': 'true' })
    const report = await on.run(rules)
    expect(report).toMatchObject({ changed: true, failure: undefined })
    expect(report.plan).toEqual(dry.plan)
    const reasons = Object.fromEntries(report.plan.map(({ target, reason }) => [target, reason]))
    expect(reasons[`team/app@${sbom}`]).toBe('the subject of signature-1')
    expect(reasons[`team/app@${subject}`]).toBe(`the subject of ${sbom.slice(0, 19)}`)
    const left = await digestsOf(app)
    expect(left).toEqual(expect.arrayContaining([subject, sbom]))
    expect(left).not.toContain(other)
    expect(left).toHaveLength(before.length - 2)
  })

  test('is kept with all other untagged images if the artifact cannot be read', async () => {
    const on = await stage()
    const app = await on.repository('team/app')
    await app.push({ name: 'a' })
    const sbom = await app.push({ name: 'sbom', artifactType }, 'sbom-1')
    await pushDaily(on, app, 'v1', 'v2')
    await on.emulator.fault({ operation: 'GetManifest', fault: 'access-denied', count: 2 })
    const rules = { untagged: 'true', 'keep-latest': '1', tags: 'v*' }
    const report = await on.run(rules)
    expect(report.outputs).toMatchObject({ 'deleted-images': [], 'deleted-tags': { length: 1 } })
    expect(on.deps.lines).toContain(
      `warning: team/app: Artifact ${sbom.slice(0, 19)} could not be read. No untagged image of the repository is deleted.`
    )
    const again = await on.run(rules)
    expect(again.outputs).toMatchObject({ 'deleted-images': { length: 1 } })
  })
})

describe('the clock', () => {
  test.each([40, -40])('of the service decides on ages (local clock %i days off)', async (days) => {
    const on = await stage()
    const app = await on.repository('team/app')
    await pushDaily(on, app, 'v1', 'v2', 'v3')
    on.clock.time += 27 * DAY_MS + 1000
    on.clock.localOffset = days * DAY_MS
    await on.run({ 'older-than': '30d', 'keep-latest': '0' })
    expect(await tagsOf(app)).toEqual(['v2', 'v3'])
    const direction = days > 0 ? 'ahead of' : 'behind'
    expect(on.deps.lines).toContain(
      `warning: The clock of this machine is 40 d ${direction} the clock of ECR Public. Ages are computed with the clock of ECR Public. Correct the clock of the machine.`
    )
  })

  test('is not reported if it is up to five minutes off', async () => {
    const on = await stage()
    await on.repository('team/app')
    on.clock.localOffset = 5 * 60_000
    await on.run({ 'keep-latest': '1' })
    on.clock.localOffset = -5 * 60_000
    await on.run({ 'keep-latest': '1' })
    expect(on.deps.lines.filter((line) => line.includes('clock'))).toEqual([])
    on.clock.localOffset = 5 * 60_000 + 1000
    await on.run({ 'keep-latest': '1' })
    expect(on.deps.lines.filter((line) => line.includes('clock'))).toHaveLength(1)
  })
})

describe('patterns', () => {
  test.each([
    ['exclude-tags', '.*main-ci.*'],
    ['exclude-tags', '-x*'],
    ['exclude-tags', '/^\\.main/'],
    ['tags', '.a'],
    ['exclude-tags', '# latest']
  ])('of %s that can match no tag are rejected before the first call: %s', async (input, text) => {
    const on = await stage()
    const app = await on.repository('team/app')
    await pushDaily(on, app, 'main-ci-1', 'main-ci-2')
    const before = (await on.emulator.operations()).length
    await expect(async () => on.run({ 'keep-latest': '0', [input]: text })).rejects.toThrow(
      new RegExp(`^Input "${input}" `)
    )
    expect((await on.emulator.operations()).length).toBe(before)
  })

  test('that matched no tag in any repository are reported, but not the defaults', async () => {
    const on = await stage()
    await pushDaily(on, await on.repository('team/app'), 'v1', 'v2')
    await pushDaily(on, await on.repository('team/web'), 'rc-1')
    await on.run({ tags: 'v*\nrc-*\nnightly-*', 'exclude-tags': 'v1\nstable', 'keep-latest': '9' })
    const warnings = on.deps.lines.filter((line) => line.startsWith('warning: '))
    expect(warnings).toEqual([
      'warning: Input "tags": the pattern "nightly-*" does not match any tag in the selected repositories.',
      'warning: Input "exclude-tags": the pattern "stable" does not match any tag in the selected repositories.'
    ])
    const { length } = on.deps.lines
    await on.run({ 'keep-latest': '9' })
    expect(on.deps.lines.slice(length).join('\n')).not.toContain('does not match any tag')
  })
})

test('older-than for closed pull requests causes a warning, because it selects all other tags too', async () => {
  const on = await stage()
  await on.repository('team/app')
  const patterns = 'pr-{number}\npr-{number}-*'
  const warningsOf = async (inputs: Readonly<Record<string, string>>): Promise<string[]> => {
    const { length } = on.deps.lines
    await on.run({ 'closed-pull-requests': patterns, 'github-token': 'ghs_x', ...inputs })
    return on.deps.lines.slice(length).filter((line) => line.startsWith('warning: '))
  }
  expect(await warningsOf({ 'older-than': '7d' })).toContain(
    'warning: Input "older-than" also selects tags that "closed-pull-requests" does not match, because "tags" is not set. To delete only tags of pull requests, set "tags" to a pattern that matches no other tags, such as "pr-*".'
  )
  expect(await warningsOf({})).toEqual([])
  expect(await warningsOf({ 'older-than': '7d', 'keep-latest': '3' })).toEqual([])
  expect((await warningsOf({ 'older-than': '7d', tags: 'pr-*' })).join()).not.toContain(
    'older-than'
  )
})

test('the GitHub token is masked before any other secret', async () => {
  const on = await stage()
  await on.repository('team/app')
  await on.run({ 'closed-pull-requests': 'pr-{number}', 'github-token': 'ghs_x' })
  expect(on.deps.masked[0]).toBe('ghs_x')
})

describe('a push in progress', () => {
  test('keeps its untagged images for a day, also if an index that this run deletes held them', async () => {
    const on = await stage()
    const app = await on.repository('team/app')
    const old = await app.push({ name: 'old' })
    on.clock.time += 2 * DAY_MS
    const fresh = await app.push({ name: 'fresh' })
    await app.push({ name: 'index', children: [old, fresh] }, 'v1')
    on.clock.time += 2 * HOUR_MS
    await pushDaily(on, app, 'v2')
    on.clock.time -= DAY_MS
    await on.run({ 'keep-latest': '1', untagged: 'true' })
    const { tags, images } = await app.state()
    expect([...tags.keys()]).toEqual(['v2'])
    expect(images.has(fresh)).toBe(true)
    expect(images.has(old)).toBe(false)
    on.clock.time += DAY_MS
    await on.run({ 'keep-latest': '1', untagged: 'true' })
    expect((await app.state()).images.has(fresh)).toBe(false)
  })
})

describe('incomplete responses', () => {
  const image = { imageDigest: `sha256:${'1'.repeat(64)}`, imagePushedAt: new Date(START) }
  const tag = { imageTag: 'x', createdAt: new Date(START), imageDetail: image }
  test.each<[string, object]>([
    ['nothing', {}],
    ['no tag', { ...tag, imageTag: undefined }],
    ['an empty tag', { ...tag, imageTag: '' }],
    ['no creation time', { ...tag, createdAt: undefined }],
    ['no image', { ...tag, imageDetail: undefined }],
    ['no digest', { ...tag, imageDetail: { ...image, imageDigest: undefined } }],
    ['a digest that is none', { ...tag, imageDetail: { ...image, imageDigest: 'sha256:1' } }],
    ['no push time', { ...tag, imageDetail: { ...image, imagePushedAt: undefined } }]
  ])('stop the step before the first deletion in any repository: a tag with %s', async (_, row) => {
    const on = await stage()
    const app = await on.repository('team/app')
    await pushDaily(on, app, 'v1', 'v2')
    await pushDaily(on, await on.repository('team/web'), 'v1', 'v2')
    const api = interceptApi(on.deps.api, async (command, send) => {
      const answer = (await send(command)) as { imageTagDetails: object[] }
      if (
        command instanceof DescribeImageTagsCommand &&
        command.input.repositoryName === 'team/web'
      ) {
        answer.imageTagDetails.splice(1, 0, row)
      }
      return answer
    })
    const deps = makeDeps(on.emulator, { now: on.deps.now, api })
    await expect(on.run({ 'keep-latest': '0' }, deps)).rejects.toThrow(
      /^The response of ECR Public is incomplete: "DescribeImageTags: \w+"\. .*Nothing was deleted\./
    )
    expect(await tagsOf(app)).toEqual(['v1', 'v2'])
  })

  test.each([undefined, '', 'team/app', '/alias/team/app', '127.0.0.1:1/alias/team/other'])(
    'stop the step before the first deletion in any repository: the repositoryUri %j',
    async (repositoryUri) => {
      const on = await stage()
      const app = await on.repository('team/app')
      await pushDaily(on, app, 'v1', 'v2')
      await pushDaily(on, await on.repository('team/web'), 'v1', 'v2')
      const api = interceptApi(on.deps.api, async (command, send) => {
        const answer = (await send(command)) as { repositories: { repositoryName: string }[] }
        if (!(command instanceof DescribeRepositoriesCommand)) return answer
        return {
          ...answer,
          repositories: answer.repositories.map((one) =>
            one.repositoryName === 'team/app' ? { ...one, repositoryUri } : one
          )
        }
      })
      const deps = makeDeps(on.emulator, { now: on.deps.now, api })
      await expect(on.run({ 'keep-latest': '0' }, deps)).rejects.toThrow(
        /^DescribeRepositories returned a repository without a valid URI: "team\/app"\.$/
      )
      expect(await tagsOf(app)).toEqual(['v1', 'v2'])
    }
  )

  test.each([{}, { ...image, imageDigest: undefined }, { ...image, imagePushedAt: undefined }])(
    'stop the step before the first deletion in any repository: the image %j',
    async (row) => {
      const on = await stage()
      const app = await on.repository('team/app')
      await pushDaily(on, app, 'v1', 'v2')
      await pushDaily(on, await on.repository('team/web'), 'v1', 'v2')
      const api = interceptApi(on.deps.api, async (command, send) => {
        const answer = (await send(command)) as { imageDetails: object[] }
        if (
          command instanceof DescribeImagesCommand &&
          command.input.repositoryName === 'team/web'
        ) {
          answer.imageDetails.push(row)
        }
        return answer
      })
      const deps = makeDeps(on.emulator, { now: on.deps.now, api })
      await expect(on.run({ 'keep-latest': '0' }, deps)).rejects.toThrow(
        /^The response of ECR Public is incomplete: "DescribeImages: \w+"\./
      )
      expect(await tagsOf(app)).toEqual(['v1', 'v2'])
    }
  )
})

describe('the input lifecycle-policy', () => {
  const policy = {
    rules: [
      {
        rulePriority: 1,
        selection: {
          tagStatus: 'any',
          storageClass: 'standard',
          countType: 'imageCountMoreThan',
          countNumber: 1
        },
        action: { type: 'expire' }
      }
    ]
  }
  const output = { repositoryName: 'x', lifecyclePolicyText: JSON.stringify(policy) }
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'policy-input-'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  test.each([
    ['JSON', JSON.stringify(policy, null, 2)],
    ['the output of the AWS CLI', JSON.stringify(output)],
    ['the text of the AWS CLI as a JSON string', JSON.stringify(JSON.stringify(policy))]
  ])('accepts %s, inline and as a file', async (_, text) => {
    for (const form of ['inline', 'file'] as const) {
      const on = await stage()
      const app = await on.repository('team/app')
      await pushDaily(on, app, 'v1', 'v2')
      const path = join(directory, 'policy.json')
      if (form === 'file') await writeFile(path, `\uFEFF${text}\n`)
      await on.run({ 'lifecycle-policy': form === 'file' ? path : text })
      expect([form, await tagsOf(app)]).toEqual([form, ['v2']])
    }
  })

  test('names the position of an error in inline JSON before the first call', async () => {
    const on = await stage()
    await expect(on.run({ 'lifecycle-policy': '{"rules": [],}' })).rejects.toThrow(
      /^Lifecycle policy in input "lifecycle-policy" is not valid JSON\. .* in line 1, column 14\./
    )
    expect(await on.emulator.operations()).toEqual([])
  })
})
