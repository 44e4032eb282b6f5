import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateRepositoryCommand, PutImageCommand } from '@aws-sdk/client-ecr-public'
import { sha256Digest } from '../../../src/oci/digest.js'
import { MEDIA_TYPES } from '../../../src/oci/media-types.js'
import { pushTar } from '../../../src/push-tar/push-tar.js'
import type { Report } from '../../../src/runner/report.js'
import {
  attestationDescriptor,
  buildAttestation,
  buildImage,
  buildIndex,
  writeOciArchive
} from '../../helpers/archives.js'
import { interceptApi } from '../../helpers/intercept-api.js'
import { makeDeps } from '../../helpers/make-deps.js'
import type { TestDeps } from '../../helpers/make-deps.js'
import { makeInputs } from '../../helpers/make-inputs.js'
import { createPlainClient, TestRepository } from '../../helpers/populate.js'
import { pullImage } from '../../helpers/pull-image.js'
import { startEmulator } from '../../helpers/start-emulator.js'
import type { RunningEmulator } from '../../helpers/start-emulator.js'

const MIB = 1024 * 1024
const WRITING = /^(?:Initiate|Upload|Complete|Put)/

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'promotion-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

const amd = buildImage({ layers: [{ 'bin/tool': 'amd64'.repeat(3000) }] })
const arm = buildImage({
  layers: [{ 'bin/tool': 'arm64'.repeat(3000) }],
  platform: { os: 'linux', architecture: 'arm64' }
})
const attestation = buildAttestation(amd)
const index = buildIndex([amd, arm, attestation], {
  descriptors: [undefined, undefined, attestationDescriptor(amd)]
})
const indexDigest = index.content.digest

interface Scenario {
  readonly emulator: RunningEmulator
  readonly source: TestRepository
}

/** Starts an emulator with the index `team/rc:rc1` and the empty repository `team/app`. */
async function start(options: Parameters<typeof startEmulator>[0] = {}): Promise<Scenario> {
  const emulator = await startEmulator(options)
  const client = createPlainClient(emulator)
  const source = await TestRepository.create(client, 'team/rc')
  await client.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
  const tar = join(directory, 'rc.tar')
  await writeOciArchive(tar, [index])
  await pushTo('team/rc', emulator, { tar, 'image-tags': 'rc1' })
  return { emulator, source }
}

interface Pushed {
  readonly report: Report
  readonly deps: TestDeps
  readonly operations: readonly string[]
}

async function pushTo(
  repository: string,
  emulator: RunningEmulator,
  texts: Readonly<Record<string, string>>,
  overrides: Parameters<typeof makeDeps>[1] = {}
): Promise<Pushed> {
  const before = (await emulator.operations()).length
  const deps = makeDeps(emulator, overrides)
  const report = await pushTar(makeInputs('push-tar', { repository, ...texts }), deps)
  return { report, deps, operations: (await emulator.operations()).slice(before) }
}

function promote(
  emulator: RunningEmulator,
  texts: Readonly<Record<string, string>> = {},
  overrides: Parameters<typeof makeDeps>[1] = {}
): Promise<Pushed> {
  const all = { from: 'team/rc:rc1', 'image-tags': 'v1\nlatest', ...texts }
  return pushTo('team/app', emulator, all, overrides)
}

const writing = (operations: readonly string[]): string[] =>
  operations.filter((operation) => WRITING.test(operation))

/** Pushes a signature of a digest, found by its subject, by a cosign tag, or not at all. */
async function sign(source: TestRepository, subject: string, tag?: string): Promise<string> {
  const digest = await source.push({
    name: `signature of ${subject}`,
    ...(tag === undefined ? { subject, artifactType: 'application/vnd.test.signature' } : {})
  })
  if (tag !== undefined) {
    await source.push({ name: `signature of ${subject}` }, tag)
  }
  return digest
}

