import {
  BatchCheckLayerAvailabilityCommand,
  BatchDeleteImageCommand,
  DescribeImagesCommand
} from '@aws-sdk/client-ecr-public'
import type { ImageFailure, ImageIdentifier } from '@aws-sdk/client-ecr-public'
import {
  digestOf,
  openService,
  pushImage,
  pushIndex,
  putManifest,
  serviceError,
  testOfEmulator,
  TYPES
} from '../service.js'
import type { Service } from '../service.js'

const ABSENT = `sha256:${'a'.repeat(64)}`

async function remove(
  { client }: Service,
  repositoryName: string,
  ...imageIds: ImageIdentifier[]
): Promise<{ imageIds: ImageIdentifier[]; failures: ImageFailure[] }> {
  const answer = await client.send(new BatchDeleteImageCommand({ repositoryName, imageIds }))
  // Present even if they are empty.
  return { imageIds: answer.imageIds!, failures: answer.failures! }
}

/** Returns the tags of each remaining image. */
async function left(
  { client }: Service,
  repositoryName: string
): Promise<Record<string, string[]>> {
  const { imageDetails } = await client.send(new DescribeImagesCommand({ repositoryName }))
  return Object.fromEntries(
    imageDetails!.map(({ imageDigest, imageTags = [] }) => [imageDigest!, [...imageTags].sort()])
  )
}

function byTag(ids: readonly ImageIdentifier[]): ImageIdentifier[] {
  return [...ids].sort((a, b) => ((a.imageTag ?? '') < (b.imageTag ?? '') ? -1 : 1))
}

test('deletes a tag and keeps the image if it has another tag', async () => {
  const service = await openService()
  const repositoryName = await service.newRepository()
  const digest = await pushImage(service.client, repositoryName, 'one', 'v1')
  await pushImage(service.client, repositoryName, 'one', 'v2')
  expect(await remove(service, repositoryName, { imageTag: 'v1' })).toEqual({
    imageIds: [{ imageDigest: digest, imageTag: 'v1' }],
    failures: []
  })
  expect(await left(service, repositoryName)).toEqual({ [digest]: ['v2'] })
})

test('deletes the image with its last tag', async () => {
  const service = await openService()
  const repositoryName = await service.newRepository()
  const digest = await pushImage(service.client, repositoryName, 'one', 'v1')
  const { imageIds } = await remove(service, repositoryName, { imageTag: 'v1' })
  expect(imageIds).toEqual([{ imageDigest: digest, imageTag: 'v1' }])
  expect(await left(service, repositoryName)).toEqual({})
})

test('deletes an image with all its tags by digest and returns each tag', async () => {
  const service = await openService()
  const repositoryName = await service.newRepository()
  const imageDigest = await pushImage(service.client, repositoryName, 'one', 'v1')
  await pushImage(service.client, repositoryName, 'one', 'v2')
  const { imageIds } = await remove(service, repositoryName, { imageDigest })
  expect(byTag(imageIds)).toEqual([
    { imageDigest, imageTag: 'v1' },
    { imageDigest, imageTag: 'v2' }
  ])
  expect(await left(service, repositoryName)).toEqual({})
})

test('deletes an untagged image by digest and returns only the digest', async () => {
  const service = await openService()
  const repositoryName = await service.newRepository()
  const imageDigest = await pushImage(service.client, repositoryName, 'one')
  const { imageIds } = await remove(service, repositoryName, { imageDigest })
  expect(imageIds).toEqual([{ imageDigest }])
})

test('reports images that cannot be deleted and deletes the others', async () => {
  const service = await openService()
  const repositoryName = await service.newRepository()
  const digest = await pushImage(service.client, repositoryName, 'one', 'v1')
  const { imageIds, failures } = await remove(
    service,
    repositoryName,
    { imageTag: 'absent' },
    { imageDigest: ABSENT },
    {},
    { imageDigest: 'nonsense' },
    { imageTag: 'v1' }
  )
  expect(imageIds).toEqual([{ imageDigest: digest, imageTag: 'v1' }])
  const notFound = { failureCode: 'ImageNotFound', failureReason: 'Requested image not found' }
  expect(failures).toHaveLength(4)
  expect(failures).toEqual(
    expect.arrayContaining([
      { imageId: { imageTag: 'absent' }, ...notFound },
      { imageId: { imageDigest: ABSENT }, ...notFound },
      {
        imageId: {},
        failureCode: 'MissingDigestAndTag',
        failureReason: 'Invalid request parameters: both tag and digest cannot be null'
      },
      {
        imageId: { imageDigest: 'nonsense' },
        failureCode: 'InvalidImageDigest',
        failureReason:
          "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'"
      }
    ])
  )
})

