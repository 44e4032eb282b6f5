import {
  DescribeImagesCommand,
  DescribeImageTagsCommand,
  paginateDescribeImages,
  paginateDescribeImageTags
} from '@aws-sdk/client-ecr-public'
import type { ECRPUBLICClient, ImageIdentifier } from '@aws-sdk/client-ecr-public'
import { openService, pushImage, serviceError, testOfEmulator } from '../service.js'

const ABSENT = `sha256:${'a'.repeat(64)}`

async function pushMany(
  client: ECRPUBLICClient,
  repositoryName: string,
  count: number
): Promise<string[]> {
  const digests: string[] = []
  for (let at = 0; at < count; at++) {
    digests.push(await pushImage(client, repositoryName, `image ${String(at)}`, `v${String(at)}`))
  }
  return digests
}

test('returns an empty list for a repository without images', async () => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  expect((await client.send(new DescribeImagesCommand({ repositoryName }))).imageDetails).toEqual(
    []
  )
  const { imageTagDetails } = await client.send(new DescribeImageTagsCommand({ repositoryName }))
  expect(imageTagDetails).toEqual([])
})

test('finds images by tag, digest or both, and returns each one once', async () => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  const [one, two] = await pushMany(client, repositoryName, 2)
  const find = async (...imageIds: ImageIdentifier[]): Promise<unknown> => {
    const command = new DescribeImagesCommand({ repositoryName, imageIds })
    return (await client.send(command)).imageDetails!.map(({ imageDigest }) => imageDigest).sort()
  }
  expect(await find({ imageTag: 'v0' })).toEqual([one])
  expect(await find({ imageDigest: two! })).toEqual([two])
  expect(await find({ imageDigest: two!, imageTag: 'v1' })).toEqual([two])
  expect(await find({ imageTag: 'v0' }, { imageDigest: one! }, { imageTag: 'v1' })).toEqual(
    [one, two].sort()
  )
})

test.each([
  [{ imageTag: 'absent' }, "{imageDigest:'null', imageTag:'absent'}"],
  [{ imageDigest: ABSENT }, `{imageDigest:'${ABSENT}', imageTag:'null'}`],
  [{ imageDigest: ABSENT, imageTag: 'v0' }, `{imageDigest:'${ABSENT}', imageTag:'v0'}`]
])('fails if one ID does not exist (%j)', async (imageId, shown) => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  await pushMany(client, repositoryName, 1)
  const imageIds = [{ imageTag: 'v0' }, imageId]
  const found = client.send(new DescribeImagesCommand({ repositoryName, imageIds }))
  await expect(found).rejects.toMatchObject({
    name: 'ImageNotFoundException',
    message: expect.stringContaining(
      `The image with imageId ${shown} does not exist within the repository with name '${repositoryName}' in the registry with id '`
    )
  })
})

test.each([
  [{ imageIds: [{}] }],
  [{ imageIds: [{ imageTag: 'v0' }], maxResults: 5 }],
  [{ imageIds: [{ imageTag: 'v0' }], nextToken: 'abc' }],
  [{ nextToken: 'nonsense' }]
])('rejects the input %j', async (input) => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  await pushMany(client, repositoryName, 1)
  const command = new DescribeImagesCommand({ repositoryName, ...input })
  await expect(client.send(command)).rejects.toEqual(serviceError('InvalidParameterException'))
})

test('the pages of images and tags contain each entry exactly once', async () => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  const digests = await pushMany(client, repositoryName, 5)
  const images: string[] = []
  const pagination = { client, pageSize: 2 }
  for await (const page of paginateDescribeImages(pagination, { repositoryName })) {
    images.push(...page.imageDetails!.map(({ imageDigest }) => imageDigest!))
  }
  const tags: string[] = []
  for await (const page of paginateDescribeImageTags(pagination, { repositoryName })) {
    tags.push(...page.imageTagDetails!.map(({ imageTag }) => imageTag!))
  }
  expect(images.sort()).toEqual(digests.sort())
  expect(tags.sort()).toEqual(['v0', 'v1', 'v2', 'v3', 'v4'])
})

test('the last page does not have a token, even if it is full', async () => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  await pushMany(client, repositoryName, 2)
  const page = await client.send(new DescribeImageTagsCommand({ repositoryName, maxResults: 2 }))
  expect(page.nextToken).toBeUndefined()
})

testOfEmulator('a page has 100 entries by default', async () => {
  const images = Array.from({ length: 101 }, (_item, at) => ({ tags: [`v${String(at)}`] }))
  const { client } = await openService({ seed: { repositories: [{ name: 'app', images }] } })
  const page = await client.send(new DescribeImageTagsCommand({ repositoryName: 'app' }))
  expect(page.imageTagDetails).toHaveLength(100)
  const { nextToken } = page
  const rest = await client.send(new DescribeImageTagsCommand({ repositoryName: 'app', nextToken }))
  expect(rest.imageTagDetails).toHaveLength(1)
})

testOfEmulator('a token is valid for its own list only', async () => {
  const { client, newRepository } = await openService()
  const [one, other] = [await newRepository(), await newRepository()]
  await pushMany(client, one, 2)
  const page = new DescribeImageTagsCommand({ repositoryName: one, maxResults: 1 })
  const { nextToken } = await client.send(page)
  const refused = serviceError('InvalidParameterException')
  const ofOther = new DescribeImageTagsCommand({ repositoryName: other, nextToken })
  await expect(client.send(ofOther)).rejects.toEqual(refused)
  const ofImages = new DescribeImagesCommand({ repositoryName: one, nextToken })
  await expect(client.send(ofImages)).rejects.toEqual(refused)
  expect(nextToken).not.toContain(one)
})

testOfEmulator(
  'listOrder=shuffled changes the order within a page and loses no entry',
  async () => {
    const { client, newRepository } = await openService({ listOrder: 'shuffled' })
    const repositoryName = await newRepository()
    const digests = await pushMany(client, repositoryName, 12)
    const found: string[] = []
    for await (const page of paginateDescribeImages({ client, pageSize: 6 }, { repositoryName })) {
      found.push(...page.imageDetails!.map(({ imageDigest }) => imageDigest!))
    }
    expect(found).not.toEqual(digests)
    expect(found.sort()).toEqual(digests.sort())
  }
)