/** Returns the digest that `team/app` serves for a tag or digest. */
async function findServed(
  emulator: RunningEmulator,
  reference: string
): Promise<string | undefined> {
  const registry = await makeDeps(emulator).openRegistry(emulator.host)
  return (await registry.findManifest('a1b2c3d4/team/app', reference))?.digest
}

const tagOf = (digest: string, suffix = ''): string => `${digest.replace(':', '-')}${suffix}`

describe('a promotion within one repository', () => {
  it.each([
    ['a tag', () => 'team/rc:rc1'],
    ['a digest', () => `team/rc@${indexDigest}`],
    ['a URI', (host: string) => `${host}/a1b2c3d4/team/rc:rc1`],
    ['an alias', () => 'a1b2c3d4/team/rc:rc1']
  ])('only puts the image under each tag, for %s', async (_name, from) => {
    const { emulator } = await start()
    const texts = { from: from(emulator.host), 'image-tags': 'v1\nlatest' }
    const { report, operations } = await pushTo('team/rc', emulator, texts)
    expect(writing(operations)).toEqual(['PutImage', 'PutImage'])
    expect(report.outputs).toMatchObject({
      digest: indexDigest,
      'repository-uri': `${emulator.host}/a1b2c3d4/team/rc`,
      'uploaded-bytes': 0
    })
    expect((await pullImage(emulator, 'team/rc', 'v1')).map(({ digest }) => digest)).toEqual(
      [amd, arm, attestation].map(({ content }) => content.digest)
    )
    const again = await pushTo('team/rc', emulator, texts)
    expect(writing(again.operations)).toEqual([])
    expect(again.report.changed).toBe(false)
  })
})