testOfEmulator('reports a tag with an invalid name', async () => {
  const service = await openService()
  const repositoryName = await service.newRepository()
  const { failures } = await remove(service, repositoryName, { imageTag: 'a b' })
  expect(failures[0]!.failureCode).toBe('InvalidImageTag')
})

test('keeps a tag that refers to another digest', async () => {
  const service = await openService()
  const repositoryName = await service.newRepository()
  const one = await pushImage(service.client, repositoryName, 'one', 'v1')
  const two = await pushImage(service.client, repositoryName, 'two', 'v1')
  const { failures } = await remove(service, repositoryName, { imageDigest: one, imageTag: 'v1' })
  expect(failures.map(({ failureCode }) => failureCode)).toEqual(['ImageTagDoesNotMatchDigest'])
  expect(await left(service, repositoryName)).toEqual({ [one]: [], [two]: ['v1'] })
})

testOfEmulator.each([
  ['tag', ['v2']],
  ['image', undefined]
] as const)('a tag with a digest deletes the %s', async (deleteByTagAndDigest, tags) => {
  const service = await openService({ deleteByTagAndDigest })
  const repositoryName = await service.newRepository()
  const imageDigest = await pushImage(service.client, repositoryName, 'one', 'v1')
  await pushImage(service.client, repositoryName, 'one', 'v2')
  await remove(service, repositoryName, { imageDigest, imageTag: 'v1' })
  expect((await left(service, repositoryName))[imageDigest]).toEqual(tags)
})

test('rejects deleting an image of an index by digest or by its last tag', async () => {
  const service = await openService()
  const repositoryName = await service.newRepository()
  const child = await pushImage(service.client, repositoryName, 'one', 'v1-amd64')
  const other = await pushImage(service.client, repositoryName, 'two')
  await pushImage(service.client, repositoryName, 'one', 'v1-x86')
  const index = await pushIndex(service.client, repositoryName, [child, other], 'v1')
  const answer = await remove(
    service,
    repositoryName,
    { imageDigest: other },
    { imageTag: 'v1-amd64' },
    { imageTag: 'v1-x86' }
  )
  expect(answer.imageIds).toEqual([{ imageDigest: child, imageTag: 'v1-amd64' }])
  expect(answer.failures).toHaveLength(2)
  for (const { failureCode, failureReason } of answer.failures) {
    expect(failureCode).toBe('ImageReferencedByManifestList')
    expect(failureReason).toBe(`Requested image referenced by manifest list: [${index}]`)
  }
  await remove(service, repositoryName, { imageDigest: index })
  expect((await remove(service, repositoryName, { imageDigest: other })).failures).toEqual([])
})

test('protects an index within an index', async () => {
  const service = await openService()
  const repositoryName = await service.newRepository()
  const child = await pushImage(service.client, repositoryName, 'one')
  const inner = await pushIndex(service.client, repositoryName, [child])
  await pushIndex(service.client, repositoryName, [inner], 'v1', TYPES.index)
  const { failures } = await remove(service, repositoryName, { imageDigest: inner })
  expect(failures.map(({ failureCode }) => failureCode)).toEqual(['ImageReferencedByManifestList'])
})

testOfEmulator(
  'protects an image of an index again after it was deleted and pushed again',
  async () => {
    const options = { childProtection: 'off' } as const
    const service = await openService(options)
    const repositoryName = await service.newRepository()
    const child = await pushImage(service.client, repositoryName, 'one')
    await pushIndex(service.client, repositoryName, [child], 'v1')
    expect((await remove(service, repositoryName, { imageDigest: child })).failures).toEqual([])
    await pushImage(service.client, repositoryName, 'one')
    expect(Object.keys(await left(service, repositoryName))).toHaveLength(2)
  }
)

