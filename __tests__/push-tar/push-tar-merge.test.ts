import { closeSync, openSync, statSync, truncateSync, writeSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  BatchDeleteImageCommand,
  CreateRepositoryCommand,
  PutImageCommand
} from '@aws-sdk/client-ecr-public'
import { MEDIA_TYPES } from '../../src/oci/media-types.js'
import { pushTar } from '../../src/push-tar/push-tar.js'
import type { Report } from '../../src/runner/report.js'
import {
  attestationDescriptor,
  buildAttestation,
  buildBlob,
  buildImage,
  buildIndex,
  buildSociIndex,
  descriptorOf,
  sociDescriptor,
  writeDockerArchive,
  writeOciArchive,
  writeOciDirectory
} from '../helpers/archives.js'
import type { TestImage, TestIndex } from '../helpers/archives.js'
import { interceptApi } from '../helpers/intercept-api.js'
import { makeDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { pullImage } from '../helpers/pull-image.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'

const WRITING = /^(?:Initiate|Upload|Complete|Put)/

let directory: string
let emulator: RunningEmulator
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'push-tar-merge-'))
  emulator = await startEmulator()
  await makeDeps(emulator).api.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

const at = (name: string): string => join(directory, name)

async function push(
  texts: Readonly<Record<string, string>>
): Promise<{ report: Report; warnings: readonly string[]; writing: readonly string[] }> {
  const before = (await emulator.operations()).length
  const deps = makeDeps(emulator)
  const report = await pushTar(makeInputs('push-tar', { repository: 'team/app', ...texts }), deps)
  const operations = (await emulator.operations()).slice(before)
  return {
    report,
    warnings: deps.lines.flatMap((line) => /^warning: (.*)$/s.exec(line)?.[1] ?? []),
    writing: operations.filter((operation) => WRITING.test(operation))
  }
}

interface Served {
  readonly mediaType: string
  readonly manifests: readonly {
    readonly digest: string
    readonly size: number
    readonly platform?: Readonly<Record<string, unknown>>
    readonly annotations?: Readonly<Record<string, string>>
  }[]
  readonly layers: readonly { readonly size: number; readonly digest: string }[]
}

async function getManifest(reference: string): Promise<Served> {
  const deps = makeDeps(emulator)
  const registry = await deps.openRegistry(emulator.host)
  const served = await registry.findManifest('a1b2c3d4/team/app', reference, {
    maxAttempts: 1,
    budgetMilliseconds: 10_000,
    signal: new AbortController().signal
  })
  if (served === undefined) throw new Error(`${reference} is not in the registry`)
  return JSON.parse(served.bytes.toString()) as Served
}

const shared = { 'etc/os-release': 'ID=test\n'.repeat(5000) }
const build = (
  architecture: string,
  options: Parameters<typeof buildImage>[0] = {},
  variant?: string
): TestImage =>
  buildImage({
    layers: [shared, { 'app/arch': architecture }],
    platform: { os: 'linux', architecture, ...(variant === undefined ? {} : { variant }) },
    ...options
  })
const amd64 = build('amd64', { tags: ['ex.com/app:1', 'ex.com/app:latest'] })
const arm64 = build('arm64', { tags: ['ex.com/app:1', 'ex.com/app:arm'] }, 'v8')