describe('a promotion to another repository', () => {
  it('copies an index with its children and attestations, byte for byte', async () => {
    const { emulator } = await start()
    const { report } = await promote(emulator)
    expect(report.outputs).toMatchObject({
      digest: indexDigest,
      'image-uri': `${emulator.host}/a1b2c3d4/team/app@${indexDigest}`,
      'image-uris': [
        `${emulator.host}/a1b2c3d4/team/app:v1`,
        `${emulator.host}/a1b2c3d4/team/app:latest`
      ]
    })
    expect(report.outputs['uploaded-bytes']).toBeGreaterThan(0)
    for (const tag of ['v1', 'latest']) {
      const pulled = await pullImage(emulator, 'team/app', tag)
      expect(pulled.map(({ digest }) => digest)).toEqual(
        [amd, arm, attestation].map(({ content }) => content.digest)
      )
    }
  })

  it('changes nothing the second time', async () => {
    const { emulator, source } = await start()
    await sign(source, indexDigest)
    await sign(source, indexDigest, tagOf(indexDigest, '.sig'))
    await promote(emulator)
    const { report, operations } = await promote(emulator)
    expect(writing(operations)).toEqual([])
    expect(report.changed).toBe(false)
  })

  it('copies only the blobs that the repository does not have', async () => {
    const { emulator } = await start()
    const tar = join(directory, 'amd.tar')
    await writeOciArchive(tar, [amd])
    await pushTo('team/app', emulator, { tar, 'image-tags': 'amd' })
    const { report, operations } = await promote(emulator)
    const layer = amd.layers[0]!
    expect(report.plan).toContainEqual(
      expect.objectContaining({ action: 'keep', target: `team/app@${layer.digest}` })
    )
    expect(report.outputs['reused-bytes']).toBeGreaterThanOrEqual(layer.blob.length)
    // The config and the layer of arm64 and of the attestation.
    expect(operations.filter((name) => name === 'InitiateLayerUpload')).toHaveLength(4)
  })

  it('reports the same in a dry run, and writes nothing', async () => {
    const { emulator, source } = await start()
    await sign(source, arm.content.digest, tagOf(arm.content.digest, '.sig'))
    const dry = await promote(emulator, { 'dry-run': 'true' })
    expect(writing(dry.operations)).toEqual([])
    const real = await promote(emulator)
    expect(dry.report.plan).toEqual(real.report.plan)
    expect(dry.report.outputs).toEqual(real.report.outputs)
  })

  it('handles existing tags as a push of an archive does', async () => {
    const { emulator } = await start()
    const tar = join(directory, 'amd.tar')
    await writeOciArchive(tar, [amd])
    await pushTo('team/app', emulator, { tar, 'image-tags': 'v1' })
    await expect(promote(emulator, { 'if-tag-exists': 'fail' })).rejects.toThrow(
      /already refers to another image: "team\/app:v1"/
    )
    const skipped = await promote(emulator, { 'if-tag-exists': 'skip', 'image-tags': 'v1' })
    expect(writing(skipped.operations)).toEqual([])
    expect(skipped.report.outputs.digest).toBe('')
    await promote(emulator)
    expect(await pullImage(emulator, 'team/app', 'v1')).toHaveLength(3)
  })

  it.each(['move', 'fail', 'skip'])(
    'copies the image without a tag if image-tags is none and if-tag-exists is %s',
    async (ifTagExists) => {
      const { emulator } = await start()
      const texts = { 'image-tags': 'none', 'if-tag-exists': ifTagExists }
      const { report } = await promote(emulator, texts)
      expect(report.outputs).toMatchObject({ digest: indexDigest, 'image-uris': [] })
      expect(await pullImage(emulator, 'team/app', indexDigest)).toHaveLength(3)
      expect(writing((await promote(emulator, texts)).operations)).toEqual([])
    }
  )

  it('treats a repository that does not exist as empty in a dry run', async () => {
    const { emulator } = await start()
    const texts = { from: 'team/rc:rc1', 'image-tags': 'v1', 'dry-run': 'true' }
    const dry = await pushTo('team/new', emulator, texts)
    expect(dry.report.outputs).toMatchObject({ digest: indexDigest })
    expect(dry.deps.lines).toContainEqual(
      expect.stringContaining('The repository team/new does not exist.')
    )
    const real = await promote(emulator, { 'image-tags': 'v1' })
    const actions = (plan: Report['plan']): string[] =>
      plan.map(({ action, kind }) => `${action} ${kind}`)
    expect(actions(dry.report.plan)).toEqual(actions(real.report.plan))
    await expect(pushTo('team/new', emulator, { ...texts, 'dry-run': 'false' })).rejects.toThrow(
      'The repository does not exist: "team/new". Check "repository"'
    )
  })

  it('does not upload layers again after PutImage failed', async () => {
    const { emulator } = await start()
    await emulator.fault({ operation: 'PutImage', fault: 'server-error' })
    await expect(promote(emulator)).rejects.toThrow()
    await emulator.clearFaults()
    const { operations } = await promote(emulator)
    expect(new Set(writing(operations))).toEqual(new Set(['PutImage']))
    expect(await pullImage(emulator, 'team/app', 'v1')).toHaveLength(3)
  })

  it('fails if the image or its repository does not exist', async () => {
    const { emulator } = await start()
    await expect(promote(emulator, { from: 'team/rc:rc2' })).rejects.toThrow(
      /The image to promote does not exist: "team\/rc:rc2"/
    )
    await expect(promote(emulator, { from: 'team/missing:rc1' })).rejects.toThrow(
      /^The repository does not exist: "team\/missing"\. Check "from" and "registry-id"\.$/
    )
  })

  it.each([
    [
      'public.ecr.aws/zzzzzzzz/team/rc:rc1',
      'contains the host or alias of another registry: "public.ecr.aws/zzzzzzzz/team/rc".'
    ],
    ['team/*:rc1', 'contains a pattern: "team/*".'],
    ['!team/rc:rc1', 'contains an exclusion: "!team/rc".'],
    ['Team/rc:rc1', 'contains an invalid repository name: "Team/rc".'],
    ['public.ecr.aws/rc:rc1', 'is missing the alias or the name: "public.ecr.aws/rc".'],
    ['team/rc:a:rc1', 'contains a tag or digest: "team/rc:a".']
  ])('names the input in the error about %s', async (from, message) => {
    const { emulator } = await start()
    await expect(promote(emulator, { from })).rejects.toThrow(`Input "from" ${message}`)
  })
})

