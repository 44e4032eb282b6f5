import {
  DescribeImagesCommand,
  DescribeImageTagsCommand,
  PutImageCommand
} from '@aws-sdk/client-ecr-public'
import type { ImageDetail } from '@aws-sdk/client-ecr-public'
import {
  descriptor,
  digestOf,
  openService,
  pushBlob,
  pushImage,
  pushIndex,
  putManifest,
  serviceError,
  testOfEmulator,
  TYPES
} from '../service.js'
import type { Service } from '../service.js'

const ABSENT = `sha256:${'a'.repeat(64)}`

async function tagsOf(
  { client }: Service,
  repositoryName: string
): Promise<Record<string, string>> {
  const { imageTagDetails } = await client.send(new DescribeImageTagsCommand({ repositoryName }))
  return Object.fromEntries(
    imageTagDetails!.map(({ imageTag, imageDetail }) => [imageTag!, imageDetail!.imageDigest!])
  )
}

async function detailOf(
  { client }: Service,
  repositoryName: string,
  imageDigest: string
): Promise<ImageDetail> {
  const { imageDetails } = await client.send(
    new DescribeImagesCommand({ repositoryName, imageIds: [{ imageDigest }] })
  )
  return imageDetails![0]!
}

test('returns an image as it was put, with the digest of its bytes', async () => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  const config = Buffer.from('{"os":"linux"}')
  await pushBlob(client, repositoryName, config)
  const imageManifest = JSON.stringify(
    { schemaVersion: 2, config: descriptor(TYPES.config, config), layers: [], note: 'ü ' },
    undefined,
    3
  )
  const { image } = await client.send(
    new PutImageCommand({
      repositoryName,
      imageManifest,
      imageManifestMediaType: TYPES.manifest,
      imageTag: 'v1',
      imageDigest: digestOf(imageManifest)
    })
  )
  expect(image).toEqual({
    registryId: expect.stringMatching(/^[0-9]{12}$/),
    repositoryName,
    imageId: { imageDigest: digestOf(imageManifest), imageTag: 'v1' },
    imageManifest,
    imageManifestMediaType: TYPES.manifest
  })
})

test('moves a tag to the last image that was put and keeps the previous image', async () => {
  const service = await openService()
  const { client, newRepository } = service
  const repositoryName = await newRepository()
  const one = await pushImage(client, repositoryName, 'one', 'latest')
  const two = await pushImage(client, repositoryName, 'two', 'latest')
  expect(await tagsOf(service, repositoryName)).toEqual({ latest: two })
  expect(await detailOf(service, repositoryName, one)).not.toHaveProperty('imageTags')
})

test('putting an image again with other tags adds the tags', async () => {
  const service = await openService()
  const { client, newRepository } = service
  const repositoryName = await newRepository()
  const one = await pushImage(client, repositoryName, 'one')
  await pushImage(client, repositoryName, 'one', 'v1')
  await pushImage(client, repositoryName, 'one', 'v2')
  expect(await tagsOf(service, repositoryName)).toEqual({ v1: one, v2: one })
  const { imageTags } = await detailOf(service, repositoryName, one)
  expect([...imageTags!].sort()).toEqual(['v1', 'v2'])
})

test('rejects an existing image with an existing tag', async () => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  const digest = await pushImage(client, repositoryName, 'one', 'v1')
  await expect(pushImage(client, repositoryName, 'one', 'v1')).rejects.toEqual(
    serviceError(
      'ImageAlreadyExistsException',
      new RegExp(
        `^Image with digest '${digest}' and tag 'v1' already exists in the repository with name '${repositoryName}' in registry with id '`
      )
    )
  )
})

testOfEmulator(
  'rejects an existing untagged image, or accepts it with untaggedAgain=accepted',
  async () => {
    const refusing = await openService()
    const repositoryName = await refusing.newRepository()
    await pushImage(refusing.client, repositoryName, 'one')
    await expect(pushImage(refusing.client, repositoryName, 'one')).rejects.toEqual(
      serviceError('ImageAlreadyExistsException')
    )
    const taking = await openService({ untaggedAgain: 'accepted' })
    const name = await taking.newRepository()
    const digest = await pushImage(taking.client, name, 'one')
    expect(await pushImage(taking.client, name, 'one')).toBe(digest)
  }
)