describe.each([
  ['OCI layouts', writeOciArchive],
  ['docker save archives', writeDockerArchive]
] as const)('two %s', (_name, write) => {
  it('become one index in the order of "tar", with the union of their tags', async () => {
    await write(at('arm.tar'), [arm64])
    await write(at('amd.tar'), [amd64])
    const { report } = await push({ tar: `${at('arm.tar')}\n${at('amd.tar')}` })
    expect(report.outputs['image-uris']).toEqual(
      ['1', 'arm', 'latest'].map((tag) => `${emulator.host}/a1b2c3d4/team/app:${tag}`)
    )
    const index = await getManifest('latest')
    expect(index.mediaType).toBe(MEDIA_TYPES.ociIndex)
    expect(index.manifests.map(({ platform }) => platform)).toEqual([
      { architecture: 'arm64', os: 'linux', variant: 'v8' },
      { architecture: 'amd64', os: 'linux' }
    ])
    const platforms = await Promise.all(
      index.manifests.map(async ({ digest }, position) => {
        const { layers } = await getManifest(digest)
        const size = layers.reduce((sum, layer) => sum + layer.size, 0)
        return { platform: ['linux/arm64/v8', 'linux/amd64'][position], digest, size }
      })
    )
    expect(report.outputs.platforms).toEqual(platforms)
    const rows = report.plan.filter(({ kind }) => kind === 'manifest')
    expect(rows.map(({ action, platform }) => [action, platform])).toEqual([
      ['push', 'linux/arm64/v8'],
      ['push', 'linux/amd64']
    ])
  })

  it('change nothing and give the same digest the second time', async () => {
    await write(at('amd.tar'), [amd64])
    await write(at('arm.tar'), [arm64])
    const tar = at('*.tar')
    const first = await push({ tar })
    expect(first.report.changed).toBe(true)
    for (const ifTagExists of ['move', 'fail', 'skip']) {
      const again = await push({ tar, 'if-tag-exists': ifTagExists })
      expect(again.writing).toEqual([])
      expect(again.report.changed).toBe(false)
      expect(again.report.outputs.digest).toBe(first.report.outputs.digest)
      expect(again.report.outputs.platforms).toEqual(first.report.outputs.platforms)
    }
    const other = await startEmulator()
    await makeDeps(other).api.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
    const inputs = makeInputs('push-tar', { repository: 'team/app', tar })
    const elsewhere = await pushTar(inputs, makeDeps(other))
    expect(elsewhere.outputs.digest).toBe(first.report.outputs.digest)
  })

  it('send a layer that both have once', async () => {
    await write(at('amd.tar'), [amd64])
    await write(at('arm.tar'), [arm64])
    const { report, writing } = await push({ tar: at('*.tar') })
    // Three layers and two configs.
    expect(writing.filter((operation) => operation.startsWith('Complete'))).toHaveLength(5)
    expect(report.plan.filter(({ kind }) => kind === 'layer')).toHaveLength(3)
    expect(writing.filter((operation) => operation === 'PutImage')).toHaveLength(2 + 3)
  })

  it('change nothing the second time if layers are not reused', async () => {
    await write(at('amd.tar'), [amd64])
    await write(at('arm.tar'), [arm64])
    const texts = { tar: at('*.tar'), 'reuse-layers': 'false' }
    await push(texts)
    const { report, writing } = await push(texts)
    expect([report.changed, writing]).toEqual([false, []])
  })

  it('do not send layers again after PutImage failed', async () => {
    await write(at('amd.tar'), [amd64])
    await write(at('arm.tar'), [arm64])
    await emulator.fault({ operation: 'PutImage', fault: 'server-error' })
    await expect(push({ tar: at('*.tar') })).rejects.toThrow()
    await emulator.clearFaults()
    const { writing } = await push({ tar: at('*.tar') })
    expect(new Set(writing)).toEqual(new Set(['PutImage']))
  })

  it.each(['is truncated', 'has other bytes'])(
    'set no tag if one %s while they are sent, and a repeated run pushes the new image',
    async (change) => {
      // The largest layer is sent first, and the next one is read after it.
      const first = build('amd64', { layers: [{ large: 'x'.repeat(300_000) }] })
      await write(at('amd.tar'), [first])
      await write(at('arm.tar'), [build('arm64', { layers: [{ small: 'y'.repeat(100_000) }] })])
      let isChanged = false
      emulator.onRequest(({ headers }) => {
        if (isChanged || !String(headers['x-amz-target']).endsWith('.UploadLayerPart')) return
        isChanged = true
        const { size } = statSync(at('arm.tar'))
        if (change === 'is truncated') truncateSync(at('arm.tar'), size / 2)
        else {
          const file = openSync(at('arm.tar'), 'r+')
          writeSync(file, Buffer.alloc(1024), 0, 1024, Math.floor(size / 2))
          closeSync(file)
        }
      })
      const texts = { tar: at('*.tar'), concurrency: '1' }
      await expect(push(texts)).rejects.toThrow(/The file changed while it was read|is damaged/)
      expect(isChanged).toBe(true)
      expect((await emulator.operations()).includes('PutImage')).toBe(false)
      await write(at('arm.tar'), [arm64])
      const { report } = await push({ tar: at('*.tar') })
      expect((await getManifest('1')).manifests).toHaveLength(2)
      expect(report.changed).toBe(true)
    }
  )

  it('are reported and not pushed in a dry run', async () => {
    await write(at('amd.tar'), [amd64])
    await write(at('arm.tar'), [arm64])
    const { report, writing } = await push({ tar: at('*.tar'), 'dry-run': 'true' })
    expect(writing).toEqual([])
    const pushed = await push({ tar: at('*.tar') })
    expect(report.outputs).toEqual(pushed.report.outputs)
    expect(report.plan).toEqual(pushed.report.plan)
  })

  it('are rejected with both paths if they are different images of one platform', async () => {
    const other = build('arm64', { layers: [{ other: 'other' }] })
    await write(at('one.tar'), [arm64])
    await write(at('two.tar'), [other])
    await expect(push({ tar: at('*.tar') })).rejects.toThrow(
      `different images for the same platform: "linux/arm64/v8". The archives are ${at('one.tar')} and ${at('two.tar')}.`
    )
  })

  it('keep the digest of the image if both are the same one', async () => {
    await write(at('one.tar'), [amd64])
    await write(at('two.tar'), [amd64])
    const both = await push({ tar: at('*.tar') })
    const one = await push({ tar: at('one.tar') })
    expect(one.report.outputs.digest).toBe(both.report.outputs.digest)
    expect(one.writing).toEqual([])
    expect(both.report.outputs.platforms).toHaveLength(1)
  })
})