describe('a referrer tag that moved in the source', () => {
  const tag = tagOf(indexDigest, '.sig')

  /** Sets the tag of cosign to a manifest with a layer per signature. All of them sign the same payload. */
  async function signWith(repository: TestRepository, ...signatures: string[]): Promise<string> {
    const text = repository.textOf({ name: 'signatures' })
    const manifest = JSON.parse(text) as { layers: object[] }
    const layers = signatures.map((signature) => ({
      ...manifest.layers[0],
      annotations: { 'dev.cosignproject.cosign/signature': signature }
    }))
    return repository.pushText(JSON.stringify({ ...manifest, layers }), tag)
  }

  it('is moved if a signature was added', async () => {
    const { emulator, source } = await start()
    const first = await signWith(source, 'one')
    await promote(emulator)
    expect(await findServed(emulator, tag)).toBe(first)
    const second = await signWith(source, 'one', 'two')
    // Without the earlier manifest, only the layers show that nothing is lost.
    await source.delete(first)
    for (const ifTagExists of ['fail', 'skip', 'move']) {
      const dry = await promote(emulator, { 'dry-run': 'true', 'if-tag-exists': ifTagExists })
      expect(writing(dry.operations)).toEqual([])
      expect(dry.report.changed).toBe(true)
    }
    const { report, deps } = await promote(emulator, { 'if-tag-exists': 'fail' })
    expect(await findServed(emulator, tag)).toBe(second)
    expect(report.plan).toContainEqual({
      action: 'move',
      kind: 'tag',
      target: `team/app:${tag}`,
      reason: `the tag refers to an earlier version of the referrer (${first})`,
      digest: second
    })
    expect(deps.lines.filter((line) => line.startsWith('warning'))).toEqual([])
    const again = await promote(emulator)
    expect([again.report.changed, writing(again.operations)]).toEqual([false, []])
  })

  it('is moved if the source still has the manifest of the target', async () => {
    const { emulator, source } = await start()
    await signWith(source, 'one')
    await promote(emulator)
    const replaced = await signWith(source, 'two')
    await promote(emulator)
    expect(await findServed(emulator, tag)).toBe(replaced)
  })

  it('is not moved if the target has a signature of its own, with a warning', async () => {
    const { emulator, source } = await start()
    const target = await TestRepository.create(createPlainClient(emulator), 'team/other')
    const texts = { from: 'team/rc:rc1', 'image-tags': 'v1' }
    await signWith(source, 'one')
    await pushTo('team/other', emulator, texts)
    const own = await signWith(target, 'one', 'own')
    const next = await signWith(source, 'one', 'two')
    const { deps, report } = await pushTo('team/other', emulator, texts)
    expect((await target.state()).tags.get(tag)).toBe(own)
    expect(deps.lines).toContain(
      `warning: The referrer tag team/other:${tag} is not moved. It refers to ${own}, which may contain signatures or other content that ${next} does not contain. To replace it, delete this tag and run the step again.`
    )
    expect(report.plan).toContainEqual(
      expect.objectContaining({ action: 'keep', target: `team/other:${tag}`, digest: own })
    )
  })

  it.each([
    ['does not have layers', { layers: [] }],
    ['has another type', { artifactType: 'application/vnd.test' }]
  ])('is not moved if the manifest in the target %s', async (_, members) => {
    const { emulator, source } = await start()
    const target = await TestRepository.create(createPlainClient(emulator), 'team/other')
    const texts = { from: 'team/rc:rc1', 'image-tags': 'v1' }
    await signWith(source, 'one')
    await pushTo('team/other', emulator, texts)
    const signature = JSON.parse(target.textOf({ name: 'signatures' })) as object
    const own = await target.pushText(JSON.stringify({ ...signature, ...members }), tag)
    const { deps } = await pushTo('team/other', emulator, texts)
    expect((await target.state()).tags.get(tag)).toBe(own)
    expect(deps.lines.join('\n')).toContain(`The referrer tag team/other:${tag} is not moved`)
  })

  it('is not moved if another job changes it during the push', async () => {
    const { emulator, source } = await start()
    const target = await TestRepository.create(createPlainClient(emulator), 'team/other')
    await signWith(source, 'one')
    await pushTo('team/other', emulator, { from: 'team/rc:rc1', 'image-tags': 'v1' })
    await signWith(source, 'one', 'two')
    let own = ''
    const api = interceptApi(makeDeps(emulator).api, async (command, send) => {
      if (command instanceof PutImageCommand && command.input.imageTag === 'v2') {
        own = await signWith(target, 'one', 'own')
      }
      return send(command)
    })
    const texts = { from: 'team/rc:rc1', 'image-tags': 'v2' }
    const { deps, report } = await pushTo('team/other', emulator, texts, { api })
    expect((await target.state()).tags.get(tag)).toBe(own)
    expect(deps.lines.join('\n')).toContain(`The referrer tag team/other:${tag} is not moved`)
    expect(report.plan).toContainEqual(
      expect.objectContaining({ action: 'keep', target: `team/other:${tag}`, digest: own })
    )
  })

  it('is moved if it is a list of referrers that became longer, and kept if it became shorter', async () => {
    const { emulator, source } = await start()
    const children = await Promise.all(
      ['one', 'two'].map((name) => source.push({ name, subject: indexDigest }))
    )
    const list = tagOf(indexDigest)
    const short = await source.push({ name: 'list', children: children.slice(0, 1) }, list)
    await promote(emulator)
    const long = await source.push({ name: 'list', children }, list)
    await source.delete(short)
    await promote(emulator)
    expect(await findServed(emulator, list)).toBe(long)
    await source.push({ name: 'list', children: children.slice(1) }, list)
    await source.delete(long)
    const { deps } = await promote(emulator)
    expect(await findServed(emulator, list)).toBe(long)
    expect(deps.lines).toContainEqual(expect.stringMatching(/^warning: .* is not moved\./))
  })

  it('is not moved if the manifest in the target cannot be read, with a warning', async () => {
    const { emulator, source } = await start()
    const signed = await signWith(source, 'one')
    await promote(emulator)
    await source.delete(await signWith(source, 'other'))
    await signWith(source, 'two')
    const registryOf = makeDeps(emulator).openRegistry
    const openRegistry: typeof registryOf = async (host) => {
      const registry = await registryOf(host)
      return {
        ...registry,
        findManifest: (path, reference, options) =>
          path.endsWith('team/app')
            ? Promise.reject(new Error('broken'))
            : registry.findManifest(path, reference, options)
      }
    }
    const first = await source.state()
    for (const [digest, tags] of first.images) if (tags.length === 0) await source.delete(digest)
    const { deps } = await promote(emulator, { 'image-tags': 'v2' }, { openRegistry })
    expect(await findServed(emulator, tag)).toBe(signed)
    expect(await findServed(emulator, 'v2')).toBe(indexDigest)
    expect(deps.lines.join('\n')).toContain(`The referrer tag team/app:${tag} is not moved`)
  })
})