test('rejects a digest that does not match the manifest', async () => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  const config = Buffer.from('{}')
  await pushBlob(client, repositoryName, config)
  const imageManifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: TYPES.manifest,
    config: descriptor(TYPES.config, config),
    layers: []
  })
  await expect(
    client.send(new PutImageCommand({ repositoryName, imageManifest, imageDigest: ABSENT }))
  ).rejects.toEqual(
    serviceError(
      'ImageDigestDoesNotMatchException',
      new RegExp(
        `^The image with digest '${ABSENT}' in repository '${repositoryName}' and registry ID '.*' does not match the image digest that Amazon ECR has calculated\\.$`
      )
    )
  )
})

test('rejects an image with missing layers or config and lists the missing digests', async () => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  const [config, layer] = [descriptor(TYPES.config, '{}'), descriptor(TYPES.layer, 'layer')]
  await expect(
    putManifest(client, repositoryName, 'v1', {
      mediaType: TYPES.manifest,
      config,
      layers: [layer, layer]
    })
  ).rejects.toEqual(
    serviceError(
      'LayersNotFoundException',
      new RegExp(
        `^Layers with digests '\\[${digestOf('{}')}, ${digestOf('layer')}\\]' required for pushing image into repository with name '${repositoryName}' in the registry with id '.*' do not exist$`
      )
    )
  )
})

test('accepts foreign layers that are missing', async () => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  const config = Buffer.from('{"os":"windows"}')
  await pushBlob(client, repositoryName, config)
  await putManifest(client, repositoryName, 'v1', {
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    config: descriptor('application/vnd.docker.container.image.v1+json', config),
    layers: [
      {
        ...descriptor('application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', 'base'),
        urls: ['https://example.com/base']
      }
    ]
  })
})

test('rejects an index with missing images and lists the missing digests', async () => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  const there = await pushImage(client, repositoryName, 'one')
  await expect(pushIndex(client, repositoryName, [there, ABSENT])).rejects.toEqual(
    serviceError(
      'ReferencedImagesNotFoundException',
      new RegExp(
        `^Images with digests '\\[${ABSENT}\\]' required for pushing image into repository with name '${repositoryName}' in the registry with id '.*' do not exist$`
      )
    )
  )
})

test.each([
  ['no JSON', '{'],
  ['no object', '[]'],
  ['of an unknown type', '{"schemaVersion":2,"mediaType":"text/plain"}'],
  ['without a type', '{"schemaVersion":2,"layers":[]}'],
  ['of another schema version', `{"schemaVersion":1,"mediaType":"${TYPES.manifest}"}`],
  ['without a config', `{"schemaVersion":2,"mediaType":"${TYPES.manifest}","layers":[]}`],
  ['an index without a list', `{"schemaVersion":2,"mediaType":"${TYPES.index}"}`],
  [
    'an index with an invalid descriptor',
    `{"schemaVersion":2,"mediaType":"${TYPES.index}","manifests":[{"digest":"md5:00"}]}`
  ]
])('rejects a manifest that is %s', async (_title, imageManifest) => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  await expect(client.send(new PutImageCommand({ repositoryName, imageManifest }))).rejects.toEqual(
    serviceError(
      'InvalidParameterException',
      "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'"
    )
  )
})

testOfEmulator('rejects a media type that differs from the type of the manifest', async () => {
  const { client, newRepository } = await openService()
  const input = {
    repositoryName: await newRepository(),
    imageManifest: `{"schemaVersion":2,"mediaType":"${TYPES.index}","manifests":[]}`,
    imageManifestMediaType: TYPES.manifest
  }
  await expect(client.send(new PutImageCommand(input))).rejects.toEqual(
    serviceError('InvalidParameterException')
  )
})

test.each([['.hidden'], ['-x'], ['a/b'], ['a b'], ['ü']])(
  'rejects the tag %s',
  async (imageTag) => {
    const { client, newRepository } = await openService()
    const repositoryName = await newRepository()
    await expect(pushImage(client, repositoryName, 'one', imageTag)).rejects.toEqual(
      serviceError('InvalidParameterException', /^Invalid parameter at 'imageTag'/)
    )
  }
)

testOfEmulator.each([
  ['layers', 'layer of one'.length],
  [
    'layers-and-config',
    'layer of one'.length + '{"os":"linux","architecture":"amd64","about":"one"}'.length
  ]
] as const)('the size of an image is the size of its %s', async (imageSize, bytes) => {
  const service = await openService({ imageSize })
  const repositoryName = await service.newRepository()
  const digest = await pushImage(service.client, repositoryName, 'one')
  expect((await detailOf(service, repositoryName, digest)).imageSizeInBytes).toBe(bytes)
})

