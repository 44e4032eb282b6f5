import { randomBytes } from 'node:crypto'
import {
  BatchCheckLayerAvailabilityCommand,
  CompleteLayerUploadCommand,
  InitiateLayerUploadCommand,
  UploadLayerPartCommand
} from '@aws-sdk/client-ecr-public'
import type {
  CompleteLayerUploadCommandOutput,
  UploadLayerPartCommandOutput
} from '@aws-sdk/client-ecr-public'
import {
  digestOf,
  openService,
  pushBlob,
  pushImage,
  serviceError,
  testOfEmulator,
  TYPES
} from '../service.js'
import type { Service } from '../service.js'

const MIB = 1024 * 1024

/** An upload and functions to call its operations. */
async function startUpload(service: Service, repositoryName?: string) {
  const { client } = service
  const name = repositoryName ?? (await service.newRepository())
  const { uploadId, partSize } = await client.send(
    new InitiateLayerUploadCommand({ repositoryName: name })
  )
  return {
    repositoryName: name,
    uploadId: uploadId!,
    partSize: partSize!,
    part: (
      partFirstByte: number,
      layerPartBlob: Buffer,
      partLastByte = partFirstByte + layerPartBlob.length - 1
    ): Promise<UploadLayerPartCommandOutput> =>
      client.send(
        new UploadLayerPartCommand({
          repositoryName: name,
          uploadId,
          partFirstByte,
          partLastByte,
          layerPartBlob
        })
      ),
    complete: (...layerDigests: string[]): Promise<CompleteLayerUploadCommandOutput> =>
      client.send(new CompleteLayerUploadCommand({ repositoryName: name, uploadId, layerDigests }))
  }
}

test('a layer exists after its parts were uploaded and the upload was completed', async () => {
  const service = await openService()
  const upload = await startUpload(service)
  const { repositoryName, uploadId } = upload
  expect(uploadId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  expect(upload.partSize).toBeGreaterThanOrEqual(5 * MIB)
  const layer = randomBytes(5 * MIB + 7)
  const first = await upload.part(0, layer.subarray(0, 5 * MIB))
  expect(first).toMatchObject({ repositoryName, uploadId, lastByteReceived: 5 * MIB - 1 })
  const second = await upload.part(5 * MIB, layer.subarray(5 * MIB))
  expect(second.lastByteReceived).toBe(layer.length - 1)
  const layerDigest = digestOf(layer)
  const completed = await upload.complete(`sha256:${'0'.repeat(64)}`, layerDigest)
  expect(completed).toMatchObject({ repositoryName, uploadId, layerDigest })
  const { layers, failures } = await service.client.send(
    new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [layerDigest] })
  )
  expect(failures).toEqual([])
  expect(layers).toEqual([
    {
      layerDigest,
      layerAvailability: 'AVAILABLE',
      layerSize: layer.length,
      mediaType: expect.any(String)
    }
  ])
})

test('rejects parts that do not begin after the previous one and returns the last valid byte', async () => {
  const upload = await startUpload(await openService())
  const { repositoryName, uploadId } = upload
  await expect(upload.part(1, Buffer.from('ab'))).rejects.toEqual(
    serviceError('InvalidLayerPartException', 'First byte of the layer part is 1 instead of 0')
  )
  await upload.part(0, Buffer.alloc(5 * MIB))
  for (const first of [0, 5 * MIB - 1, 5 * MIB + 1]) {
    await expect(upload.part(first, Buffer.from('ab'))).rejects.toEqual(
      expect.objectContaining({
        name: 'InvalidLayerPartException',
        message: `First byte of the layer part is ${String(first)} instead of ${String(5 * MIB)}`,
        registryId: expect.stringMatching(/^[0-9]{12}$/),
        repositoryName,
        uploadId,
        lastValidByteReceived: 5 * MIB - 1
      })
    )
  }
  await upload.part(5 * MIB, Buffer.from('ab'))
})

test.each([
  ['shorter', 2],
  ['longer', 0]
])('rejects a part that is %s than its range', async (_title, lastByte) => {
  const upload = await startUpload(await openService())
  await expect(upload.part(0, Buffer.from('ab'), lastByte)).rejects.toEqual(
    serviceError('InvalidLayerPartException')
  )
})

test('completing an upload fails if a part before the last one is smaller than 5 MiB', async () => {
  const upload = await startUpload(await openService())
  await upload.part(0, Buffer.alloc(5 * MIB - 1))
  await upload.part(5 * MIB - 1, Buffer.from('b'))
  await expect(upload.complete(digestOf(''))).rejects.toEqual(
    serviceError(
      'LayerPartTooSmallException',
      'All layer parts except the last part should be at least 5MB'
    )
  )
})

test('rejects completing an upload without parts', async () => {
  const upload = await startUpload(await openService())
  await expect(upload.complete(digestOf(''))).rejects.toEqual(
    serviceError(
      'EmptyUploadException',
      /^The upload with id '.*cannot be completed because it does not have any parts$/
    )
  )
})

test('rejects a layer if its digest is not one of the given digests', async () => {
  const upload = await startUpload(await openService())
  await upload.part(0, Buffer.from('a layer'))
  await expect(upload.complete(digestOf('another'))).rejects.toEqual(
    serviceError(
      'InvalidLayerException',
      'None of the provided layer digests match the calculated layer digest'
    )
  )
})

