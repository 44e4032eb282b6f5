import {
  DescribeImagesCommand,
  DescribeImageTagsCommand,
  DescribeRepositoriesCommand,
  GetRegistryCatalogDataCommand,
  GetRepositoryCatalogDataCommand,
  GetRepositoryPolicyCommand,
  ListTagsForResourceCommand
} from '@aws-sdk/client-ecr-public'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeWithClient, getClientOutput } from '../../helpers/clients.js'
import { startEmulator } from '../../helpers/start-emulator.js'
import { createClient } from '../create-client.js'

const SEED = {
  displayName: 'Team',
  repositories: [
    {
      name: 'team/app',
      createdAt: '2026-01-01T00:00:00Z',
      catalogData: { description: 'An app', architectures: ['ARM 64'], aboutText: '# App' },
      resourceTags: { owner: 'team' },
      policy: {
        Version: '2012-10-17',
        Statement: { Effect: 'Allow', Principal: '*', Action: 'ecr-public:DescribeImages' }
      },
      images: [
        {
          tags: [{ tag: 'v1', createdAt: '2026-01-02T00:00:00Z' }, 'latest'],
          pushedAt: '2026-01-01T12:00:00Z',
          platforms: ['linux/amd64', { platform: 'linux/arm64', tags: ['v1-arm64'] }],
          attestations: true
        },
        { tags: ['single'], format: 'docker' },
        { pushedAt: '2026-01-03T00:00:00Z', platforms: ['linux/arm/v7'] },
        {
          tags: ['nested'],
          indexes: [{ platforms: ['linux/amd64', 'linux/s390x'] }, { tags: ['inner'] }],
          referrers: ['application/spdx+json'],
          cosignTags: ['sig']
        }
      ]
    }
  ]
}