describe('archives with the same index, each with the content of one platform', () => {
  const s390x = build('s390x')
  const attestations = [amd64, arm64].map(buildAttestation)
  const multi = buildIndex([amd64, arm64, ...attestations, s390x], {
    tags: ['ex.com/app:1'],
    descriptors: [
      undefined,
      undefined,
      attestationDescriptor(amd64),
      attestationDescriptor(arm64),
      undefined
    ]
  })
  const all = [...multi.children] as TestImage[]
  const blobs = (images: readonly TestImage[]): string[] =>
    images.flatMap(({ content, configDigest, layers }) => [
      content.digest,
      configDigest,
      ...layers.map(({ digest }) => digest)
    ])
  /** Writes the whole index with the content of these manifests. */
  const writePart = async (
    name: string,
    images: readonly TestImage[],
    write: typeof writeOciArchive = writeOciArchive
  ): Promise<void> => {
    const kept = new Set(blobs(images))
    const without = blobs(all).filter((digest) => !kept.has(digest))
    await write(at(name), [multi], { without, manifestJson: true })
  }
  const [amdAttestation, armAttestation] = attestations as [TestImage, TestImage]

  it('become this index, with the attestations of all of them', async () => {
    await writePart('a.tar', [amd64, amdAttestation])
    await writePart('b', [arm64, armAttestation], writeOciDirectory)
    await writePart('c.tar', [s390x])
    const { report, warnings } = await push({ tar: at('*') })
    expect(warnings).toEqual([])
    expect(report.outputs.digest).toBe(multi.content.digest)
    const pulled = await pullImage(emulator, 'team/app', '1')
    expect(pulled.map(({ digest }) => digest)).toEqual(all.map(({ content }) => content.digest))
    const again = await push({ tar: at('*') })
    expect([again.report.changed, again.writing]).toEqual([false, []])
  })

  it('become this index if one of them has several platforms, in any order', async () => {
    await writePart('a.tar', [amd64, amdAttestation, s390x])
    await writePart('b.tar', [arm64, armAttestation])
    for (const tar of [`${at('a.tar')}\n${at('b.tar')}`, `${at('b.tar')}\n${at('a.tar')}`]) {
      const { report } = await push({ tar })
      expect(report.outputs.digest).toBe(multi.content.digest)
    }
  })

  it('become an index of their platforms, with a warning about what none of them contains', async () => {
    await writePart('a.tar', [amd64, amdAttestation])
    await writePart('b.tar', [arm64])
    const { report, warnings } = await push({ tar: at('*.tar') })
    expect((await getManifest('1')).manifests.map(({ digest }) => digest)).toEqual(
      [amd64, arm64].map(({ content }) => content.digest)
    )
    const missing = 'None of the archives contains an attestation, linux/s390x.'
    expect(warnings).toEqual([
      `${at('a.tar')}: Only linux/amd64 of this archive is pushed. ${missing}`,
      `${at('a.tar')}: The attestation of this image is not pushed, because its index is not complete.`,
      `${at('b.tar')}: Only linux/arm64/v8 of this archive is pushed. ${missing}`
    ])
    expect(report.outputs.platforms).toHaveLength(2)
  })

  it('are rejected if one has several platforms, and one platform is in none of them', async () => {
    await writePart('a.tar', [amd64, amdAttestation, arm64])
    await writePart('b.tar', [arm64, armAttestation])
    await expect(push({ tar: at('*.tar') })).rejects.toThrow(
      `several platforms of the image, but not all of them: "${at('a.tar')}". It contains linux/amd64, linux/arm64/v8. Missing: linux/s390x.`
    )
  })

  it('are rejected if another archive has another image for a platform', async () => {
    await writePart('a.tar', [amd64, amdAttestation, s390x])
    await writePart('b.tar', [arm64, armAttestation])
    await writeOciArchive(at('c.tar'), [build('arm64', { layers: [{ other: 'other' }] }, 'v8')])
    await expect(push({ tar: at('*.tar') })).rejects.toThrow(
      `different images for the same platform: "linux/arm64/v8". The archives are ${at('a.tar')} and ${at('c.tar')}.`
    )
  })

  it('are rejected before anything is sent if a layer of another archive has another type', async () => {
    const path = at('b.tar')
    await writePart('a.tar', [amd64, amdAttestation, s390x])
    await writePart('b.tar', [arm64, armAttestation])
    const bytes = await readFile(path)
    const position = bytes.indexOf(arm64.layers[1]!.blob)
    await writeFile(path, bytes.fill(0x20, position, position + 16))
    const before = (await emulator.operations()).length
    await expect(push({ tar: at('*.tar') })).rejects.toThrow(
      `A layer in ${path} does not have the format of its media type`
    )
    expect((await emulator.operations()).slice(before)).toEqual([])
  })

  it('do not complete an image that is not an index', async () => {
    await writeOciArchive(at('a.tar'), [amd64], { without: [amd64.layers[1]!.digest] })
    await writeOciArchive(at('b.tar'), [amd64])
    await expect(push({ tar: at('*.tar') })).rejects.toThrow(
      `The archive does not contain the whole image: "${at('a.tar')}"`
    )
  })
})