test('the size of an index is the size of its largest image, including nested indexes', async () => {
  const service = await openService()
  const { client } = service
  const repositoryName = await service.newRepository()
  const small = await pushImage(client, repositoryName, 'x')
  const large = await pushImage(client, repositoryName, 'x'.repeat(100))
  const index = await pushIndex(client, repositoryName, [small, large], 'v1')
  const outer = await pushIndex(client, repositoryName, [small, index], 'v2', TYPES.index)
  const { imageSizeInBytes } = await detailOf(service, repositoryName, large)
  for (const digest of [index, outer]) {
    expect(await detailOf(service, repositoryName, digest)).toMatchObject({
      imageSizeInBytes,
      imageManifestMediaType: TYPES.index
    })
  }
})

test.each([
  ['its config', {}, TYPES.config],
  ['its config even with an artifact type', { artifactType: 'application/x' }, TYPES.config]
])('the artifact media type is the type of %s', async (_title, more, expected) => {
  const service = await openService()
  const repositoryName = await service.newRepository()
  const digest = await pushImage(service.client, repositoryName, 'one', 'v1', more)
  const { artifactMediaType } = await detailOf(service, repositoryName, digest)
  expect(artifactMediaType).toBe(expected)
})

testOfEmulator(
  'the artifact media type of an artifact without a config is its artifact type',
  async () => {
    const service = await openService()
    const repositoryName = await service.newRepository()
    const config = Buffer.from('{}')
    await pushBlob(service.client, repositoryName, config)
    const digest = await putManifest(service.client, repositoryName, undefined, {
      mediaType: TYPES.manifest,
      artifactType: 'application/spdx+json',
      config: descriptor('application/vnd.oci.empty.v1+json', config),
      layers: [],
      subject: { mediaType: TYPES.manifest, digest: ABSENT, size: 1 }
    })
    const { artifactMediaType } = await detailOf(service, repositoryName, digest)
    expect(artifactMediaType).toBe('application/spdx+json')
  }
)

testOfEmulator('tagMutability=immutable rejects moving a tag', async () => {
  const { client, newRepository } = await openService({ tagMutability: 'immutable' })
  const repositoryName = await newRepository()
  await pushImage(client, repositoryName, 'one', 'v1')
  await expect(pushImage(client, repositoryName, 'two', 'v1')).rejects.toEqual(
    serviceError(
      'ImageTagAlreadyExistsException',
      `The image tag 'v1' already exists in the '${repositoryName}' repository and cannot be overwritten because the tag is immutable.`
    )
  )
})

testOfEmulator.each([
  ['moved', '2026-01-02'],
  ['kept', '2026-01-01']
] as const)('the date of a moved tag is %s', async (movedTagCreatedAt, expected) => {
  let time = new Date('2026-01-01T00:00:00Z')
  const { client, newRepository } = await openService({ movedTagCreatedAt, now: () => time })
  const repositoryName = await newRepository()
  await pushImage(client, repositoryName, 'one', 'v1')
  await pushImage(client, repositoryName, 'two')
  time = new Date('2026-01-02T00:00:00Z')
  await pushImage(client, repositoryName, 'two', 'v1')
  const { imageTagDetails } = await client.send(new DescribeImageTagsCommand({ repositoryName }))
  expect(imageTagDetails![0]!.createdAt).toEqual(new Date(`${expected}T00:00:00Z`))
  expect(imageTagDetails![0]!.imageDetail!.imagePushedAt).toEqual(new Date('2026-01-01'))
})

testOfEmulator('limits the number of images per repository and of tags per image', async () => {
  const limits = { images: 1, tagsPerImage: 2 }
  const { client, newRepository } = await openService({ limits })
  const repositoryName = await newRepository()
  await pushImage(client, repositoryName, 'one', 'v1')
  await pushImage(client, repositoryName, 'one', 'v2')
  for (const [about, tag] of [
    ['one', 'v3'],
    ['two', 'v1']
  ] as const) {
    await expect(pushImage(client, repositoryName, about, tag)).rejects.toEqual(
      serviceError('LimitExceededException')
    )
  }
})
