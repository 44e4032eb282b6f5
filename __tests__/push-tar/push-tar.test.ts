import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { CreateRepositoryCommand, PutImageCommand } from '@aws-sdk/client-ecr-public'
import type { Deps } from '../../src/runner/deps.js'
import { MEDIA_TYPES } from '../../src/oci/media-types.js'
import { pushTar } from '../../src/push-tar/push-tar.js'
import type { Report } from '../../src/runner/report.js'
import {
  attestationDescriptor,
  buildAttestation,
  buildImage,
  buildIndex,
  buildLayer,
  dockerMembers,
  writeDockerArchive,
  writeOciArchive
} from '../helpers/archives.js'
import type { TestImage } from '../helpers/archives.js'
import { makeDeps } from '../helpers/make-deps.js'
import type { TestDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { pullImage } from '../helpers/pull-image.js'
import { startEmulator } from '../helpers/start-emulator.js'
import { writeTar } from '../helpers/tar-writer.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'

const WRITING = /^(?:Initiate|Upload|Complete|Put)/

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'push-tar-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

async function startWithRepository(
  options: Parameters<typeof startEmulator>[0] = {}
): Promise<RunningEmulator> {
  const emulator = await startEmulator(options)
  const { api } = makeDeps(emulator)
  await api.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
  return emulator
}

/** Writes a docker-archive and returns its path. */
async function archiveOf(image: TestImage, name = 'image.tar'): Promise<string> {
  const path = join(directory, name)
  await writeDockerArchive(path, [image])
  return path
}

interface Pushed {
  readonly report: Report
  readonly deps: TestDeps
  /** The operations that this push called. */
  readonly operations: readonly string[]
}

async function push(
  emulator: RunningEmulator,
  texts: Readonly<Record<string, string>>,
  overrides: Parameters<typeof makeDeps>[1] = {}
): Promise<Pushed> {
  const before = (await emulator.operations()).length
  const deps = makeDeps(emulator, overrides)
  const report = await pushTar(makeInputs('push-tar', { repository: 'team/app', ...texts }), deps)
  return { report, deps, operations: (await emulator.operations()).slice(before) }
}

const writingCalls = (operations: readonly string[]): string[] =>
  operations.filter((operation) => WRITING.test(operation))

const actions = ({ plan }: Report): string[] =>
  plan.map(({ action, kind, target }) => `${action} ${kind} ${target.replace(/sha256:\w+/, '…')}`)

const base = { 'etc/os-release': 'ID=test\n'.repeat(5000), 'bin/tool': 'tool'.repeat(3000) }
const version1 = buildImage({ layers: [base, { 'app/v': '1' }], tags: ['ex.com/app:1'] })
const version2 = buildImage({ layers: [base, { 'app/v': '2' }], tags: ['ex.com/app:2'] })

describe('a push of a docker save archive', () => {
  it('uploads layers, config, manifest and tag, and reports them', async () => {
    const emulator = await startWithRepository()
    const tar = await archiveOf(version1)
    const { report, operations } = await push(emulator, { tar })
    expect(report.changed).toBe(true)
    expect(actions(report)).toEqual([
      'push layer team/app@…',
      'push layer team/app@…',
      'push image team/app@…',
      'create tag team/app:1'
    ])
    const uri = `${emulator.host}/a1b2c3d4/team/app`
    const { digest, 'uploaded-bytes': uploaded } = report.outputs
    expect(report.repositories).toEqual(['team/app'])
    expect(report.outputs).toMatchObject({
      'image-uri': `${uri}@${digest as string}`,
      'image-uris': [`${uri}:1`],
      'reused-bytes': 0
    })
    expect(uploaded).toBeGreaterThan(100)
    expect(operations.at(-1)).toBe('PutImage')
    expect(operations.filter((operation) => operation === 'PutImage')).toHaveLength(1)
    const [pulled] = await pullImage(emulator, 'team/app', '1')
    expect(pulled).toMatchObject({
      digest,
      mediaType: MEDIA_TYPES.dockerManifest,
      configDigest: version1.configDigest,
      diffIds: version1.diffIds
    })
  })

  it('makes no writing call the second time', async () => {
    const emulator = await startWithRepository()
    const tar = await archiveOf(version1)
    const first = await push(emulator, { tar })
    const second = await push(emulator, { tar })
    expect(second.report.changed).toBe(false)
    expect(writingCalls(second.operations)).toEqual([])
    expect(second.report.outputs).toEqual({
      ...first.report.outputs,
      'uploaded-bytes': 0,
      'reused-bytes': first.report.outputs['uploaded-bytes']
    })
    expect(second.operations.length).toBeLessThanOrEqual(6)
  })

  it.each(['gzip', 'zstd', 'none'])(
    'makes no writing call the second time without reading images (%s)',
    async (compression) => {
      const emulator = await startWithRepository()
      const noise = Buffer.from(Array.from({ length: 200_000 }, (_, at) => (at * at * 31) % 256))
      const tar = await archiveOf(buildImage({ layers: [{ noise }] }))
      const texts = { tar, compression, 'reuse-layers': 'false' }
      const first = await push(emulator, texts)
      const second = await push(emulator, texts)
      expect(second.report.outputs.digest).toBe(first.report.outputs.digest)
      expect(second.report.changed).toBe(false)
      expect(writingCalls(second.operations)).toEqual([])
    }
  )

  it('uploads only the changed layer of the next version', async () => {
    const emulator = await startWithRepository()
    await push(emulator, { tar: await archiveOf(version1) })
    const { report, operations } = await push(emulator, { tar: await archiveOf(version2, '2.tar') })
    expect(actions(report).slice(0, 2)).toEqual(['keep layer team/app@…', 'push layer team/app@…'])
    // One layer and the config.
    expect(operations.filter((operation) => operation === 'InitiateLayerUpload')).toHaveLength(2)
    const [pulled] = await pullImage(emulator, 'team/app', '2')
    expect(pulled?.diffIds).toEqual(version2.diffIds)
  })

  it('reuses layers of an image with another tag and another compression', async () => {
    const emulator = await startWithRepository()
    await push(emulator, { tar: await archiveOf(version1), 'compression-level': '9' })
    const { report } = await push(emulator, {
      tar: await archiveOf(version2, '2.tar'),
      compression: 'zstd'
    })
    expect(report.outputs['reused-bytes']).toBeGreaterThan(0)
    const [pulled] = await pullImage(emulator, 'team/app', '2')
    expect(pulled?.manifest.layers.map(({ mediaType }) => mediaType)).toEqual([
      MEDIA_TYPES.ociLayerGzip,
      MEDIA_TYPES.ociLayerZstd
    ])
  })

  it('does not reuse zstd layers if gzip is requested', async () => {
    const emulator = await startWithRepository()
    await push(emulator, { tar: await archiveOf(version1), compression: 'zstd' })
    const { report } = await push(emulator, { tar: await archiveOf(version1) })
    expect(report.outputs['reused-bytes']).toBe(0)
    const [pulled] = await pullImage(emulator, 'team/app', '1')
    expect(pulled?.mediaType).toBe(MEDIA_TYPES.dockerManifest)
  })

  it.each([
    ['throttles requests', { operation: 'GetManifest', fault: 'throttle' }],
    ['fails', { operation: 'GetManifest', fault: 'server-error' }],
    ['closes the connection', { operation: 'GetBlob', fault: 'reset-before' }]
  ])('continues without reusing layers if the registry %s', async (_name, rule) => {
    const emulator = await startWithRepository()
    await push(emulator, { tar: await archiveOf(version1) })
    await emulator.fault(rule)
    const { report } = await push(emulator, { tar: await archiveOf(version2, '2.tar') })
    await emulator.clearFaults()
    expect(report.changed).toBe(true)
    const [pulled] = await pullImage(emulator, 'team/app', '2')
    expect(pulled?.diffIds).toEqual(version2.diffIds)
  })

  it('sets the tags of the input, each once, instead of the tags in the archive', async () => {
    const emulator = await startWithRepository()
    const { report } = await push(emulator, {
      tar: await archiveOf(version1),
      'image-tags': 'v1, latest\nv1'
    })
    expect(actions(report).slice(-2)).toEqual([
      'create tag team/app:v1',
      'create tag team/app:latest'
    ])
    const digests = await Promise.all(
      ['v1', 'latest'].map(async (tag) => (await pullImage(emulator, 'team/app', tag))[0]?.digest)
    )
    expect(digests).toEqual([report.outputs.digest, report.outputs.digest])
  })

  it('adds a tag to an existing image without uploading it', async () => {
    const emulator = await startWithRepository()
    await push(emulator, { tar: await archiveOf(version1) })
    const { report, operations } = await push(emulator, {
      tar: await archiveOf(version1),
      'image-tags': '1\nstable'
    })
    expect(writingCalls(operations)).toEqual(['PutImage'])
    expect(actions(report).slice(-3)).toEqual([
      'keep image team/app@…',
      'keep tag team/app:1',
      'create tag team/app:stable'
    ])
  })

  it('uploads a layer that occurs twice only once', async () => {
    const emulator = await startWithRepository()
    const image = buildImage({ layers: [base, { x: 'x' }, base] })
    const { report } = await push(emulator, { tar: await archiveOf(image) })
    expect(report.plan.filter(({ kind }) => kind === 'layer')).toHaveLength(2)
    const [pulled] = await pullImage(emulator, 'team/app', '1')
    expect(pulled?.diffIds).toEqual(image.diffIds)
  })

  it('uploads an empty layer', async () => {
    const emulator = await startWithRepository()
    const image = buildImage({ layers: [Buffer.alloc(1024), base] })
    await push(emulator, { tar: await archiveOf(image) })
    expect((await pullImage(emulator, 'team/app', '1'))[0]?.diffIds).toEqual(image.diffIds)
  })

  it('uploads compressed layers unchanged, and writes an OCI manifest for zstd', async () => {
    const emulator = await startWithRepository()
    const image = buildImage({
      layers: [base, { b: 'b' }, { c: 'c' }],
      compression: ['none', 'gzip', 'zstd']
    })
    const path = join(directory, 'mixed.tar')
    const asStored = dockerMembers([image], 'legacy').map((member) => {
      const layer = image.layers.find(
        ({ tar }) => member.body?.length === tar.length && tar.equals(member.body)
      )
      return layer === undefined ? member : { ...member, body: layer.blob }
    })
    await writeTar(path, asStored)
    await push(emulator, { tar: path })
    const [pulled] = await pullImage(emulator, 'team/app', '1')
    expect(pulled?.diffIds).toEqual(image.diffIds)
    expect(pulled?.mediaType).toBe(MEDIA_TYPES.ociManifest)
    expect(pulled?.manifest.layers[1]?.digest).toBe(image.layers[1]?.digest)
    expect(pulled?.manifest.layers[2]?.digest).toBe(image.layers[2]?.digest)
  })

  it('uploads layers of several parts', async () => {
    const emulator = await startWithRepository({ partSize: 5 * 1024 * 1024 })
    const noise = Buffer.alloc(12 * 1024 * 1024)
    let state = 1
    for (let at = 0; at < noise.length; at += 4) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      noise.writeUInt32LE(state, at)
    }
    const image = buildImage({ layers: [{ noise }, { small: 'small' }] })
    const { operations } = await push(emulator, { tar: await archiveOf(image) })
    expect(operations.filter((operation) => operation === 'UploadLayerPart').length).toBe(5)
    expect((await pullImage(emulator, 'team/app', '1'))[0]?.diffIds).toEqual(image.diffIds)
  })
})