describe('an index with manifests that the repository has', () => {
  const index = buildIndex([amd64, arm64])
  const writeBoth = async (): Promise<void> => {
    await writeOciArchive(at('amd.tar'), [amd64])
    await writeOciArchive(at('index.tar'), [index])
    await push({ tar: at('amd.tar'), 'image-tags': 'amd' })
  }

  it('is put with only the other manifests', async () => {
    await writeBoth()
    const { report, writing } = await push({ tar: at('index.tar'), 'image-tags': 'v1' })
    expect(writing.filter((operation) => operation === 'PutImage')).toHaveLength(2)
    expect(report.plan.filter(({ kind }) => kind === 'manifest')).toMatchObject([
      { action: 'keep', platform: 'linux/amd64' },
      { action: 'push', platform: 'linux/arm64/v8' }
    ])
    expect((await pullImage(emulator, 'team/app', 'v1')).map(({ digest }) => digest)).toEqual(
      [amd64, arm64].map(({ content }) => content.digest)
    )
  })

  it.each(['index.tar', '{amd,arm}.tar'])(
    'is put with all of them if one is deleted meanwhile (%s)',
    async (tar) => {
      await writeBoth()
      await writeOciArchive(at('arm.tar'), [arm64])
      const { api } = makeDeps(emulator)
      let isDeleted = false
      const deleting = interceptApi(api, async (command, send) => {
        if (command instanceof PutImageCommand && !isDeleted) {
          isDeleted = true
          const imageIds = [{ imageDigest: amd64.content.digest }]
          await api.send(new BatchDeleteImageCommand({ repositoryName: 'team/app', imageIds }))
        }
        return send(command)
      })
      const inputs = { repository: 'team/app', tar: at(tar), 'image-tags': 'v1' }
      await pushTar(makeInputs('push-tar', inputs), makeDeps(emulator, { api: deleting }))
      expect(isDeleted).toBe(true)
      expect(await pullImage(emulator, 'team/app', 'v1')).toHaveLength(2)
    }
  )
})

