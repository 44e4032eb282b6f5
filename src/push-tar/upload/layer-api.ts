import {
  BatchCheckLayerAvailabilityCommand,
  CompleteLayerUploadCommand,
  InitiateLayerUploadCommand,
  UploadLayerPartCommand
} from '@aws-sdk/client-ecr-public'
import { HttpRequest } from '@smithy/core/protocols'
import type { BuildMiddleware } from '@smithy/types'
import type { RepositoryAddress } from '../../ecr-public/listings.js'
import type { HeldBody } from '../../http/request-sender.js'
import type { EcrPublicApi } from '../../runner/deps.js'
import { problem } from '../../runner/errors.js'
import { MAX_DIGESTS_PER_CHECK, MAX_PART_SIZE_BYTES, MIN_PART_SIZE_BYTES } from '../limits.js'
import type { FinishedBody } from './part-body.js'

/** The four layer operations on one repository. */
export interface LayerApi {
  readonly repository: RepositoryAddress
  /** Returns the sizes in bytes of the layers that the repository has, by digest. */
  check(digests: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** Starts an upload. `partSize` is the maximum size of its parts in bytes. */
  initiate(): Promise<{ readonly uploadId: string; readonly partSize: number }>
  /**
   * Sends one part, without retries: a part may have been received although the call failed, so the caller decides
   * what to send next.
   *
   * @param body the whole request body
   * @param mayEnd holds back the end of the body until it resolves, and aborts the request if it rejects
   * @returns the last byte of the layer that the service has received
   */
  uploadPart(
    body: FinishedBody,
    uploadId: string,
    mayEnd?: Promise<unknown>
  ): Promise<number | undefined>
  /** Completes an upload. @throws LayerAlreadyExistsException, UploadNotFoundException and other service errors */
  complete(uploadId: string, digest: string): Promise<void>
}

export function createLayerApi(api: EcrPublicApi, repository: RepositoryAddress): LayerApi {
  return {
    repository,
    check: (digests) => checkAvailability(digests, repository, api),
    initiate: () => initiateUpload(repository, api),
    uploadPart: (body, uploadId, mayEnd) => uploadPart(body, uploadId, mayEnd, repository, api),
    complete: (uploadId, digest) => completeUpload(uploadId, digest, repository, api)
  }
}

async function checkAvailability(
  digests: readonly string[],
  repository: RepositoryAddress,
  api: EcrPublicApi
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>()
  const unique = [...new Set(digests)]
  for (let at = 0; at < unique.length; at += MAX_DIGESTS_PER_CHECK) {
    const layerDigests = unique.slice(at, at + MAX_DIGESTS_PER_CHECK)
    const { layers = [] } = await api.send(
      new BatchCheckLayerAvailabilityCommand({ ...repository, layerDigests })
    )
    for (const { layerDigest, layerAvailability, layerSize } of layers) {
      if (layerAvailability !== 'AVAILABLE' || layerDigest === undefined) continue
      found.set(layerDigest, layerSize ?? 0)
    }
  }
  return found
}

async function initiateUpload(
  repository: RepositoryAddress,
  api: EcrPublicApi
): Promise<{ readonly uploadId: string; readonly partSize: number }> {
  const { uploadId, partSize = MAX_PART_SIZE_BYTES } = await api.send(
    new InitiateLayerUploadCommand(repository)
  )
  if (uploadId === undefined) {
    throw problem({
      what: 'The response of InitiateLayerUpload does not contain an upload ID',
      fix: 'Run the job again. If the error persists, check the endpoint and the proxy.'
    })
  }
  const validPartSize = Math.min(Math.max(partSize, MIN_PART_SIZE_BYTES), MAX_PART_SIZE_BYTES)
  return { uploadId, partSize: validPartSize }
}

async function uploadPart(
  body: FinishedBody,
  uploadId: string,
  mayEnd: Promise<unknown> | undefined,
  repository: RepositoryAddress,
  api: EcrPublicApi
): Promise<number | undefined> {
  // The command checks its input, but the body replaces it.
  const command = new UploadLayerPartCommand({
    ...repository,
    uploadId,
    partFirstByte: 0,
    partLastByte: 0,
    layerPartBlob: new Uint8Array(0)
  })
  // In the build step, the content length is not measured and the request is not signed yet.
  command.middlewareStack.add(replaceBody(body, mayEnd), {
    step: 'build',
    priority: 'high',
    name: 'partBody'
  })
  // Replaces the retries of the SDK.
  command.middlewareStack.add((next) => (args) => next(args), {
    name: 'retryMiddleware',
    override: true,
    step: 'finalizeRequest',
    priority: 'high'
  })
  const { lastByteReceived } = await api.send(command)
  return lastByteReceived
}

/** The signer of the SDK uses the hash in this header instead of hashing the body again. */
const HASH_HEADER = 'x-amz-content-sha256'

function replaceBody<Input extends object, Output extends object>(
  { bytes, sha256 }: FinishedBody,
  mayEnd: Promise<unknown> | undefined
): BuildMiddleware<Input, Output> {
  const { byteLength } = bytes
  const body: Uint8Array | HeldBody = mayEnd === undefined ? bytes : { bytes, byteLength, mayEnd }
  return (next) => (args) => {
    const { request } = args
    if (HttpRequest.isInstance(request)) {
      request.body = body
      request.headers[HASH_HEADER] = sha256
    }
    return next(args)
  }
}

async function completeUpload(
  uploadId: string,
  digest: string,
  repository: RepositoryAddress,
  api: EcrPublicApi
): Promise<void> {
  const { layerDigest } = await api.send(
    new CompleteLayerUploadCommand({ ...repository, uploadId, layerDigests: [digest] })
  )
  if (layerDigest === digest) return
  throw problem({
    what: 'ECR Public stored a layer under a wrong digest',
    value: layerDigest ?? 'none',
    expected: `The digest of the layer is ${digest}.`
  })
}
