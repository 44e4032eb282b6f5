import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CreateRepositoryCommand } from '@aws-sdk/client-ecr-public'
import { sha256Digest } from '../../src/oci/digest.js'
import { pushTar } from '../../src/push-tar/push-tar.js'
import {
  attestationDescriptor,
  buildAttestation,
  buildImage,
  buildIndex,
  writeDockerArchive,
  writeOciArchive
} from '../helpers/archives.js'
import type { TestImage } from '../helpers/archives.js'
import { describeWithClient, getClientOutput } from '../helpers/clients.js'
import { makeDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'
import { withStorage } from './container-storage.js'
import { temporaryDirectory } from './temporary-directory.js'

/** Clients pull the image of several archives, and the same image after its promotion to another repository. */

const build = (architecture: string, variant?: string): TestImage =>
  buildImage({
    layers: [{ 'etc/base': 'base' }, { 'app/file': `for ${architecture}` }],
    platform: { os: 'linux', architecture, ...(variant === undefined ? {} : { variant }) },
    tags: ['ex.com/app:1']
  })
const images = [build('amd64'), build('arm64', 'v8'), build('arm', 'v7')] as const
const [amd64, arm64, arm] = images

interface Pushed {
  readonly emulator: RunningEmulator
  readonly directory: string
  readonly digest: string
  /** The image in both repositories. */
  readonly references: readonly string[]
}

async function pushAndPromote(): Promise<Pushed> {
  const emulator = await startEmulator()
  const directory = await temporaryDirectory()
  const deps = makeDeps(emulator)
  for (const repositoryName of ['team/rc', 'team/app']) {
    await deps.api.send(new CreateRepositoryCommand({ repositoryName }))
  }
  await writeDockerArchive(join(directory, '1.tar'), [amd64])
  await writeDockerArchive(join(directory, '2.tar'), [arm64], 'docker25')
  const index = buildIndex([arm, buildAttestation(arm)], {
    descriptors: [undefined, attestationDescriptor(arm)]
  })
  await writeOciArchive(join(directory, '3.tar'), [index])
  const texts = { repository: 'team/rc', tar: join(directory, '*.tar'), 'image-tags': 'v1' }
  const { outputs } = await pushTar(makeInputs('push-tar', texts), deps)
  const promotion = { repository: 'team/app', from: 'team/rc:v1', 'image-tags': 'v1' }
  await pushTar(makeInputs('push-tar', promotion), deps)
  return {
    emulator,
    directory,
    digest: outputs.digest as string,
    references: ['rc', 'app'].map((name) => `${emulator.host}/a1b2c3d4/team/${name}:v1`)
  }
}

interface Index {
  readonly manifests: readonly {
    readonly digest: string
    readonly platform: Readonly<Record<string, string>>
  }[]
}

const PLATFORMS = [
  { architecture: 'amd64', os: 'linux' },
  { architecture: 'arm64', os: 'linux', variant: 'v8' },
  { architecture: 'arm', os: 'linux', variant: 'v7' },
  { architecture: 'unknown', os: 'unknown' }
]

describeWithClient('skopeo', () => {
  test('skopeo copies all platforms of a merged image without changes', async () => {
    const { directory, digest, references } = await pushAndPromote()
    for (const [at, reference] of references.entries()) {
      const out = join(directory, `out-${at}`)
      const from = `docker://${reference}`
      await getClientOutput('skopeo', [
        ...['copy', '--all', '--src-tls-verify=false'],
        ...[from, `dir:${out}`]
      ])
      const index = await readFile(join(out, 'manifest.json'))
      expect(sha256Digest(index)).toBe(digest)
      const { manifests } = JSON.parse(index.toString()) as Index
      expect(manifests.map(({ platform }) => platform)).toEqual(PLATFORMS)
      for (const { configDigest } of images) {
        await readFile(join(out, configDigest.slice('sha256:'.length)))
      }
    }
  })
})

describeWithClient(['buildah', 'podman'], () => {
  test('podman and buildah pull each platform of a merged image', async () => {
    const { references } = await pushAndPromote()
    for (const client of ['podman', 'buildah'] as const) {
      const run = await withStorage(client)
      for (const reference of references) {
        for (const { platform, configDigest } of images) {
          const { architecture, variant } = platform
          const id = await run(
            ...['pull', '--quiet', '--tls-verify=false', '--arch', architecture],
            ...(variant === undefined ? [] : ['--variant', variant]),
            reference
          )
          expect(`sha256:${id}`).toBe(configDigest)
        }
      }
    }
  })
})

describeWithClient('docker', () => {
  test('docker manifest inspect shows all platforms of a merged image', async () => {
    const { directory, references } = await pushAndPromote()
    const env = {
      DOCKER_CONFIG: directory,
      HOME: directory,
      DOCKER_HOST: `unix://${directory}/none.sock`
    }
    for (const reference of references) {
      const args = ['manifest', 'inspect', '--insecure', reference]
      const shown = JSON.parse(await getClientOutput('docker', args, { env })) as Index
      expect(shown.manifests.map(({ platform }) => platform)).toEqual(PLATFORMS)
      // Each manifest can be inspected by its digest.
      for (const manifest of shown.manifests) {
        const child = reference.replace(/:v1$/, `@${manifest.digest}`)
        const inspect = ['manifest', 'inspect', '--insecure', child]
        expect(await getClientOutput('docker', inspect, { env })).toContain('"layers"')
      }
    }
  })
})