describe('archives of several kinds', () => {
  it('add the manifests of an index with its attestations, and a docker save archive', async () => {
    const attestation = buildAttestation(amd64)
    const s390x = build('s390x')
    const nested = buildIndex([
      buildIndex([amd64, attestation], {
        descriptors: [undefined, attestationDescriptor(amd64)]
      }),
      s390x
    ])
    await writeOciArchive(at('a.tar'), [nested])
    await writeDockerArchive(at('b.tar'), [arm64])
    const { report } = await push({ tar: at('*.tar'), 'image-tags': 'v1' })
    const { manifests } = await getManifest('v1')
    expect(manifests.slice(0, 3).map(({ digest }) => digest)).toEqual([
      amd64.content.digest,
      attestation.content.digest,
      s390x.content.digest
    ])
    expect(manifests[1]).toMatchObject(attestationDescriptor(amd64))
    expect(manifests[3]?.platform).toMatchObject({ architecture: 'arm64' })
    expect(
      (report.outputs.platforms as { platform: string }[]).map((each) => each.platform)
    ).toEqual(['linux/amd64', 'linux/s390x', 'linux/arm64/v8'])
    expect((await push({ tar: at('*.tar'), 'image-tags': 'v1' })).report.changed).toBe(false)
  })

  it('take os.version and os.features of Windows images from their configs', async () => {
    const windows = (version: string): TestImage =>
      buildImage({
        layers: [{ version }],
        platform: { os: 'windows', architecture: 'amd64' },
        config: { 'os.version': version, 'os.features': ['win32k'] }
      })
    await writeDockerArchive(at('a.tar'), [windows('10.0.17763.2114')])
    await writeOciArchive(at('b.tar'), [windows('10.0.20348.169')])
    const { report } = await push({ tar: at('*.tar'), 'image-tags': 'v1' })
    expect(report.outputs.platforms).toEqual(
      ['10.0.17763.2114', '10.0.20348.169'].map(
        (osVersion) => expect.objectContaining({ platform: 'windows/amd64', osVersion }) as unknown
      )
    )
    const { manifests } = await getManifest('v1')
    expect(manifests.map(({ platform }) => platform)).toEqual(
      ['10.0.17763.2114', '10.0.20348.169'].map((version) => ({
        architecture: 'amd64',
        os: 'windows',
        'os.version': version,
        'os.features': ['win32k']
      }))
    )
  })

  it('keep artifacts with the platform of their image, which are not images of their own', async () => {
    const withSoci = (image: TestImage): TestIndex =>
      buildIndex([image, buildSociIndex(image)], {
        descriptors: [undefined, sociDescriptor(image)]
      })
    await writeOciArchive(at('a.tar'), [withSoci(amd64)])
    await writeOciArchive(at('b.tar'), [withSoci(arm64)])
    const rows = [amd64, arm64].map(
      ({ content: { digest } }) => expect.objectContaining({ digest }) as unknown
    )
    const single = await push({ tar: at('a.tar'), 'image-tags': 'v1' })
    expect(single.report.outputs.platforms).toEqual(rows.slice(0, 1))
    const { report, warnings } = await push({ tar: at('*.tar'), 'image-tags': 'v1' })
    expect(report.outputs.platforms).toEqual(rows)
    expect(warnings).toEqual([])
    const { manifests } = await getManifest('v1')
    expect(manifests.filter((each) => 'artifactType' in each)).toMatchObject(
      [amd64, arm64].map((image) => ({
        ...sociDescriptor(image),
        digest: buildSociIndex(image).content.digest,
        platform: image.platform
      }))
    )
  })

  it('count artifacts for a platform that do not belong to an image, as "oras manifest index create" lists them', async () => {
    const artifactType = 'application/vnd.example.program'
    const program = (architecture: string, text: string): TestImage =>
      buildImage({
        layers: [Buffer.from(text)],
        platform: { os: 'linux', architecture },
        config: { rootfs: undefined },
        manifest: { artifactType }
      })
    const programs = (...children: TestImage[]): TestIndex =>
      buildIndex(children, { descriptors: children.map(() => ({ artifactType })) })
    await writeOciArchive(at('a.tar'), [programs(program('amd64', 'a'), program('arm64', 'b'))])
    await writeOciArchive(at('b.tar'), [programs(program('amd64', 'c'))])
    const { report } = await push({ tar: at('a.tar'), 'image-tags': 'v1' })
    expect(report.outputs.platforms).toMatchObject([
      { platform: 'linux/amd64' },
      { platform: 'linux/arm64' }
    ])
    await expect(push({ tar: at('*.tar'), 'image-tags': 'v1' })).rejects.toThrow(
      'different images for the same platform: "linux/amd64"'
    )
    const { warnings } = await push({ tar: at('b.tar'), 'image-tags': 'v1' })
    expect(warnings).toEqual([expect.stringContaining('v1 loses platforms: linux/arm64.')])
  })

  it('keep each platform of a manifest that an index lists for two platforms', async () => {
    const arm = build('arm')
    const platforms = ['v6', 'v7'].map((variant) => ({ os: 'linux', architecture: 'arm', variant }))
    const descriptors = platforms.map((platform) => ({ platform }))
    await writeOciArchive(at('arm.tar'), [buildIndex([arm, arm], { descriptors })])
    await writeDockerArchive(at('amd.tar'), [amd64])
    const single = await push({ tar: at('arm.tar'), 'image-tags': 'arm' })
    const { report, writing, warnings } = await push({ tar: at('*.tar'), 'image-tags': 'arm' })
    expect(warnings).toEqual([])
    const { digest } = arm.content
    const rows = ['linux/arm/v6', 'linux/arm/v7'].map(
      (platform) => expect.objectContaining({ platform, digest }) as unknown
    )
    expect(single.report.outputs.platforms).toEqual(rows)
    expect(report.outputs.platforms).toEqual([
      expect.objectContaining({ platform: 'linux/amd64' }),
      ...rows
    ])
    const index = await getManifest('arm')
    expect(index.manifests.slice(1).map((each) => [each.digest, each.platform])).toEqual(
      platforms.map((platform) => [digest, platform])
    )
    expect(report.plan.filter((change) => change.target.endsWith(digest))).toHaveLength(1)
    // The manifest for amd64 and the index. The manifest for arm is already in the repository.
    expect(writing.filter((operation) => operation === 'PutImage')).toHaveLength(2)
    const elsewhere = await startEmulator()
    const deps = makeDeps(elsewhere)
    await deps.api.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
    await pushTar(
      makeInputs('push-tar', { repository: 'team/app', tar: at('*.tar'), 'image-tags': 'arm' }),
      deps
    )
    const put = (await elsewhere.operations()).filter((operation) => operation === 'PutImage')
    expect(put).toHaveLength(3)
  })

  it('keep the platforms of the descriptors if the configs have other ones', async () => {
    const other = { platform: { os: 'linux', architecture: 'arm64' } }
    const index = buildIndex([amd64, amd64], { descriptors: [undefined, other] })
    await writeOciArchive(at('index.tar'), [index])
    const { report } = await push({ tar: at('index.tar'), 'image-tags': '1' })
    const names = (report.outputs.platforms as { platform: string }[]).map((each) => each.platform)
    expect(names).toEqual(['linux/amd64', 'linux/arm64'])
    await makeDeps(emulator).api.send(new CreateRepositoryCommand({ repositoryName: 'team/copy' }))
    const promoted = await push({ repository: 'team/copy', from: 'team/app:1', 'image-tags': '1' })
    expect(promoted.report.outputs.platforms).toEqual(report.outputs.platforms)
  })

  it('choose an image in each archive', async () => {
    const other = build('amd64', { layers: [{ o: 'o' }], tags: ['ex.com/other:1'] })
    await writeDockerArchive(at('a.tar'), [other, amd64])
    await writeDockerArchive(at('b.tar'), [arm64])
    await push({ tar: at('*.tar'), 'archive-image': 'ex.com/app:1' })
    expect((await getManifest('1')).manifests).toHaveLength(2)
    await expect(push({ tar: at('*.tar'), 'archive-image': 'ex.com/other:1' })).rejects.toThrow(
      `does not match any image of ${at('b.tar')}`
    )
  })

  it('take the platforms of images with encrypted layers from their configs', async () => {
    const layer = buildBlob(Buffer.from('encrypted'), `${MEDIA_TYPES.ociLayerGzip}+encrypted`)
    const manifest = { layers: [descriptorOf(layer)] }
    const extra = { blobs: [layer.bytes] }
    await writeOciArchive(at('a.tar'), [build('amd64', { manifest })], extra)
    await writeOciArchive(at('b.tar'), [build('arm64', { manifest }, 'v8')], extra)
    const { report } = await push({ tar: at('*.tar'), 'image-tags': '1' })
    expect(report.outputs.platforms).toMatchObject([
      { platform: 'linux/amd64' },
      { platform: 'linux/arm64/v8' }
    ])
  })

  it('are rejected if an image does not have a platform', async () => {
    await writeDockerArchive(at('a.tar'), [amd64])
    await writeDockerArchive(at('b.tar'), [build('', { tags: ['ex.com/x:1'] })])
    await expect(push({ tar: at('*.tar') })).rejects.toThrow(
      `does not have a platform: "${at('b.tar')}"`
    )
  })

  it('are rejected before anything is sent if one of them is malformed', async () => {
    await writeDockerArchive(at('a.tar'), [amd64])
    await writeFile(at('b.tar'), '{"message":"Not Found"}')
    const before = (await emulator.operations()).length
    await expect(push({ tar: at('*.tar') })).rejects.toThrow(/not a tar archive: ".*b\.tar"/)
    expect((await emulator.operations()).slice(before)).toEqual([])
  })

  it.each([
    ['OCI layout', writeOciArchive],
    ['layout directory', writeOciDirectory]
  ] as const)('are named with a damaged layer (%s)', async (_name, write) => {
    const text = build('arm64', { layers: [Buffer.from('<html></html>')] })
    await writeOciArchive(at('amd'), [amd64])
    await write(at('arm'), [text])
    await expect(push({ tar: `${at('amd')}\n${at('arm')}`, 'image-tags': '1' })).rejects.toThrow(
      `A layer is not a tar archive: "${at('arm')}: blobs/sha256/${text.layers[0]!.digest.slice(7)}"`
    )
  })

  it('keep the signature of a platform image, and warn about the one of an index', async () => {
    const refer = (name: string, subject: TestImage['content']): TestImage =>
      buildImage({
        layers: [{ [name]: name }],
        tags: [],
        manifest: { subject: descriptorOf(subject), artifactType: 'application/example' }
      })
    const index = buildIndex([amd64])
    const [kept, dropped] = [refer('kept', amd64.content), refer('dropped', index.content)]
    await writeOciArchive(at('a.tar'), [index, kept, dropped])
    await writeOciArchive(at('b.tar'), [arm64])
    const { report, warnings } = await push({ tar: at('*.tar') })
    const digests = report.plan
      .filter(({ kind }) => kind === 'manifest')
      .map(({ target }) => target)
    expect(digests).toContain(`team/app@${kept.content.digest}`)
    expect(digests).not.toContain(`team/app@${dropped.content.digest}`)
    expect(warnings).toEqual([expect.stringMatching(/^1 referrers \(such as signatures\)/)])
  })
})