testOfEmulator.each([
  ['snapshot', 1],
  ['sequential', 0]
] as const)(
  'an index and its child in one request with batchDeleteOrder=%s',
  async (batchDeleteOrder, failed) => {
    const service = await openService({ batchDeleteOrder })
    const repositoryName = await service.newRepository()
    const child = await pushImage(service.client, repositoryName, 'one')
    const index = await pushIndex(service.client, repositoryName, [child], 'v1')
    const ids = [{ imageDigest: index }, { imageDigest: child }]
    expect((await remove(service, repositoryName, ...ids)).failures).toHaveLength(failed)
    expect(Object.keys(await left(service, repositoryName))).toHaveLength(failed)
  }
)

testOfEmulator.each([
  ['not-found', ['ImageNotFound']],
  ['ignored', []]
] as const)('a duplicate ID is %s', async (duplicateIds, codes) => {
  const service = await openService({ duplicateIds })
  const repositoryName = await service.newRepository()
  await pushImage(service.client, repositoryName, 'one', 'v1')
  const id = { imageTag: 'v1' }
  const { imageIds, failures } = await remove(service, repositoryName, id, id)
  expect(imageIds).toHaveLength(1)
  expect(failures.map(({ failureCode }) => failureCode)).toEqual(codes)
})

testOfEmulator('deletes an image if a request contains both of its tags', async () => {
  const service = await openService()
  const repositoryName = await service.newRepository()
  const imageDigest = await pushImage(service.client, repositoryName, 'one', 'v1')
  await pushImage(service.client, repositoryName, 'one', 'v2')
  const { imageIds } = await remove(service, repositoryName, { imageTag: 'v1' }, { imageTag: 'v2' })
  expect(imageIds).toEqual([
    { imageDigest, imageTag: 'v1' },
    { imageDigest, imageTag: 'v2' }
  ])
  expect(await left(service, repositoryName)).toEqual({})
})

testOfEmulator('lastTagDeletion=tag keeps the image without its last tag', async () => {
  const service = await openService({ lastTagDeletion: 'tag' })
  const repositoryName = await service.newRepository()
  const digest = await pushImage(service.client, repositoryName, 'one', 'v1')
  await remove(service, repositoryName, { imageTag: 'v1' })
  expect(await left(service, repositoryName)).toEqual({ [digest]: [] })
})

testOfEmulator.each([
  ['off', []],
  ['on', ['ImageReferencedByManifestList']]
] as const)('subjectProtection=%s', async (subjectProtection, codes) => {
  const service = await openService({ subjectProtection })
  const repositoryName = await service.newRepository()
  const digest = await pushImage(service.client, repositoryName, 'one', 'v1')
  const subject = { mediaType: TYPES.manifest, digest, size: 1 }
  await pushImage(service.client, repositoryName, 'signature', undefined, { subject })
  const { failures } = await remove(service, repositoryName, { imageDigest: digest })
  expect(failures.map(({ failureCode }) => failureCode)).toEqual(codes)
})

test('keeps layers when images are deleted', async () => {
  const { client, newRepository, ...service } = await openService()
  const repositoryName = await newRepository()
  await pushImage(client, repositoryName, 'one', 'v1')
  await remove({ client, newRepository, ...service }, repositoryName, { imageTag: 'v1' })
  const layerDigests = [digestOf('layer of one')]
  const { layers } = await client.send(
    new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests })
  )
  expect(layers![0]!.layerAvailability).toBe('AVAILABLE')
})

test('an image can be pushed again after it was deleted', async () => {
  const service = await openService()
  const repositoryName = await service.newRepository()
  const digest = await pushImage(service.client, repositoryName, 'one', 'v1')
  await remove(service, repositoryName, { imageDigest: digest })
  expect(await pushImage(service.client, repositoryName, 'one', 'v1')).toBe(digest)
  await putManifest(service.client, repositoryName, 'list', {
    mediaType: TYPES.index,
    manifests: []
  })
})

test.each([[0], [101]])('rejects a request with %d IDs', async (count) => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  const imageIds = Array.from({ length: count }, (_item, at) => ({ imageTag: `v${String(at)}` }))
  const bound = count === 0 ? 'greater than or equal to 1' : 'less than or equal to 100'
  await expect(
    client.send(new BatchDeleteImageCommand({ repositoryName, imageIds }))
  ).rejects.toEqual(
    serviceError(
      'InvalidParameterException',
      `Invalid parameter at 'imageIds' failed to satisfy constraint: 'Member must have length ${bound}'`
    )
  )
})
