import { join } from 'node:path'
import { CreateRepositoryCommand } from '@aws-sdk/client-ecr-public'
import {
  attestationDescriptor,
  buildAttestation,
  buildImage,
  buildIndex,
  writeDockerArchive,
  writeOciArchive
} from '../helpers/archives.js'
import type { TestImage } from '../helpers/archives.js'
import { createPlainClient, TestRepository } from '../helpers/populate.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'
import { checkEveryTagPulls, pullCompletely, readRegistryState } from './registry-state.js'
import type { Scenario } from './scenarios.js'

/** The members that all pushes to `team/app` share. No tag may refer to an image that cannot be pulled. */
const shared: Pick<Scenario, 'mode' | 'checkFailure'> = {
  mode: 'push-tar',
  checkFailure: (_run, emulator) => checkEveryTagPulls(emulator, 'team/app')
}

/** Returns the check that `team/app` has exactly these tags on the pushed image, and that they can be pulled. */
function expectTags(...tags: readonly string[]): Scenario['checkSuccess'] {
  return async ({ outputs }, emulator) => {
    const { repositories } = await readRegistryState(emulator)
    expect(repositories['team/app']?.tags).toEqual(
      Object.fromEntries(tags.map((tag) => [tag, outputs.digest]))
    )
    await checkEveryTagPulls(emulator, 'team/app')
  }
}

const withOldImage = { repositories: [{ name: 'team/app', images: [{ tags: [{ tag: 'v0' }] }] }] }

function buildFor(architecture: string, base: string): TestImage {
  const platform = { os: 'linux', architecture }
  return buildImage({ tags: [], platform, layers: [{ base }, { app: architecture }] })
}

export const pushDocker: Scenario = {
  ...shared,
  name: 'push-tar of a docker-archive',
  seed: withOldImage,
  inputs: async (directory) => {
    const tar = join(directory, 'docker.tar')
    await writeDockerArchive(tar, [
      buildImage({ compression: 'none', tags: ['ex.com/app:v1', 'ex.com/app:v0'] })
    ])
    return { mode: 'push-tar', repository: 'team/app', tar }
  },
  checkSuccess: expectTags('v0', 'v1')
}

export const pushIndex: Scenario = {
  ...shared,
  name: 'push-tar of an OCI index',
  seed: { repositories: [{ name: 'team/app' }] },
  inputs: async (directory) => {
    const tar = join(directory, 'oci.tar')
    const children = ['amd64', 'arm64'].map((architecture) => buildFor(architecture, architecture))
    await writeOciArchive(tar, [buildIndex(children, { tags: ['ex.com/app:v1'] })])
    return { mode: 'push-tar', repository: 'team/app', tar, 'image-tags': 'v1, stable' }
  },
  checkSuccess: expectTags('v1', 'stable')
}

/** An index with an attestation, and two docker-archives that share their lower layer. */
export const pushMerged: Scenario = {
  ...shared,
  name: 'push-tar of several archives',
  seed: withOldImage,
  inputs: async (directory) => {
    const amd64 = buildFor('amd64', 'amd64')
    const index = buildIndex([amd64, buildAttestation(amd64)], {
      descriptors: [undefined, attestationDescriptor(amd64)]
    })
    await writeOciArchive(join(directory, 'amd64.tar'), [index])
    for (const architecture of ['arm64', 's390x']) {
      const tar = join(directory, `${architecture}.tar`)
      await writeDockerArchive(tar, [buildFor(architecture, 'shared')])
    }
    const tar = join(directory, '*.tar')
    return { mode: 'push-tar', repository: 'team/app', tar, 'image-tags': 'v1, v0' }
  },
  checkSuccess: async (run, emulator, directory) => {
    await expectTags('v1', 'v0')(run, emulator, directory)
    const platforms = JSON.parse(run.outputs.platforms ?? '[]') as { platform: string }[]
    expect(platforms.map(({ platform }) => platform)).toEqual([
      'linux/amd64',
      'linux/arm64',
      'linux/s390x'
    ])
  }
}

const INDEX = 'application/vnd.oci.image.index.v1+json'

/** Creates `team/rc` with an index, and with referrers of all kinds that the index, its children and referrers have. */
async function createCandidate(emulator: RunningEmulator): Promise<void> {
  const client = createPlainClient(emulator)
  const source = await TestRepository.create(client, 'team/rc')
  await client.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
  const children = [await source.push({ name: 'amd64' }), await source.push({ name: 'arm64' })]
  const [amd64 = '', arm64 = ''] = children
  const attestation = await source.push({ name: 'attestation' })
  const { manifests } = JSON.parse(
    source.textOf({ name: 'index', children: [...children, attestation] })
  ) as { manifests: object[] }
  const members = [
    { platform: { os: 'linux', architecture: 'amd64' } },
    // The platform of arm64 is read from its config.
    {},
    {
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: {
        'vnd.docker.reference.digest': amd64,
        'vnd.docker.reference.type': 'attestation-manifest'
      }
    }
  ]
  const descriptors = manifests.map((each, at) => ({ ...each, ...members[at] }))
  const text = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: descriptors })
  const index = await source.pushText(text, 'rc1')
  const tagOf = (digest: string): string => digest.replace(':', '-')
  const artifactType = 'application/vnd.test.signature'
  const signature = await source.push({ name: 'signature', subject: index, artifactType })
  await source.push({ name: 'of the signature', subject: signature, artifactType })
  await source.push({ name: 'of arm64', subject: arm64, artifactType })
  await source.push({ name: 'cosign' }, `${tagOf(amd64)}.sig`)
  const listed = await source.push({ name: 'listed' })
  await source.push({ name: 'list', children: [listed] }, tagOf(index))
  client.destroy()
}

/** Everything in `team/rc` belongs to the promoted image. */
export const promotion: Scenario = {
  ...shared,
  name: 'push-tar from another repository',
  seed: {},
  prepare: createCandidate,
  inputs: () =>
    Promise.resolve({
      mode: 'push-tar',
      repository: 'team/app',
      from: 'team/rc:rc1',
      'image-tags': 'v1, stable'
    }),
  checkSuccess: async (run, emulator) => {
    const { repositories } = await readRegistryState(emulator)
    const { tags: sourceTags, images } = repositories['team/rc']!
    const { rc1: digest, ...referrerTags } = sourceTags
    expect(run.outputs.digest).toBe(digest)
    expect(repositories['team/app']?.tags).toEqual({ ...referrerTags, v1: digest, stable: digest })
    expect(repositories['team/app']?.images).toEqual(images)
    await checkEveryTagPulls(emulator, 'team/app')
    for (const image of images) await pullCompletely(emulator, 'team/app', image)
  }
}

export const promotionWithin: Scenario = {
  ...shared,
  name: 'push-tar from the same repository',
  seed: {
    repositories: [
      {
        name: 'team/app',
        images: [
          { tags: ['rc1'], platforms: ['linux/amd64', 'linux/arm64'] },
          { tags: ['stable'], platforms: ['linux/amd64'] }
        ]
      }
    ]
  },
  inputs: () =>
    Promise.resolve({
      mode: 'push-tar',
      repository: 'team/app',
      from: 'team/app:rc1',
      'image-tags': 'v1, stable'
    }),
  checkSuccess: expectTags('rc1', 'v1', 'stable')
}