describe('referrer tags', () => {
  const sign = (name: string): TestImage =>
    buildImage({
      layers: [{ [name]: name }],
      tags: [`ex.com/app:${amd64.content.digest.replace(':', '-')}.sig`]
    })

  it('are rejected if two archives use one for different signatures', async () => {
    const [one, other] = [sign('one'), sign('other')]
    await writeOciArchive(at('a.tar'), [amd64, one], { naming: 'tag' })
    await writeOciArchive(at('b.tar'), [amd64, other], { naming: 'tag' })
    await writeOciArchive(at('c.tar'), [arm64], { naming: 'tag' })
    for (const tar of [at('*.tar'), at('{a,b}.tar')]) {
      await expect(push({ tar })).rejects.toThrow(
        `different referrers (such as signatures) with the same tag: "${amd64.content.digest.replace(':', '-')}.sig". The archives are ${at('a.tar')} and ${at('b.tar')}.`
      )
    }
    const operations = await emulator.operations()
    expect(operations.filter((operation) => WRITING.test(operation))).toEqual([])
  })

  it('are set once if two archives have the same signature', async () => {
    const one = sign('one')
    await writeOciArchive(at('a.tar'), [amd64, one], { naming: 'tag' })
    await writeOciArchive(at('b.tar'), [amd64, one], { naming: 'tag' })
    const { report } = await push({ tar: at('*.tar') })
    expect(report.plan.filter(({ target }) => target.endsWith('.sig'))).toHaveLength(1)
  })
})

