import { randomBytes } from 'node:crypto'
import {
  BatchCheckLayerAvailabilityCommand,
  BatchDeleteImageCommand,
  DescribeImagesCommand,
  InitiateLayerUploadCommand,
  PutImageCommand,
  PutRepositoryCatalogDataCommand,
  UploadLayerPartCommand
} from '@aws-sdk/client-ecr-public'
import type { Layer } from '@aws-sdk/client-ecr-public'
import { digestOf } from '../../helpers/push-blob.ts'
import { MEDIA_TYPES } from '../live.ts'
import type { Live, LiveRepository } from '../live.ts'
import { errorOf } from './question.ts'

/** Behavior that PARITY.md marks as a guess and that does not have a switch. The value is the observation. */
export const OBSERVATIONS = {
  logoOfAnotherFormat,
  layerTypeWithoutManifest,
  partOfAnotherSize,
  uploadOfExistingLayer,
  otherManifestMediaType,
  invalidTag,
  invalidPageToken,
  idsWithPaging,
  layerAfterImageDeletion,
  blobDeletion
}

async function nameOf(call: Promise<unknown>): Promise<string> {
  return (await errorOf(call))?.name ?? 'accepted'
}

/** Which error is returned for a logo that is not an image? */
async function logoOfAnotherFormat(live: Live): Promise<string> {
  const { name: repositoryName } = await live.newRepository()
  const catalogData = { logoImageBlob: Buffer.from('This is not an image.') }
  return nameOf(
    live.client.send(new PutRepositoryCatalogDataCommand({ repositoryName, catalogData }))
  )
}

async function findLayer(
  live: Live,
  { name }: LiveRepository,
  digest: string
): Promise<Layer | undefined> {
  const { layers } = await live.client.send(
    new BatchCheckLayerAvailabilityCommand({ repositoryName: name, layerDigests: [digest] })
  )
  return layers?.[0]
}

/** Which media type does a layer have before a manifest refers to it? */
async function layerTypeWithoutManifest(live: Live): Promise<string> {
  const repository = await live.newRepository()
  const { digest } = await live.pushBlob(repository, randomBytes(64), MEDIA_TYPES.layer)
  return (await findLayer(live, repository, digest))?.mediaType ?? 'none'
}

/** Which error is returned for a part whose size differs from its range? */
async function partOfAnotherSize(live: Live): Promise<string> {
  const { name: repositoryName } = await live.newRepository()
  const { uploadId } = await live.client.send(new InitiateLayerUploadCommand({ repositoryName }))
  return nameOf(
    live.client.send(
      new UploadLayerPartCommand({
        repositoryName,
        uploadId,
        partFirstByte: 0,
        partLastByte: 9,
        layerPartBlob: randomBytes(20)
      })
    )
  )
}

/** Which error is returned for a layer that exists? */
async function uploadOfExistingLayer(live: Live): Promise<string> {
  const repository = await live.newRepository()
  const bytes = randomBytes(64)
  await live.pushBlob(repository, bytes, MEDIA_TYPES.layer)
  return nameOf(live.pushBlob(repository, bytes, MEDIA_TYPES.layer))
}

/** Which error is returned if the media type of the request differs from the media type in the manifest? */
async function otherManifestMediaType(live: Live): Promise<string> {
  const repository = await live.newRepository()
  const blobs = await live.pushBlobs(repository)
  return nameOf(
    live.client.send(
      new PutImageCommand({
        repositoryName: repository.name,
        imageManifest: JSON.stringify({
          schemaVersion: 2,
          mediaType: MEDIA_TYPES.manifest,
          ...blobs
        }),
        imageManifestMediaType: 'application/vnd.docker.distribution.manifest.v2+json'
      })
    )
  )
}

/** Which error is returned for a tag that begins with a hyphen? */
async function invalidTag(live: Live): Promise<string> {
  const repository = await live.newRepository()
  return nameOf(live.putImage(repository, await live.pushBlobs(repository), { tag: '-tag' }))
}

/** Which error is returned for an invalid page token? */
async function invalidPageToken(live: Live): Promise<string> {
  const { name: repositoryName } = await live.newRepository()
  return nameOf(
    live.client.send(new DescribeImagesCommand({ repositoryName, nextToken: 'invalid' }))
  )
}

/** Which error is returned for IDs together with a page size? */
async function idsWithPaging(live: Live): Promise<string> {
  const repository = await live.newRepository()
  const { digest } = await live.putImage(repository, await live.pushBlobs(repository))
  return nameOf(
    live.client.send(
      new DescribeImagesCommand({
        repositoryName: repository.name,
        imageIds: [{ imageDigest: digest }],
        maxResults: 10
      })
    )
  )
}

/** Does a layer remain when its image is deleted? */
async function layerAfterImageDeletion(live: Live): Promise<string> {
  const repository = await live.newRepository()
  const blobs = await live.pushBlobs(repository)
  const { digest: imageDigest } = await live.putImage(repository, blobs)
  await live.client.send(
    new BatchDeleteImageCommand({ repositoryName: repository.name, imageIds: [{ imageDigest }] })
  )
  const layer = await findLayer(live, repository, blobs.layers[0]?.digest ?? digestOf(''))
  return layer?.layerAvailability ?? 'none'
}

/** Which status does the deletion of a blob have? */
async function blobDeletion(live: Live): Promise<string> {
  const repository = await live.newRepository()
  const { digest } = await live.pushBlob(repository, randomBytes(64), MEDIA_TYPES.layer)
  const { request } = await live.registry(repository)
  const path = repository.uri.slice(repository.uri.indexOf('/'))
  const { status } = await request(`/v2${path}/blobs/${digest}`, { method: 'DELETE' })
  return String(status)
}
