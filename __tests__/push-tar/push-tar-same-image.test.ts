import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  BatchCheckLayerAvailabilityCommand,
  CompleteLayerUploadCommand,
  CreateRepositoryCommand
} from '@aws-sdk/client-ecr-public'
import type { EcrPublicApi } from '../../src/runner/deps.js'
import { MEDIA_TYPES } from '../../src/oci/media-types.js'
import { pushTar } from '../../src/push-tar/push-tar.js'
import type { Report } from '../../src/runner/report.js'
import {
  buildImage,
  dockerMembers,
  writeDockerArchive,
  writeOciArchive
} from '../helpers/archives.js'
import type { TestImage } from '../helpers/archives.js'
import { makeDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { pullImage } from '../helpers/pull-image.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'
import { writeTar } from '../helpers/tar-writer.js'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'push-same-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

async function startWithRepository(): Promise<RunningEmulator> {
  const emulator = await startEmulator()
  const { api } = makeDeps(emulator)
  await api.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
  return emulator
}

/** Pushes with the tag `v` and `if-tag-exists: fail`. */
function push(
  emulator: RunningEmulator,
  tar: string,
  overrides: Parameters<typeof makeDeps>[1] = {}
): Promise<Report> {
  const texts = { repository: 'team/app', tar, 'image-tags': 'v', 'if-tag-exists': 'fail' }
  return pushTar(makeInputs('push-tar', texts), makeDeps(emulator, overrides))
}

/** Writes a docker-archive that stores the layers with the compression of the image. */
async function writeAsStored(path: string, image: TestImage): Promise<void> {
  const members = dockerMembers([image], 'legacy').map((member) => {
    const layer = image.layers.find(({ tar }) => member.body?.length === tar.length)
    return layer === undefined ? member : { ...member, body: layer.blob }
  })
  await writeTar(path, members)
}

describe('a tag that already refers to this image does not fail the push', () => {
  const image = buildImage()

  it('if the archive has a layer with zstd', async () => {
    const emulator = await startWithRepository()
    const tar = join(directory, 'zstd.tar')
    await writeAsStored(tar, buildImage({ layers: [{ a: 'a'.repeat(999) }], compression: 'zstd' }))
    const first = await push(emulator, tar)
    const second = await push(emulator, tar)
    expect(second.changed).toBe(false)
    expect(second.outputs.digest).toBe(first.outputs.digest)
  })

  it('if the registry does not serve the image yet', async () => {
    const emulator = await startWithRepository()
    const tar = join(directory, 'image.tar')
    await writeDockerArchive(tar, [image])
    await push(emulator, tar)
    const openRegistry: ReturnType<typeof makeDeps>['openRegistry'] = async (host) => ({
      ...(await makeDeps(emulator).openRegistry(host)),
      findManifest: () => Promise.resolve(undefined)
    })
    expect((await push(emulator, tar, { openRegistry })).changed).toBe(false)
  })

  it('if the repository seems to have lost a layer', async () => {
    const emulator = await startWithRepository()
    const tar = join(directory, 'image.tar')
    await writeDockerArchive(tar, [image])
    const first = await push(emulator, tar)
    const { api } = makeDeps(emulator)
    const forgetful = {
      ...api,
      middlewareStack: api.middlewareStack,
      send: (command: object) =>
        command instanceof BatchCheckLayerAvailabilityCommand
          ? Promise.resolve({ layers: [] })
          : api.send(command as never)
    } as unknown as EcrPublicApi
    const second = await push(emulator, tar, { api: forgetful })
    expect(second.outputs.digest).toBe(first.outputs.digest)
  })
})

it('an image with uncompressed layers keeps the annotations of its manifest and is found again', async () => {
  const emulator = await startWithRepository()
  const annotations = { 'org.opencontainers.image.source': 'https://example.com/app' }
  const image = buildImage({ compression: 'none', manifest: { annotations } })
  const tar = join(directory, 'oci.tar')
  await writeOciArchive(tar, [image])
  const first = await push(emulator, tar)
  const [pulled] = await pullImage(emulator, 'team/app', 'v')
  expect(pulled).toMatchObject({
    mediaType: MEDIA_TYPES.ociManifest,
    configDigest: image.configDigest,
    diffIds: image.diffIds,
    manifest: { annotations, config: { mediaType: MEDIA_TYPES.ociConfig } }
  })
  const second = await push(emulator, tar)
  expect(second.changed).toBe(false)
  expect(second.outputs.digest).toBe(first.outputs.digest)
  const plain = join(directory, 'docker.tar')
  await writeDockerArchive(plain, [image])
  // A docker-archive has the same config and layers, but cannot have annotations.
  expect((await push(emulator, plain)).changed).toBe(false)
})

describe.each(['docker-archive', 'OCI layout'])(
  'a tag that another job sets during the push (%s)',
  (kind) => {
    const mine = buildImage({ layers: [{ a: 'mine' }] })
    const others = buildImage({ layers: [{ a: 'other' }] })

    /** Pushes `mine`. During the upload, another job pushes `others` with the same tag. */
    async function race(
      emulator: RunningEmulator,
      ifTagExists: string
    ): Promise<{ readonly pushed: Promise<Report>; readonly other: () => Report | undefined }> {
      const [tar, otherTar] = [join(directory, 'mine.tar'), join(directory, 'others.tar')]
      if (kind === 'OCI layout') await writeOciArchive(tar, [mine])
      else await writeDockerArchive(tar, [mine])
      await writeDockerArchive(otherTar, [others])
      const { api } = makeDeps(emulator)
      let other: Report | undefined
      let started: Promise<Report> | undefined
      const racing = {
        middlewareStack: api.middlewareStack,
        send: async (command: object) => {
          if (command instanceof CompleteLayerUploadCommand) {
            started ??= push(emulator, otherTar)
            other = await started
          }
          return api.send(command as never)
        }
      } as unknown as EcrPublicApi
      const texts = { repository: 'team/app', tar, 'image-tags': 'v', 'if-tag-exists': ifTagExists }
      const pushed = pushTar(makeInputs('push-tar', texts), makeDeps(emulator, { api: racing }))
      return { pushed, other: () => other }
    }

    it('fails the push with "fail"', async () => {
      const emulator = await startWithRepository()
      const { pushed } = await race(emulator, 'fail')
      await expect(pushed).rejects.toThrow(/A tag already refers to another image: "team\/app:v"/)
      expect((await pullImage(emulator, 'team/app', 'v'))[0]?.diffIds).toEqual(others.diffIds)
    })

    it('is not moved with "skip"', async () => {
      const emulator = await startWithRepository()
      const { pushed } = await race(emulator, 'skip')
      const report = await pushed
      // The image of the other job is not the image of this run.
      expect(report.outputs).toMatchObject({ digest: '', 'image-uri': '', 'image-uris': [] })
      expect(report.plan.filter(({ kind: each }) => each === 'image')).toEqual([])
      expect((await pullImage(emulator, 'team/app', 'v'))[0]?.diffIds).toEqual(others.diffIds)
    })
  }
)