it.each(['team/app', 'team/rc'])('resolves both repositories at once (%s)', async (repository) => {
  const { emulator } = await start()
  const texts = { from: 'team/rc:rc1', 'image-tags': 'v1' }
  const { deps, operations } = await pushTo(repository, emulator, texts)
  expect(deps.lines.filter((line) => line.includes('Registry: '))).toHaveLength(1)
  const described = operations.filter((name) => name === 'DescribeRepositories')
  expect(described).toHaveLength(1)
})

describe('the referrers of a promoted image', () => {
  it('are copied for the index, its children and the referrers themselves', async () => {
    const { emulator, source } = await start()
    const byApi = await sign(source, indexDigest)
    const ofChild = await sign(source, arm.content.digest)
    const ofReferrer = await sign(source, byApi)
    const { report } = await promote(emulator)
    const registry = await makeDeps(emulator).openRegistry(emulator.host)
    const list = async (digest: string): Promise<string[]> =>
      ((await registry.findReferrers('a1b2c3d4/team/app', digest)) ?? []).map((each) => each.digest)
    expect(await list(indexDigest)).toEqual([byApi])
    expect(await list(arm.content.digest)).toEqual([ofChild])
    expect(await list(byApi)).toEqual([ofReferrer])
    expect(report.plan.filter(({ reason }) => reason === 'referrer of the image')).toHaveLength(3)
  })

  it.each(['', '.sig', '.att', '.sbom'])(
    'are copied with their tag (sha256-…%s)',
    async (suffix) => {
      const { emulator, source } = await start()
      const tag = tagOf(amd.content.digest, suffix)
      const signature = await sign(source, amd.content.digest, tag)
      // The signature of an image that is not promoted.
      const other = sha256Digest(Buffer.from('other'))
      const otherTag = tagOf(other, suffix)
      await sign(source, other, otherTag)
      const { report } = await promote(emulator)
      expect(await findServed(emulator, tag)).toBe(signature)
      expect(report.plan).toContainEqual(
        expect.objectContaining({ action: 'create', kind: 'tag', target: `team/app:${tag}` })
      )
      expect(await findServed(emulator, otherTag)).toBeUndefined()
    }
  )

  it('are copied if they are an index, with the tag of the referrers tag schema', async () => {
    const { emulator, source } = await start()
    const signature = await source.push({ name: 'signature', subject: indexDigest })
    const list = await source.push({ name: 'list', children: [signature] }, tagOf(indexDigest))
    await promote(emulator)
    expect(await findServed(emulator, tagOf(indexDigest))).toBe(list)
    expect(await findServed(emulator, signature)).toBe(signature)
  })

  it('do not replace a referrer tag of the target, with a warning', async () => {
    const { emulator, source } = await start()
    const tag = tagOf(indexDigest, '.sig')
    await sign(source, indexDigest, tag)
    const target = await TestRepository.create(createPlainClient(emulator), 'team/other')
    const own = await target.push({ name: 'signature of the target' }, tag)
    const texts = { from: 'team/rc:rc1', 'image-tags': 'v1' }
    const { deps } = await pushTo('team/other', emulator, texts)
    expect((await target.state()).tags.get(tag)).toBe(own)
    expect(deps.lines).toContainEqual(
      expect.stringMatching(/^warning: The referrer tag team\/other:sha256-\w+\.sig is not moved/)
    )
  })
})