test('a seed creates repositories, texts, tags and images with the given dates', async () => {
  const emulator = await startEmulator({ seed: SEED })
  const client = createClient(emulator)
  const repositoryName = 'team/app'
  const { repositories } = await client.send(new DescribeRepositoriesCommand({}))
  expect(repositories).toEqual([
    expect.objectContaining({ repositoryName, createdAt: new Date('2026-01-01T00:00:00Z') })
  ])
  const { catalogData } = await client.send(new GetRepositoryCatalogDataCommand({ repositoryName }))
  expect(catalogData).toEqual({
    description: 'An app',
    architectures: ['ARM 64'],
    aboutText: '# App'
  })
  const { registryCatalogData } = await client.send(new GetRegistryCatalogDataCommand({}))
  expect(registryCatalogData).toEqual({ displayName: 'Team' })
  const resourceArn = repositories?.[0]?.repositoryArn
  expect((await client.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual([
    { Key: 'owner', Value: 'team' }
  ])
  const policy = await client.send(new GetRepositoryPolicyCommand({ repositoryName }))
  expect(policy.policyText).toContain('"Effect" : "Allow"')

  const { imageTagDetails } = await client.send(new DescribeImageTagsCommand({ repositoryName }))
  const times = Object.fromEntries(
    imageTagDetails!.map(({ imageTag, createdAt }) => [imageTag!, createdAt!.toISOString()])
  )
  expect(times).toMatchObject({
    v1: '2026-01-02T00:00:00.000Z',
    latest: '2026-01-01T12:00:00.000Z',
    'v1-arm64': '2026-01-01T12:00:00.000Z'
  })
  expect(Object.keys(times)).toEqual(
    expect.arrayContaining(['single', 'nested', 'inner', expect.stringMatching(/^sha256-.*\.sig$/)])
  )
  const { imageDetails } = await client.send(new DescribeImagesCommand({ repositoryName }))
  const untagged = imageDetails!.filter(({ imageTags }) => imageTags === undefined)
  // amd64 of the first image, its two attestations, the untagged image, the four images of the
  // nested index, and the referrer.
  expect(untagged).toHaveLength(9)
  expect(untagged.map(({ artifactMediaType }) => artifactMediaType)).toContain(
    'application/spdx+json'
  )
})

test('a seed is applied to an empty store only, and again by the control endpoint', async () => {
  const emulator = await startEmulator({ seed: SEED })
  const send = (seed: unknown): Promise<Response> =>
    fetch(`${emulator.url}/_emulator/seed`, { method: 'POST', body: JSON.stringify(seed) })
  const client = createClient(emulator)
  const count = async (): Promise<number | undefined> =>
    (await client.send(new DescribeImagesCommand({ repositoryName: 'team/app' }))).imageDetails
      ?.length
  const before = await count()
  expect((await send({ repositories: [{ name: 'team/other' }] })).status).toBe(200)
  const more = { name: 'team/app', images: [{ tags: ['v9'], pushedAt: '2026-02-01T00:00:00Z' }] }
  expect((await send({ repositories: [more] })).status).toBe(200)
  expect(await count()).toBe(before! + 1)
  expect((await send({ repositories: [more] })).status).toBe(200)
  expect(await count()).toBe(before! + 1)
})

describeWithClient('skopeo', () => {
  test('skopeo copies all platforms of an index of a seed', async () => {
    const emulator = await startEmulator({ seed: SEED })
    const directory = mkdtempSync(join(tmpdir(), 'seed-'))
    await getClientOutput('skopeo', [
      'copy',
      '--all',
      '--src-tls-verify=false',
      `docker://${emulator.host}/a1b2c3d4/team/app:v1`,
      `oci:${directory}:v1`
    ])
    const index: unknown = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8'))
    const mediaType = 'application/vnd.oci.image.index.v1+json'
    expect(index).toMatchObject({ manifests: [{ mediaType }] })
    rmSync(directory, { recursive: true })
  })
})

test.each([
  [
    [],
    'Seed: "seed" is not valid: []. Use a JSON object with the members displayName, repositories.'
  ],
  [{ repos: [] }, 'Seed: "seed" has an unknown member: "repos". Use displayName, repositories.'],
  [{ repositories: {} }, 'Seed: "repositories" is not valid: {}. Use an array.'],
  [
    { repositories: [{}] },
    'Seed: "repositories[0].name" is missing. Use the name of a repository.'
  ],
  [
    { repositories: [{ name: 'A' }] },
    `Seed: "repositories[0]" of repository "A" is not valid. Invalid parameter at 'repositoryName'`
  ],
  [
    { repositories: [{ name: 'app', catalogData: { description: 1 } }] },
    'Seed: "repositories[0]" of repository "app" is not valid. NUMBER_VALUE cannot be converted to String'
  ],
  [
    { repositories: [{ name: 'app', createdAt: 'soon' }] },
    '"repositories[0].createdAt" is not valid: "soon". Use a time in ISO 8601 with a time zone'
  ],
  [
    { repositories: [{ name: 'app', resourceTags: { a: 1 } }] },
    'Use an object with string values.'
  ],
  [
    { repositories: [{ name: 'app', images: [{ tags: [{}] }] }] },
    'images[0].tags[0].tag" is missing'
  ],
  [{ repositories: [{ name: 'app', images: [{ format: 'v1' }] }] }, 'Use oci or docker.'],
  [{ repositories: [{ name: 'app', images: [{ attestations: 1 }] }] }, 'Use true or false.'],
  [
    { repositories: [{ name: 'app', images: [{ platforms: ['x'] }] }] },
    'Use a platform such as linux/amd64.'
  ],
  [{ repositories: [{ name: 'app', images: [{ cosignTags: ['x'] }] }] }, 'Use sig, att or sbom.'],
  [
    { displayName: 1, repositories: [] },
    'Seed: "displayName" is not valid: 1. Use a string of 1 to 100 characters.'
  ],
  [{ displayName: '' }, 'Seed: "displayName" is not valid: "". Use a string of 1 to'],
  [{ displayName: 'a'.repeat(101) }, 'Use a string of 1 to 100 characters.'],
  [
    { repositories: [{ name: 'app', catalogData: { about: 'x' } }] },
    'Seed: "repositories[0].catalogData" has an unknown member: "about". Use description,'
  ],
  [{ repositories: [{ name: 'app', catalogData: [] }] }, 'catalogData" is not valid: []'],
  [
    { repositories: [{ name: 'app', resourceTags: { '': 'x' } }] },
    'Seed: "repositories[0].resourceTags" of repository "app" is not valid. Invalid parameter at'
  ],
  [
    { repositories: [{ name: 'app', resourceTags: { 'aws:x': 'x' } }] },
    'Seed: "repositories[0].resourceTags" of repository "app" is not valid. An invalid parameter has been specified. Tag keys that begin with aws: are reserved.'
  ],
  [
    { repositories: [{ name: 'app', resourceTags: { a: 'x'.repeat(257) } }] },
    '"repositories[0].resourceTags" of repository "app"'
  ],
  [
    { repositories: [{ name: 'app' }, { name: 'tool' }, { name: 'app' }] },
    'Seed: "repositories[2]" and "repositories[0]" are the same repository: "app". Use one entry per repository.'
  ],
  [
    { repositories: [{ name: 'app', images: [{ platforms: [] }] }] },
    'Seed: "repositories[0].images[0].platforms" is not valid: []. Use at least one platform. The repository is "app".'
  ]
])('rejects an invalid seed with the name of the member: %j', async (seed, message) => {
  await expect(startEmulator({ seed })).rejects.toThrow(message)
})
