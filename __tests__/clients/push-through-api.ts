import {
  CompleteLayerUploadCommand,
  InitiateLayerUploadCommand,
  PutImageCommand,
  UploadLayerPartCommand
} from '@aws-sdk/client-ecr-public'
import type { ECRPUBLICClient } from '@aws-sdk/client-ecr-public'
import type { Content, TestImage } from '../emulator/registry/images.js'

/** Pushes an image through the layer API and PutImage, its children before it. */
export async function pushThroughApi(
  api: ECRPUBLICClient,
  repositoryName: string,
  image: TestImage,
  imageTag?: string
): Promise<void> {
  for (const blob of image.blobs) await pushLayer(api, repositoryName, blob)
  for (const child of image.children) await pushThroughApi(api, repositoryName, child)
  await api.send(
    new PutImageCommand({
      repositoryName,
      imageManifest: image.bytes.toString(),
      imageManifestMediaType: image.mediaType,
      imageDigest: image.digest,
      imageTag
    })
  )
}

async function pushLayer(
  api: ECRPUBLICClient,
  repositoryName: string,
  { bytes, digest }: Content
): Promise<void> {
  const { uploadId } = await api.send(new InitiateLayerUploadCommand({ repositoryName }))
  await api.send(
    new UploadLayerPartCommand({
      repositoryName,
      uploadId,
      partFirstByte: 0,
      partLastByte: bytes.length - 1,
      layerPartBlob: bytes
    })
  )
  await api.send(
    new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [digest] })
  )
}