it('does not download layers in a dry run', async () => {
  const { emulator } = await start()
  await emulator.clearRequests()
  const { report } = await promote(emulator, { 'dry-run': 'true' })
  expect(report.outputs['uploaded-bytes']).toBeGreaterThan(0)
  const paths = (await emulator.requests()).map(({ path }) => path)
  expect(paths.filter((path) => path.includes('/manifests/'))).not.toEqual([])
  expect(paths.filter((path) => path.includes('/blobs/'))).toEqual([])
  expect(JSON.stringify(report.summary)).toContain('would be uploaded')
})

describe('a source that breaks or changes during the promotion', () => {
  const noise = Buffer.alloc(12 * MIB)
  for (let at = 0, state = 1; at < noise.length; at += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    noise.writeUInt32LE(state, at)
  }
  const large = buildImage({ layers: [{ noise }] })

  async function startLarge(): Promise<RunningEmulator> {
    const { emulator } = await start()
    const tar = join(directory, 'large.tar')
    await writeOciArchive(tar, [large])
    await pushTo('team/rc', emulator, { tar, 'image-tags': 'large' })
    return emulator
  }
  const texts = { from: 'team/rc:large', 'image-tags': 'v1' }

  it.each(['truncate', 'reset-before', 'reset-after', 'throttle', 'server-error', 'expired-token'])(
    'resumes reads that fail (%s)',
    async (fault) => {
      const emulator = await startLarge()
      await emulator.fault({
        operation: 'GetBlob',
        fault,
        count: fault === 'expired-token' ? 1 : 3
      })
      await promote(emulator, texts)
      expect((await pullImage(emulator, 'team/app', 'v1'))[0]?.digest).toBe(large.content.digest)
    }
  )

  it.each(['truncate', 'reset-after', 'server-error', 'access-denied'])(
    'sets no tag if every read of a layer fails (%s)',
    async (fault) => {
      const emulator = await startLarge()
      const before = (await emulator.operations()).length
      // The platform is read from the config of a single image.
      await emulator.fault({ operation: 'GetBlob', fault })
      await expect(promote(emulator, texts)).rejects.toThrow(
        /Cannot read the blob|No response|GetBlob|sha256:/
      )
      await emulator.clearFaults()
      const operations = (await emulator.operations()).slice(before)
      expect(operations).not.toContain('PutImage')
      expect(operations).not.toContain('CompleteLayerUpload')
    }
  )

  it('sets no tag if the blob has other bytes', async () => {
    const emulator = await startLarge()
    const deps = makeDeps(emulator)
    const openRegistry: typeof deps.openRegistry = async (host) => {
      const registry = await deps.openRegistry(host)
      return {
        ...registry,
        streamBlob: async function* (repository, blob) {
          for await (const chunk of registry.streamBlob(repository, blob)) {
            const changed = Buffer.from(chunk)
            changed[0]! ^= 1
            yield changed
          }
        }
      }
    }
    const before = (await emulator.operations()).length
    await expect(promote(emulator, texts, { openRegistry })).rejects.toThrow(
      /is damaged: .* Its digest is sha256:\w+ instead of /
    )
    const operations = (await emulator.operations()).slice(before)
    expect(operations).not.toContain('PutImage')
    expect(operations).not.toContain('CompleteLayerUpload')
  })

  it('promotes the image that the tag named at the start, if the tag moves meanwhile', async () => {
    const { emulator, source } = await start()
    const { api } = makeDeps(emulator)
    let moved = false
    const send = async (command: unknown): Promise<unknown> => {
      const response: unknown = await api.send(command as CreateRepositoryCommand)
      const { name } = (command as object).constructor
      if (name === 'DescribeImagesCommand' && !moved) {
        moved = true
        await source.push({ name: 'another image' }, 'rc1')
      }
      return response
    }
    const moving = { send, middlewareStack: api.middlewareStack } as unknown as typeof api
    const { report } = await promote(emulator, {}, { api: moving })
    expect(moved).toBe(true)
    expect(report.outputs.digest).toBe(indexDigest)
    expect(await pullImage(emulator, 'team/app', 'v1')).toHaveLength(3)
  })

  it('reads each blob once and keeps its bytes out of files', async () => {
    const emulator = await startLarge()
    await emulator.clearRequests()
    let asked = false
    await promote(emulator, texts, {
      temporaryDirectory: () => {
        asked = true
        return Promise.resolve(directory)
      }
    })
    const reads = (await emulator.requests()).filter(
      ({ method, path }) => method === 'GET' && path.endsWith(`/blobs/${large.layers[0]!.digest}`)
    )
    expect(reads).toHaveLength(1)
    expect(asked).toBe(false)
  })
})

it('copies an image in the format of Docker', async () => {
  const { emulator } = await start()
  const docker = buildImage({ docker: true })
  const tar = join(directory, 'docker.tar')
  await writeOciArchive(tar, [docker])
  await pushTo('team/rc', emulator, { tar, 'image-tags': 'docker' })
  const { report } = await promote(emulator, { from: 'team/rc:docker' })
  expect(report.outputs.digest).toBe(docker.content.digest)
  expect((await pullImage(emulator, 'team/app', 'v1'))[0]?.mediaType).toBe(
    MEDIA_TYPES.dockerManifest
  )
})