describe('a push of an OCI archive', () => {
  const arm = buildImage({
    layers: [base, { arm: '1' }],
    platform: { os: 'linux', architecture: 'arm64' }
  })
  const amd = buildImage({ layers: [base, { amd: '1' }] })
  const attestation = buildAttestation(amd)
  const index = buildIndex([amd, arm, attestation], {
    tags: ['ex.com/app:1'],
    descriptors: [undefined, undefined, attestationDescriptor(amd)]
  })

  it('does not change the digest', async () => {
    const emulator = await startWithRepository()
    const tar = join(directory, 'oci.tar')
    await writeOciArchive(tar, [amd])
    const { report } = await push(emulator, { tar, 'image-tags': 'v1' })
    expect(report.outputs.digest).toBe(amd.content.digest)
    expect((await pullImage(emulator, 'team/app', 'v1'))[0]?.digest).toBe(amd.content.digest)
  })

  it('puts all platform images before the index, and tags only the index', async () => {
    const emulator = await startWithRepository()
    const tar = join(directory, 'index.tar')
    await writeOciArchive(tar, [index])
    const { report, operations } = await push(emulator, { tar, 'image-tags': 'v1\nv2' })
    expect(report.outputs.digest).toBe(index.content.digest)
    expect(operations.filter((operation) => operation === 'PutImage')).toHaveLength(5)
    expect(actions(report).filter((line) => !line.includes('layer'))).toEqual([
      'push manifest team/app@…',
      'push manifest team/app@…',
      'push manifest team/app@…',
      'push image team/app@…',
      'create tag team/app:v1',
      'create tag team/app:v2'
    ])
    const pulled = await pullImage(emulator, 'team/app', 'v2')
    expect(pulled.map(({ digest }) => digest)).toEqual(
      [amd, arm, attestation].map(({ content }) => content.digest)
    )
    const second = await push(emulator, { tar, 'image-tags': 'v1\nv2' })
    expect(second.report.changed).toBe(false)
    expect(writingCalls(second.operations)).toEqual([])
  })

  it('uploads a layer that several platforms share once', async () => {
    const emulator = await startWithRepository()
    const tar = join(directory, 'index.tar')
    await writeOciArchive(tar, [index])
    const { report } = await push(emulator, { tar, 'image-tags': 'v1' })
    const layers = report.plan.filter(({ kind }) => kind === 'layer')
    expect(new Set(layers.map(({ target }) => target)).size).toBe(layers.length)
    expect(layers).toHaveLength(4)
  })
})