it('uses the tags of ctr without a warning about its name with a digest', async () => {
  const named = `ex.com/app@${amd64.content.digest}`
  const tags = ['ex.com/app:1', named]
  await writeDockerArchive(at('ctr.tar'), [build('amd64', { tags })])
  const { report, warnings } = await push({ tar: at('ctr.tar') })
  expect(report.outputs['image-uris']).toEqual([`${emulator.host}/a1b2c3d4/team/app:1`])
  expect(warnings).toEqual([])
})

describe('the lines of "tar"', () => {
  it('name files, directories and globs, also with commas and braces', async () => {
    await mkdir(at('out'))
    await writeOciDirectory(at('out/amd64'), [amd64])
    await writeOciDirectory(at('out/arm64'), [arm64])
    await writeDockerArchive(at('s,390{x}.tar'), [build('s390x')])
    const tar = `# all\n${at('out/{amd64,arm64}')}\n${at('s,390{x}.tar')}, \n`
    await push({ tar: tar.replace(', \n', '\n'), 'image-tags': 'v1' })
    expect((await getManifest('v1')).manifests).toHaveLength(3)
    await push({ tar: `${at('out/arm64')},${at('out/*')}`, 'image-tags': 'v2' })
    const { manifests } = await getManifest('v2')
    expect(manifests.map(({ digest }) => digest)).toEqual([
      arm64.content.digest,
      amd64.content.digest
    ])
  })

  it('are rejected if a glob does not match anything', async () => {
    await writeDockerArchive(at('a.tar'), [amd64])
    await expect(push({ tar: `${at('a.tar')}\n${at('*.tgz')}` })).rejects.toThrow(
      `does not match any file or directory: "${at('*.tgz')}"`
    )
  })
})

