import { createHash } from 'node:crypto'
import {
  CompleteLayerUploadCommand,
  InitiateLayerUploadCommand,
  UploadLayerPartCommand
} from '@aws-sdk/client-ecr-public'
import type { ECRPUBLICClient } from '@aws-sdk/client-ecr-public'

/** Returns the digest of bytes. */
export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** Uploads a blob through the layer API and returns its digest. @throws LayerAlreadyExistsException */
export async function pushBlob(
  client: Pick<ECRPUBLICClient, 'send'>,
  repositoryName: string,
  bytes: Buffer
): Promise<string> {
  const { uploadId } = await client.send(new InitiateLayerUploadCommand({ repositoryName }))
  await client.send(
    new UploadLayerPartCommand({
      repositoryName,
      uploadId,
      partFirstByte: 0,
      partLastByte: bytes.length - 1,
      layerPartBlob: bytes
    })
  )
  const digest = digestOf(bytes)
  await client.send(
    new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [digest] })
  )
  return digest
}