test('completing the upload of an existing layer fails', async () => {
  const service = await openService()
  const repositoryName = await service.newRepository()
  const layer = randomBytes(10)
  const digest = await pushBlob(service.client, repositoryName, layer)
  const upload = await startUpload(service, repositoryName)
  await upload.part(0, layer)
  await expect(upload.complete(digest)).rejects.toEqual(
    serviceError(
      'LayerAlreadyExistsException',
      new RegExp(
        `^The layer with digest '${digest}' already exists in the repository with name '${repositoryName}' in registry with id '`
      )
    )
  )
})

test('an upload that has ended or belongs to another repository is not found', async () => {
  const service = await openService()
  const upload = await startUpload(service)
  const layer = randomBytes(10)
  const repositoryName = await service.newRepository()
  const { uploadId } = upload
  await expect(
    service.client.send(
      new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [digestOf('')] })
    )
  ).rejects.toEqual(serviceError('UploadNotFoundException'))
  await upload.part(0, layer)
  await upload.complete(digestOf(layer))
  await expect(upload.part(10, layer)).rejects.toEqual(serviceError('UploadNotFoundException'))
  await expect(upload.complete(digestOf(layer))).rejects.toEqual(
    serviceError('UploadNotFoundException')
  )
})

test('the same bytes in two repositories are two layers', async () => {
  const service = await openService()
  const layer = randomBytes(10)
  const [one, other] = [await service.newRepository(), await service.newRepository()]
  const digest = await pushBlob(service.client, one, layer)
  const check = new BatchCheckLayerAvailabilityCommand({
    repositoryName: other,
    layerDigests: [digest]
  })
  const before = await service.client.send(check)
  expect(before.layers).toEqual([{ layerDigest: digest, layerAvailability: 'UNAVAILABLE' }])
  await pushBlob(service.client, other, layer)
})

test('a layer has the media type of the manifest that refers to it', async () => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  await pushImage(client, repositoryName, 'one')
  const { layers } = await client.send(
    new BatchCheckLayerAvailabilityCommand({
      repositoryName,
      layerDigests: [digestOf('layer of one')]
    })
  )
  expect(layers![0]!.mediaType).toBe(TYPES.layer)
})

testOfEmulator('reports invalid digests and returns the other layers', async () => {
  const { client, newRepository } = await openService()
  const repositoryName = await newRepository()
  const unknown = digestOf('unknown')
  const check = new BatchCheckLayerAvailabilityCommand({
    repositoryName,
    layerDigests: ['nonsense', unknown, '']
  })
  expect(await client.send(check)).toMatchObject({
    layers: [{ layerDigest: unknown, layerAvailability: 'UNAVAILABLE' }],
    failures: [
      { layerDigest: 'nonsense', failureCode: 'InvalidLayerDigest' },
      { layerDigest: '', failureCode: 'MissingLayerDigest' }
    ]
  })
})

testOfEmulator('unknownLayer=failure reports unknown layers as failures', async () => {
  const { client, newRepository } = await openService({ unknownLayer: 'failure' })
  const repositoryName = await newRepository()
  const unknown = digestOf('unknown')
  const check = new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [unknown] })
  const { layers, failures } = await client.send(check)
  expect(layers).toEqual([])
  expect(failures).toEqual([
    {
      layerDigest: unknown,
      failureCode: 'MissingLayerDigest',
      failureReason: 'Requested layer not found'
    }
  ])
})

testOfEmulator.each([
  ['a part is larger', { maxPartBytes: 9 }, 10],
  ['there are more parts', { parts: 1 }, 5],
  ['the layer is larger', { layerBytes: 9 }, 5]
])('fails if %s than the quota allows', async (_title, limits, size) => {
  const upload = await startUpload(await openService({ limits }))
  const upTo10 = async (): Promise<void> => {
    for (let first = 0; first < 10; first += size) await upload.part(first, Buffer.alloc(size))
  }
  await expect(upTo10()).rejects.toEqual(serviceError('LimitExceededException'))
})

testOfEmulator('the option partSize sets the part size', async () => {
  const upload = await startUpload(await openService({ partSize: 20 * MIB }))
  expect(upload.partSize).toBe(20 * MIB)
})

testOfEmulator('only one of two concurrent parts of an upload succeeds', async () => {
  const upload = await startUpload(await openService())
  const part = randomBytes(100_000)
  const results = await Promise.allSettled([upload.part(0, part), upload.part(0, part)])
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect((await upload.complete(digestOf(part))).layerDigest).toBe(digestOf(part))
})

testOfEmulator('concurrent uploads of many layers do not interfere', async () => {
  const service = await openService({ limits: { minPartBytes: 1024 } })
  const repositoryName = await service.newRepository()
  const layers = Array.from({ length: 8 }, () => randomBytes(300_000))
  const pushed = await Promise.all(
    layers.map(async (layer) => {
      const upload = await startUpload(service, repositoryName)
      await upload.part(0, layer.subarray(0, 200_000))
      await upload.part(200_000, layer.subarray(200_000))
      return (await upload.complete(digestOf(layer))).layerDigest
    })
  )
  expect(pushed).toEqual(layers.map(digestOf))
})
