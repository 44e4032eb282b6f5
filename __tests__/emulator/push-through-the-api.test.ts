import { createHash, randomBytes } from 'node:crypto'
import {
  BatchCheckLayerAvailabilityCommand,
  CompleteLayerUploadCommand,
  CreateRepositoryCommand,
  DescribeImageTagsCommand,
  DescribeImagesCommand,
  ECRPUBLICClient,
  GetAuthorizationTokenCommand,
  InitiateLayerUploadCommand,
  PutImageCommand,
  UploadLayerPartCommand
} from '@aws-sdk/client-ecr-public'
import { startEmulator } from '../helpers/start-emulator.js'

const digestOf = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`

test('an image that the SDK pushed through the layer API is described correctly', async () => {
  const emulator = await startEmulator()
  const client = new ECRPUBLICClient({
    region: 'us-east-1',
    endpoint: emulator.url,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' }
  })
  const repositoryName = 'team/app'
  const { repository } = await client.send(new CreateRepositoryCommand({ repositoryName }))
  expect(repository?.repositoryUri).toBe(`${emulator.host}/a1b2c3d4/team/app`)

  const upload = async (bytes: Buffer): Promise<string> => {
    const { uploadId, partSize } = await client.send(
      new InitiateLayerUploadCommand({ repositoryName })
    )
    for (let first = 0; first < bytes.length; first += partSize!) {
      const part = bytes.subarray(first, first + partSize!)
      const last = first + part.length - 1
      const { lastByteReceived } = await client.send(
        new UploadLayerPartCommand({
          repositoryName,
          uploadId,
          partFirstByte: first,
          partLastByte: last,
          layerPartBlob: part
        })
      )
      expect(lastByteReceived).toBe(last)
    }
    const { layerDigest } = await client.send(
      new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [digestOf(bytes)] })
    )
    return layerDigest!
  }
  const layer = randomBytes(11 * 1024 * 1024)
  const config = Buffer.from('{"rootfs":{"type":"layers","diff_ids":[]}}')
  const layerDigest = await upload(layer)
  const configDigest = await upload(config)
  expect([layerDigest, configDigest]).toEqual([digestOf(layer), digestOf(config)])

  const imageManifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: configDigest,
      size: config.length
    },
    layers: [
      {
        mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
        digest: layerDigest,
        size: layer.length
      }
    ]
  })
  const imageDigest = digestOf(Buffer.from(imageManifest))
  const { image } = await client.send(
    new PutImageCommand({ repositoryName, imageManifest, imageTag: 'v1', imageDigest })
  )
  expect(image?.imageId).toEqual({ imageDigest, imageTag: 'v1' })

  const { imageDetails } = await client.send(new DescribeImagesCommand({ repositoryName }))
  expect(imageDetails).toEqual([
    {
      registryId: '123456789012',
      repositoryName,
      imageDigest,
      imageTags: ['v1'],
      imageSizeInBytes: layer.length,
      imagePushedAt: expect.any(Date),
      imageManifestMediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactMediaType: 'application/vnd.oci.image.config.v1+json'
    }
  ])
  const { imageTagDetails } = await client.send(new DescribeImageTagsCommand({ repositoryName }))
  expect(imageTagDetails).toEqual([
    expect.objectContaining({
      imageTag: 'v1',
      imageDetail: expect.objectContaining({ imageDigest })
    })
  ])
  const { layers } = await client.send(
    new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [layerDigest] })
  )
  expect(layers).toEqual([
    {
      layerDigest,
      layerAvailability: 'AVAILABLE',
      layerSize: layer.length,
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip'
    }
  ])
  const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}))
  const [user, password] = Buffer.from(authorizationData!.authorizationToken!, 'base64')
    .toString()
    .split(':')
  expect(user).toBe('AWS')
  expect(password).toMatch(/^eyJwYXlsb2FkIjoi/)
  expect(await emulator.operations()).toContain('UploadLayerPart')
  const requests = await emulator.requests()
  expect(requests.find(({ operation }) => operation === 'UploadLayerPart')).toMatchObject({
    method: 'POST',
    path: '/',
    status: 200
  })
})
