import { DescribeImageTagsCommand } from '@aws-sdk/client-ecr-public'
import type { ImageDetail, ImageTagDetail } from '@aws-sdk/client-ecr-public'
import { listAllImages, listTags, toListedImage } from '../../src/cleanup-tags/list-inventory.js'
import { createInventory } from '../../src/cleanup-tags/rules/inventory.js'
import type { EcrPublicApi } from '../../src/runner/deps.js'

const REPOSITORY = { repositoryName: 'team/app' }
const TIME = new Date('2026-06-01T00:00:00Z')
const digestOf = (name: string): string => `sha256:${name.repeat(64)}`

const imageOf = (name: string, ...imageTags: string[]): ImageDetail => ({
  imageDigest: digestOf(name),
  imageTags,
  imagePushedAt: TIME,
  imageSizeInBytes: 10,
  imageManifestMediaType: 'application/vnd.oci.image.manifest.v1+json'
})

const tagOf = (imageTag: string, name: string): ImageTagDetail => {
  return { imageTag, createdAt: TIME, imageDetail: imageOf(name) }
}

/** Returns an API that lists these pages. */
function serve(tags: readonly ImageTagDetail[][], images: readonly ImageDetail[][]): EcrPublicApi {
  const send = (command: { readonly input: { readonly nextToken?: string } }): Promise<unknown> => {
    const page = Number(command.input.nextToken ?? '0')
    const isTags = command instanceof DescribeImageTagsCommand
    const pages = isTags ? tags : images
    const nextToken = page + 1 < pages.length ? String(page + 1) : undefined
    const rows = isTags ? { imageTagDetails: tags[page] } : { imageDetails: images[page] }
    return Promise.resolve({ ...rows, nextToken })
  }
  return { send } as unknown as EcrPublicApi
}

describe('listTags', () => {
  test('returns the tags of each image', async () => {
    const api = serve([[tagOf('v1', 'a'), tagOf('v2', 'b')], [tagOf('latest', 'b')]], [])
    const { tags, images } = await listTags(api, REPOSITORY)
    expect(tags.map(({ tag, digest }) => [tag, digest])).toEqual([
      ['v1', digestOf('a')],
      ['v2', digestOf('b')],
      ['latest', digestOf('b')]
    ])
    expect([...images.values()].map((image) => image.tags)).toEqual([['v1'], ['v2', 'latest']])
  })

  test('uses the last image of a tag that is listed twice', async () => {
    const api = serve([[tagOf('v1', 'a')], [tagOf('v1', 'b'), tagOf('v2', 'b')]], [])
    const { tags, images } = await listTags(api, REPOSITORY)
    expect(tags.map(({ tag, digest }) => [tag, digest])).toEqual([
      ['v1', digestOf('b')],
      ['v2', digestOf('b')]
    ])
    expect(images.get(digestOf('a'))?.tags).toEqual([])
    expect(images.get(digestOf('b'))?.tags).toEqual(['v1', 'v2'])
  })

  test('counts a tag once that is listed twice with the same image', async () => {
    const api = serve([[tagOf('v1', 'a')], [tagOf('v1', 'a')]], [])
    const { tags, images } = await listTags(api, REPOSITORY)
    expect(tags).toHaveLength(1)
    expect(images.get(digestOf('a'))?.tags).toEqual(['v1'])
  })
})

describe('listAllImages', () => {
  test('keeps an image in memory once if it is equal in both listings', async () => {
    const changed = { ...imageOf('b', 'v2'), imageSizeInBytes: 11 }
    const api = serve(
      [[tagOf('v1', 'a'), tagOf('v2', 'b'), tagOf('v3', 'c')]],
      [
        [imageOf('a', 'v1'), changed],
        [imageOf('c'), imageOf('d')]
      ]
    )
    const tagged = await listTags(api, REPOSITORY)
    const images = await listAllImages(api, REPOSITORY, tagged)
    expect(images.get(digestOf('a'))).toBe(tagged.images.get(digestOf('a')))
    expect(images.get(digestOf('b'))).toMatchObject({ sizeBytes: 11, tags: ['v2'] })
    expect(images.get(digestOf('c'))?.tags).toEqual([])
    const { unsettled } = createInventory(tagged.tags, tagged.images, images)
    expect([...unsettled]).toEqual([digestOf('c')])
    expect([...images.keys()]).toEqual(['a', 'b', 'c', 'd'].map(digestOf))
  })

  test.each<[string, ImageDetail, object]>([
    ['push time', { imagePushedAt: new Date(0) }, { pushedAt: 0 }],
    ['size', { imageSizeInBytes: 11 }, { sizeBytes: 11 }],
    ['media type', { imageManifestMediaType: 'other' }, { mediaType: 'other' }],
    ['artifact type', { artifactMediaType: 'other' }, { artifactMediaType: 'other' }],
    ['tags', { imageTags: ['v1', 'v2'] }, { tags: ['v1', 'v2'] }]
  ])('returns the current %s of an image that changed', async (_name, change, expected) => {
    const api = serve([[tagOf('v1', 'a')]], [[{ ...imageOf('a', 'v1'), ...change }]])
    const images = await listAllImages(api, REPOSITORY, await listTags(api, REPOSITORY))
    expect([...images]).toMatchObject([[digestOf('a'), { digest: digestOf('a'), ...expected }]])
  })
})

describe('toListedImage', () => {
  test.each<[string, ImageDetail]>([
    ['imageDigest', { imageDigest: undefined }],
    ['imageDigest', { imageDigest: 'sha256:a' }],
    ['imagePushedAt', { imagePushedAt: undefined }],
    ['imagePushedAt', { imagePushedAt: new Date(NaN) }]
  ])('rejects an image without a valid %s: %j', (member, change) => {
    expect(() => toListedImage({ ...imageOf('a'), ...change })).toThrow(
      `The response of ECR Public is incomplete: "DescribeImages: ${member}".`
    )
  })
})

describe('listTags with an incomplete response', () => {
  test.each<[string, ImageTagDetail]>([
    ['imageTag', { imageTag: undefined }],
    ['imageTag', { imageTag: '' }],
    ['createdAt', { createdAt: undefined }],
    ['createdAt', { createdAt: new Date(NaN) }],
    ['imageDigest', { imageDetail: undefined }],
    ['imageDigest', { imageDetail: { ...imageOf('a'), imageDigest: '' } }],
    ['imagePushedAt', { imageDetail: { ...imageOf('a'), imagePushedAt: undefined } }]
  ])('rejects a tag without a valid %s: %j', async (member, change) => {
    const api = serve([[tagOf('v1', 'a')], [{ ...tagOf('v2', 'a'), ...change }]], [])
    await expect(listTags(api, REPOSITORY)).rejects.toThrow(
      `The response of ECR Public is incomplete: "DescribeImageTags: ${member}".`
    )
  })
})
