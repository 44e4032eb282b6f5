import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateRepositoryCommand } from '@aws-sdk/client-ecr-public'
import type { PutImageCommand } from '@aws-sdk/client-ecr-public'
import { pushTar } from '../../src/push-tar/push-tar.js'
import type { Deps } from '../../src/runner/deps.js'
import type { Report } from '../../src/runner/report.js'
import { MEDIA_TYPES } from '../../src/oci/media-types.js'
import {
  buildBlob,
  buildImage,
  buildIndex,
  descriptorOf,
  writeDockerArchive,
  writeOciArchive
} from '../helpers/archives.js'
import type { TestImage, TestIndex } from '../helpers/archives.js'
import { makeDeps } from '../helpers/make-deps.js'
import type { TestDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'

const WRITING = /^(?:Initiate|Upload|Complete|Put)/

let directory: string
let archives = 0
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'push-platforms-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

async function start(): Promise<RunningEmulator> {
  const emulator = await startEmulator()
  await makeDeps(emulator).api.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
  return emulator
}

async function push(
  emulator: RunningEmulator,
  image: TestImage | TestIndex,
  texts: Readonly<Record<string, string>> = {},
  overrides: Parameters<typeof makeDeps>[1] = {}
): Promise<{ report: Report; deps: TestDeps }> {
  const tar = join(directory, `${++archives}.tar`)
  if (image.kind === 'index') await writeOciArchive(tar, [image])
  else await writeDockerArchive(tar, [image])
  const deps = makeDeps(emulator, overrides)
  const inputs = makeInputs('push-tar', {
    repository: 'team/app',
    tar,
    'image-tags': 'v',
    ...texts
  })
  return { report: await pushTar(inputs, deps), deps }
}

const imageFor = (architecture: string, variant?: string, version = '1'): TestImage =>
  buildImage({
    layers: [{ version: `${architecture}${version}` }],
    platform: { os: 'linux', architecture, ...(variant === undefined ? {} : { variant }) }
  })

const warnings = ({ lines }: TestDeps): string[] =>
  lines.filter((line) => line.startsWith('warning: '))

describe('a tag that loses platforms', () => {
  const amd = imageFor('amd64')
  const arm = imageFor('arm64')

  it.each<[string, TestImage | TestIndex, TestImage | TestIndex, string]>([
    ['of a single image', amd, arm, 'linux/amd64'],
    [
      'of an index, to a single image',
      buildIndex([amd, arm]),
      imageFor('amd64', undefined, '2'),
      'linux/arm64'
    ],
    [
      'of an index, to another index',
      buildIndex([amd, arm, imageFor('s390x')]),
      buildIndex([amd, imageFor('ppc64le')]),
      'linux/arm64, linux/s390x'
    ],
    ['of a nested index', buildIndex([buildIndex([amd, arm])]), amd, 'linux/arm64'],
    ['with a variant', imageFor('arm', 'v6'), imageFor('arm', 'v7'), 'linux/arm/v6']
  ])('causes a warning (%s)', async (_name, before, after, lost) => {
    const emulator = await start()
    await push(emulator, before)
    const dry = await push(emulator, after, { 'dry-run': 'true' })
    const real = await push(emulator, after)
    for (const { deps } of [dry, real]) {
      expect(warnings(deps)).toEqual([
        expect.stringContaining(`The tag team/app:v loses platforms: ${lost}.`)
      ])
    }
  })

  it.each<[string, TestImage | TestIndex, TestImage | TestIndex]>([
    ['gets more platforms', amd, buildIndex([imageFor('amd64', undefined, '2'), arm])],
    ['names a new version for the same platform', amd, imageFor('amd64', undefined, '2')],
    ['had arm64 and gets arm64/v8', arm, imageFor('arm64', 'v8')]
  ])('causes no warning if the tag %s', async (_name, before, after) => {
    const emulator = await start()
    await push(emulator, before)
    expect(warnings((await push(emulator, after)).deps)).toEqual([])
  })

  it('causes a warning with another fix if an image is promoted', async () => {
    const emulator = await start()
    await push(emulator, buildIndex([amd, arm]))
    await push(emulator, imageFor('amd64', undefined, '2'), { 'image-tags': 'w' })
    const deps = makeDeps(emulator)
    const inputs = { repository: 'team/app', from: 'team/app:w', 'image-tags': 'v' }
    await pushTar(makeInputs('push-tar', inputs), deps)
    expect(warnings(deps)).toEqual([
      expect.stringMatching(/loses platforms: linux\/arm64\. .* promote an image that has all/)
    ])
  })

  it('causes a warning if another job set the tag during the push', async () => {
    const emulator = await start()
    const { api } = makeDeps(emulator)
    let hasRaced = false
    const send = async (command: unknown): Promise<unknown> => {
      if ((command as object).constructor.name === 'CompleteLayerUploadCommand' && !hasRaced) {
        hasRaced = true
        await push(emulator, arm)
      }
      return api.send(command as PutImageCommand)
    }
    const racing = { send, middlewareStack: api.middlewareStack } as unknown as Deps['api']
    const { deps } = await push(emulator, amd, {}, { api: racing })
    expect(warnings(deps)).toEqual([expect.stringContaining('loses platforms: linux/arm64.')])
  })

  it('causes a warning for the other tags if a tag names an artifact with the media type of an image', async () => {
    const emulator = await start()
    const [layer] = amd.layers
    const annotations = { 'org.opencontainers.image.title': 'bundle.tar.gz' }
    const descriptor = descriptorOf(buildBlob(layer!.blob, MEDIA_TYPES.ociLayerGzip))
    const bundle = buildImage({
      layers: [layer!.tar],
      config: { rootfs: undefined },
      manifest: { layers: [{ ...descriptor, annotations }] }
    })
    const tar = join(directory, 'bundle.tar')
    await writeOciArchive(tar, [bundle])
    const inputs = { repository: 'team/app', tar, 'image-tags': 'a' }
    await pushTar(makeInputs('push-tar', inputs), makeDeps(emulator))
    await push(emulator, buildIndex([amd, arm]), { 'image-tags': 'b' })
    const { deps } = await push(emulator, imageFor('amd64', undefined, '2'), {
      'image-tags': 'a,b'
    })
    expect(warnings(deps)).toEqual([expect.stringContaining('b loses platforms: linux/arm64.')])
  })

  it('does not fail the push if the current image cannot be read', async () => {
    const emulator = await start()
    await push(emulator, amd)
    await emulator.fault({ operation: 'GetManifest', fault: 'server-error' })
    const { report, deps } = await push(emulator, arm)
    expect(report.changed).toBe(true)
    expect(warnings(deps)).toEqual([])
  })
})

describe('wait', () => {
  /** Creates dependencies whose clock moves only while the step sleeps. */
  function withClock(
    emulator: RunningEmulator,
    servesAfter: number
  ): { deps: Partial<Deps>; slept: () => number } {
    let time = 0
    const real = makeDeps(emulator)
    const openRegistry: Deps['openRegistry'] = async (host) => {
      const registry = await real.openRegistry(host)
      return {
        ...registry,
        findManifest: (path, reference, options) =>
          time < servesAfter && !reference.includes(':')
            ? Promise.resolve(undefined)
            : registry.findManifest(path, reference, options)
      }
    }
    const sleep = (milliseconds: number): Promise<void> => {
      time += milliseconds
      return Promise.resolve()
    }
    return { deps: { openRegistry, sleep, now: () => new Date(time) }, slept: () => time }
  }

  it('ends when the registry serves every tag', async () => {
    const emulator = await start()
    const { deps, slept } = withClock(emulator, 60_000)
    const { report } = await push(
      emulator,
      imageFor('amd64'),
      { wait: 'true', 'image-tags': 'a\nb' },
      deps
    )
    expect(report.changed).toBe(true)
    expect(slept()).toBeGreaterThanOrEqual(60_000)
    expect(slept()).toBeLessThan(120_000)
  })

  it('fails after two minutes', async () => {
    const emulator = await start()
    const { deps, slept } = withClock(emulator, Number.POSITIVE_INFINITY)
    await expect(push(emulator, imageFor('amd64'), { wait: 'true' }, deps)).rejects.toThrow(
      /cannot be pulled after two minutes: ".+team\/app:v"\. The registry serves nothing/
    )
    expect(slept()).toBe(120_000)
  })

  it('fails with the last error of the registry', async () => {
    const emulator = await start()
    const { deps } = withClock(emulator, 0)
    await emulator.fault({ operation: 'GetManifest', fault: 'server-error' })
    await expect(
      push(emulator, imageFor('amd64'), { wait: 'true', 'reuse-layers': 'false' }, deps)
    ).rejects.toThrow(
      /cannot be pulled after two minutes: .+ The last read failed: Cannot read the manifest/
    )
  })

  it('does not wait in a dry run, and not by default', async () => {
    const emulator = await start()
    const { deps, slept } = withClock(emulator, Number.POSITIVE_INFINITY)
    await push(emulator, imageFor('amd64'), { wait: 'true', 'dry-run': 'true' }, deps)
    await push(emulator, imageFor('amd64'), {}, deps)
    expect(slept()).toBe(0)
  })
})

describe('a repository that does not exist', () => {
  it('is an empty one in a dry run, with a warning', async () => {
    const emulator = await startEmulator()
    const { api } = makeDeps(emulator)
    await api.send(new CreateRepositoryCommand({ repositoryName: 'other' }))
    const image = imageFor('amd64')
    const dry = await push(emulator, image, { 'dry-run': 'true' })
    expect(warnings(dry.deps)).toEqual([
      expect.stringMatching(
        /The repository team\/app does not exist\. The dry run treats it as empty\./
      )
    ])
    expect((await emulator.operations()).filter((name) => WRITING.test(name))).toEqual([])
    await api.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
    const real = await push(emulator, image)
    expect(dry.report.plan).toEqual(real.report.plan)
    expect(dry.report.outputs).toEqual(real.report.outputs)
  })

  it('has a URI in a dry run only in the own registry', async () => {
    const emulator = await startEmulator()
    const { api } = makeDeps(emulator)
    await api.send(new CreateRepositoryCommand({ repositoryName: 'other' }))
    const uriIn = async (registryId: string): Promise<unknown> => {
      const texts = { 'dry-run': 'true', 'registry-id': registryId }
      return (await push(emulator, imageFor('amd64'), texts)).report.outputs['repository-uri']
    }
    const { host } = new URL(emulator.url)
    expect(await uriIn('123456789012')).toBe(`${host}/a1b2c3d4/team/app`)
    expect(await uriIn('999999999999')).toBe('team/app')
  })

  it('is an error without a dry run', async () => {
    const emulator = await startEmulator()
    await expect(push(emulator, imageFor('amd64'))).rejects.toThrow(
      /^The repository does not exist: /
    )
  })

  it.each(['gzip', 'none'])(
    'takes an index and a dry run with compression %s',
    async (compression) => {
      const emulator = await startEmulator()
      const index = buildIndex([imageFor('amd64'), imageFor('arm64')])
      const { report } = await push(emulator, index, { 'dry-run': 'true', compression })
      expect(report.outputs).toMatchObject({ digest: index.content.digest })
      expect(report.changed).toBe(true)
    }
  )
})