describe('the input "image-tags"', () => {
  it('accepts whole references to the target repository', async () => {
    await writeOciArchive(at('a.tar'), [amd64])
    const uri = `${emulator.host}/a1b2c3d4/team/app`
    const { report } = await push({ tar: at('a.tar'), 'image-tags': `${uri}:v1\nv1, v2` })
    expect(report.outputs['image-uris']).toEqual([`${uri}:v1`, `${uri}:v2`])
  })

  it.each([
    ['ghcr.io/team/app:v1', /reference to another repository: "ghcr\.io\/team\/app:v1"/],
    ['a1b2c3d4/team/other:v1', /reference to another repository/],
    ['team/app', /A tag is invalid: "team\/app"\. .*does not contain|A tag is invalid/],
    ['1.0+build', /A tag is invalid: "1\.0\+build"\. A tag cannot contain "\+"/],
    ['-x', /A tag cannot start with "-"/]
  ])('rejects %s', async (tag, message) => {
    await writeOciArchive(at('a.tar'), [amd64])
    await expect(push({ tar: at('a.tar'), 'image-tags': tag })).rejects.toThrow(message)
    expect((await emulator.operations()).filter((each) => WRITING.test(each))).toEqual([])
  })

  it.each([
    ['OCI layout', writeOciArchive],
    ['docker save archive', writeDockerArchive]
  ] as const)('pushes an %s without a tag if it is none', async (_name, write) => {
    await write(at('a.tar'), [amd64])
    const texts = { tar: at('a.tar'), 'image-tags': 'none' }
    const { report } = await push(texts)
    expect(report.outputs['image-uris']).toEqual([])
    expect(report.plan.filter(({ kind }) => kind === 'tag')).toEqual([])
    expect(await getManifest(report.outputs.digest as string)).toBeDefined()
    for (const ifTagExists of ['move', 'fail', 'skip']) {
      const again = await push({ ...texts, 'if-tag-exists': ifTagExists })
      expect([again.report.outputs.digest, again.writing]).toEqual([report.outputs.digest, []])
      expect(again.report.changed).toBe(false)
    }
  })

  it.each(['fail', 'skip'])(
    'pushes new images without a tag if if-tag-exists is %s',
    async (value) => {
      const texts = { 'image-tags': 'none', 'if-tag-exists': value }
      await writeDockerArchive(at('a.tar'), [amd64])
      await writeDockerArchive(at('b.tar'), [arm64])
      for (const tar of [at('a.tar'), at('*.tar')]) {
        const { report, writing } = await push({ tar, ...texts })
        expect(writing).toContain('PutImage')
        expect(report.outputs['image-uris']).toEqual([])
        expect(await getManifest(report.outputs.digest as string)).toBeDefined()
        expect((await push({ tar, ...texts })).writing).toEqual([])
      }
    }
  )

  it('is required if no name of the archive is a tag, with all names', async () => {
    const digestName = `ex.com/app@${amd64.content.digest}`
    const tags = ['1.0.0+build.5', digestName, 'feature/x']
    const manifests = tags.map((name) => ({
      ...descriptorOf(amd64.content),
      annotations: { 'org.opencontainers.image.ref.name': name }
    }))
    await writeOciArchive(at('a.tar'), [amd64], { index: { manifests } })
    await expect(push({ tar: at('a.tar') })).rejects.toThrow(
      `The archive does not contain a tag for the image. Its names cannot be used as tags: ${tags.join(', ')}. A tag cannot contain "+". The name contains the digest of the image instead of a tag. A tag cannot contain "/". Set the input "image-tags", for example to "1.0.0-build.5".`
    )
  })

  it('is required if the archive has only the name with the digest', async () => {
    const name = `ex.com/app@${amd64.content.digest}`
    const annotations = { 'org.opencontainers.image.ref.name': name }
    const manifests = [{ ...descriptorOf(amd64.content), annotations }]
    await writeOciArchive(at('a.tar'), [amd64], { index: { manifests } })
    await expect(push({ tar: at('a.tar') })).rejects.toThrow(
      `This name cannot be used as a tag. The name contains the digest of the image instead of a tag. Set the input "image-tags", or set it to "none" to push the image without a tag.`
    )
  })

  it('is required if manifest.json has only a name without a tag', async () => {
    await writeDockerArchive(at('a.tar'), [buildImage({ tags: ['app'] })])
    await expect(push({ tar: at('a.tar') })).rejects.toThrow(
      'The archive does not contain a tag for the image: "app". This name cannot be used as a tag. It does not contain a tag. Set the input "image-tags", or set it to "none" to push the image without a tag.'
    )
  })

  it.each([
    [
      'docker.io/unset-repo/unset-image-name:latest',
      'It is the placeholder of kaniko for an image without a destination. Set the input "image-tags", or set it to "none" to push the image without a tag.'
    ],
    [
      '1.0.0+build.5',
      'A tag cannot contain "+". Set the input "image-tags", for example to "1.0.0-build.5".'
    ],
    [
      'ghcr.io/team/app:1.0.0+build.5',
      'A tag cannot contain "+". Set the input "image-tags", for example to "1.0.0-build.5".'
    ],
    [
      'localhost:5000/app:.x',
      'A tag cannot start with ".". Set the input "image-tags", for example to "x".'
    ],
    [
      `app:${'a'.repeat(129)}`,
      `A tag has at most 128 characters. Set the input "image-tags", for example to "${'a'.repeat(128)}".`
    ],
    [
      'feature/x',
      'A tag cannot contain "/". Set the input "image-tags", for example to "feature-x".'
    ]
  ])('is required if the archive has only the name %s', async (name, message) => {
    const annotations = { 'org.opencontainers.image.ref.name': name }
    const manifests = [{ ...descriptorOf(amd64.content), annotations }]
    await writeOciArchive(at('a.tar'), [amd64], { index: { manifests } })
    await expect(push({ tar: at('a.tar') })).rejects.toThrow(
      `The archive does not contain a tag for the image: "${name}". This name cannot be used as a tag. ${message}`
    )
    const named = [{ ...manifests[0], annotations: {} }, ...manifests].map((each, position) =>
      position === 0
        ? { ...each, annotations: { 'org.opencontainers.image.ref.name': 'v1' } }
        : each
    )
    await writeOciArchive(at('a.tar'), [amd64], { index: { manifests: named } })
    const { warnings, report } = await push({ tar: at('a.tar') })
    expect(report.outputs['image-uris']).toHaveLength(1)
    expect(warnings).toEqual([
      expect.stringContaining(`The name "${name}" in the archive is not used`)
    ])
  })
})