describe('a dry run', () => {
  it('reports the same as the push, and writes nothing', async () => {
    const emulator = await startWithRepository()
    const texts = { tar: await archiveOf(version1), 'image-tags': 'v1\nv2' }
    const dry = await push(emulator, { ...texts, 'dry-run': 'true' })
    expect(writingCalls(dry.operations)).toEqual([])
    const real = await push(emulator, texts)
    expect(dry.report.plan).toEqual(real.report.plan)
    expect(dry.report.outputs).toEqual(real.report.outputs)
    expect(dry.report.changed).toBe(true)
    const textsOf = (pushed: Pushed): string => JSON.stringify([pushed.report, pushed.deps.lines])
    expect(textsOf(dry)).toMatch(/would be uploaded"(?!.* in \d)/)
    expect(textsOf(real)).not.toContain('would be')
  })

  it('reports the same as the push of an index', async () => {
    const emulator = await startWithRepository()
    const tar = join(directory, 'index.tar')
    await writeOciArchive(tar, [buildIndex([version1, version2])])
    const texts = { tar, 'image-tags': 'v1' }
    const dry = await push(emulator, { ...texts, 'dry-run': 'true' })
    expect(writingCalls(dry.operations)).toEqual([])
    const real = await push(emulator, texts)
    expect(dry.report.plan).toEqual(real.report.plan)
    expect(dry.report.outputs).toEqual(real.report.outputs)
  })
})

describe('a tag that refers to another image', () => {
  async function withVersion1(): Promise<RunningEmulator> {
    const emulator = await startWithRepository()
    await push(emulator, { tar: await archiveOf(version1), 'image-tags': 'v' })
    return emulator
  }

  it('is moved', async () => {
    const emulator = await withVersion1()
    const { report } = await push(emulator, {
      tar: await archiveOf(version2, '2.tar'),
      'image-tags': 'v'
    })
    expect(actions(report).at(-1)).toBe('move tag team/app:v')
    expect((await pullImage(emulator, 'team/app', 'v'))[0]?.diffIds).toEqual(version2.diffIds)
  })

  it('is not moved with "skip", and nothing is uploaded if all tags are skipped', async () => {
    const emulator = await withVersion1()
    const { report, operations, deps } = await push(emulator, {
      tar: await archiveOf(version2, '2.tar'),
      'image-tags': 'v',
      'if-tag-exists': 'skip'
    })
    expect(writingCalls(operations)).toEqual([])
    expect(report.changed).toBe(false)
    expect((await pullImage(emulator, 'team/app', 'v'))[0]?.diffIds).toEqual(version1.diffIds)
    // A later step must not use the image of the tag as the image of this run.
    expect(report.outputs).toMatchObject({ digest: '', 'image-uri': '', 'image-uris': [] })
    expect(JSON.stringify(report.summary)).not.toContain('docker pull')
    expect(deps.lines).toContainEqual(
      expect.stringMatching(/^notice: The image was not pushed, because all tags refer to other/)
    )
  })

  it('is not moved with "skip" if the repository has the image under another tag', async () => {
    const emulator = await withVersion1()
    const tar = await archiveOf(version2, '2.tar')
    const other = await push(emulator, { tar, 'image-tags': 'other' })
    const both = { tar, 'image-tags': 'v\nother', 'if-tag-exists': 'skip' }
    const { report } = await push(emulator, both)
    expect(report.outputs.digest).toBe(other.report.outputs.digest)
    expect(report.outputs['image-uris']).toEqual([`${emulator.host}/a1b2c3d4/team/app:other`])
  })

  it('is not moved with "skip" when other tags are set', async () => {
    const emulator = await withVersion1()
    const { report } = await push(emulator, {
      tar: await archiveOf(version2, '2.tar'),
      'image-tags': 'v\nnew',
      'if-tag-exists': 'skip'
    })
    expect(actions(report).slice(-2)).toEqual(['keep tag team/app:v', 'create tag team/app:new'])
    expect(report.outputs['image-uris']).toEqual([`${emulator.host}/a1b2c3d4/team/app:new`])
    expect((await pullImage(emulator, 'team/app', 'v'))[0]?.diffIds).toEqual(version1.diffIds)
    expect((await pullImage(emulator, 'team/app', 'new'))[0]?.diffIds).toEqual(version2.diffIds)
  })

  it.each(['true', 'false'])(
    'fails the push with "fail" before anything is uploaded (reuse-layers: %s)',
    async (reuse) => {
      const emulator = await withVersion1()
      const before = (await emulator.operations()).length
      await expect(
        push(emulator, {
          tar: await archiveOf(version2, '2.tar'),
          'image-tags': 'new\nv',
          'if-tag-exists': 'fail',
          'reuse-layers': reuse
        })
      ).rejects.toThrow(/already refers to another image: "team\/app:v"/)
      expect(writingCalls((await emulator.operations()).slice(before))).toEqual([])
    }
  )

  it.each(['true', 'false'])(
    'does not fail the push with "fail" if it already refers to this image (reuse-layers: %s)',
    async (reuse) => {
      const emulator = await withVersion1()
      const { report } = await push(emulator, {
        tar: await archiveOf(version1),
        'image-tags': 'v',
        'if-tag-exists': 'fail',
        'reuse-layers': reuse
      })
      expect(report.changed).toBe(false)
    }
  )
})

describe('a local image', () => {
  /** Creates `exec` for a test that replaces docker and podman. */
  const docker = (
    run: (program: string, args: readonly string[], file: string) => Promise<number>
  ): TestDeps['exec'] => {
    return async (program, args, options) => ({
      exitCode: await run(program, args, options?.stdoutFile ?? ''),
      stdout: '',
      stderr: 'Error response from daemon: No such image: app:1\n'
    })
  }

  it('is saved with docker and pushed', async () => {
    const emulator = await startWithRepository()
    const tar = await archiveOf(version1)
    const calls: string[] = []
    const exec = docker(async (program, args, file) => {
      calls.push([program, ...args].join(' '))
      await writeFile(file, await readFile(tar))
      return 0
    })
    await push(emulator, { image: 'app:1' }, { exec })
    expect(calls).toEqual(['docker save app:1'])
    expect((await pullImage(emulator, 'team/app', '1'))[0]?.diffIds).toEqual(version1.diffIds)
  })

  it('is saved with podman if docker is not installed', async () => {
    const emulator = await startWithRepository()
    const tar = await archiveOf(version1)
    const exec = docker(async (program, _args, file) => {
      if (program === 'docker') throw new Error('spawn docker ENOENT')
      await writeFile(file, await readFile(tar))
      return 0
    })
    expect((await push(emulator, { image: 'app:1' }, { exec })).report.changed).toBe(true)
  })

  it('fails with the output of docker before any call if docker does not have it', async () => {
    const emulator = await startWithRepository()
    const before = (await emulator.operations()).length
    await expect(
      push(emulator, { image: 'app:1' }, { exec: docker(() => Promise.resolve(1)) })
    ).rejects.toThrow(/"docker save" failed with exit status 1: ".*No such image: app:1"/)
    expect(await emulator.operations()).toHaveLength(before)
  })

  it('fails if neither program is installed', async () => {
    const emulator = await startWithRepository()
    const exec = docker(() => Promise.reject(new Error('ENOENT')))
    await expect(push(emulator, { image: 'app:1' }, { exec })).rejects.toThrow(
      /requires docker or podman/
    )
  })

  it.each(['--help', '-o/etc/x', '', 'a b'])(
    'is rejected if its reference is invalid: %j',
    async (image) => {
      const emulator = await startWithRepository()
      if (image === '') return
      await expect(push(emulator, { image })).rejects.toThrow(/is not a valid image reference/)
    }
  )
})

describe('a push that fails', () => {
  it.each([
    [
      'a tag with a repository',
      { 'image-tags': 'app:1' },
      /Input "image-tags" contains a reference to another repository: "app:1"/
    ],
    ['a tag that is too long', { 'image-tags': 'x'.repeat(129) }, /A tag is invalid/],
    ['a missing file', { tar: '/nowhere/image.tar' }, /nowhere\/image\.tar/],
    ['a missing repository', { repository: 'team/other' }, /does not exist/]
  ])('writes nothing: %s', async (_name, texts, message) => {
    const emulator = await startWithRepository()
    const tar = await archiveOf(version1)
    const before = (await emulator.operations()).length
    await expect(push(emulator, { tar, ...texts })).rejects.toThrow(message)
    expect(writingCalls((await emulator.operations()).slice(before))).toEqual([])
  })

  it('reads only some of many tags if the repository does not exist', async () => {
    const emulator = await startWithRepository()
    const tar = await archiveOf(version1)
    const tags = Array.from({ length: 40 }, (_, at) => `v${at}`).join('\n')
    const before = (await emulator.operations()).length
    await expect(
      push(emulator, { tar, repository: 'team/other', 'image-tags': tags })
    ).rejects.toThrow(/does not exist/)
    await setTimeout(200)
    expect((await emulator.operations()).length - before).toBeLessThanOrEqual(17)
  })

  it('reads the tags again before it uploads missing layers again', async () => {
    const emulator = await startWithRepository()
    const tar = await archiveOf(version1)
    const other = await archiveOf(version2, '2.tar')
    const { api } = makeDeps(emulator)
    let puts = 0
    const send = async (command: unknown): Promise<unknown> => {
      if (command instanceof PutImageCommand && puts++ === 0) {
        await push(emulator, { tar: other, 'image-tags': 'v' })
        throw Object.assign(new Error('Layers are missing'), { name: 'LayersNotFoundException' })
      }
      return api.send(command as PutImageCommand)
    }
    const lossy = { send, middlewareStack: api.middlewareStack } as unknown as Deps['api']
    const texts = { tar, 'image-tags': 'v', 'if-tag-exists': 'fail' }
    await expect(push(emulator, texts, { api: lossy })).rejects.toThrow(/already refers to another/)
    expect(puts).toBe(1)
    expect((await pullImage(emulator, 'team/app', 'v'))[0]?.diffIds).toEqual(version2.diffIds)
  })

  it('fails if neither the input nor the archive has a tag', async () => {
    const emulator = await startWithRepository()
    const tar = await archiveOf(buildImage({ tags: [] }))
    await expect(push(emulator, { tar })).rejects.toThrow(/does not contain a tag for the image/)
  })

  it('names the manifest that the service rejects', async () => {
    const emulator = await startWithRepository()
    // A list of layers is required, but programs that are written in Go write null for an empty one.
    const artifact = buildImage({ manifest: { layers: null, artifactType: 'application/x' } })
    const { digest, mediaType } = artifact.content
    const tar = join(directory, 'artifact.tar')
    await writeOciArchive(tar, [artifact])
    await expect(push(emulator, { tar })).rejects.toThrow(
      `ECR Public rejected a manifest: "${digest}". The media type of the manifest is ${mediaType}. The service responded: "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'". If it is an attestation or a signature, create the archive without it.`
    )
  })

  it('completes no layer with a wrong diff ID, and puts no image', async () => {
    const emulator = await startWithRepository()
    const wrong = buildLayer({ x: 'another' })
    const image = buildImage({ layers: [base, { x: 'x' }] })
    const lying = { ...image, layers: [image.layers[0]!, wrong] }
    const before = (await emulator.operations()).length
    await expect(push(emulator, { tar: await archiveOf(lying) })).rejects.toThrow(
      /A layer of the archive is damaged: .+ Its diff ID is /
    )
    const operations = (await emulator.operations()).slice(before)
    // The config and the other layer may be uploaded.
    const completed = operations.filter((name) => name === 'CompleteLayerUpload')
    expect(completed.length).toBeLessThanOrEqual(2)
    expect(operations).not.toContain('PutImage')
  })

  it('fails after a limited number of attempts if every call fails', async () => {
    const emulator = await startWithRepository()
    const tar = await archiveOf(version1)
    await emulator.fault({ operation: 'UploadLayerPart', fault: 'throttle' })
    await expect(push(emulator, { tar })).rejects.toThrow(/Rate exceeded/)
    const parts = (await emulator.operations()).filter((name) => name === 'UploadLayerPart')
    expect(parts.length).toBeLessThanOrEqual(8 * 4)
  })
})
