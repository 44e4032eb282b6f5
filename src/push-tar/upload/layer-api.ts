import {
  BatchCheckLayerAvailabilityCommand,
  CompleteLayerUploadCommand,
  InitiateLayerUploadCommand,
  UploadLayerPartCommand
} from '@aws-sdk/client-ecr-public'
import type { BuildMiddleware } from '@smithy/types'
import type { RepositoryAddress } from '../../ecr-public/listings.js'
import type { EcrPublicApi } from '../../runner/deps.js'
import { problem } from '../../runner/errors.js'
import { MAX_DIGESTS_PER_CHECK, MAX_PART_SIZE_BYTES, MIN_PART_SIZE_BYTES } from '../limits.js'

/** The four layer operations on one repository. */
export interface LayerApi {
  /** The sizes in bytes of those of the layers that the repository holds. */
  check(digests: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** Begins an upload. */
  initiate(): Promise<{ readonly uploadId: string; readonly partSize: number }>
  /**
   * Sends one part, once: it is for the caller to try again, as a part may have arrived without its answer.
   *
   * @param body the whole body of the request
   * @returns the last byte that the service has
   */
  uploadPart(body: Buffer, uploadId: string): Promise<number | undefined>
  /** Ends an upload. @throws LayerAlreadyExistsException, UploadNotFoundException, … as the service answers */
  complete(uploadId: string, digest: string): Promise<void>
}

export function createLayerApi(api: EcrPublicApi, repository: RepositoryAddress): LayerApi {
  return {
    check: async (digests) => {
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
    },
    initiate: async () => {
      const { uploadId, partSize } = await api.send(new InitiateLayerUploadCommand(repository))
      if (uploadId === undefined)
        throw problem({ what: 'The service began an upload without an id' })
      return { uploadId, partSize: usablePartSize(partSize) }
    },
    uploadPart: async (body, uploadId) => {
      const command = new UploadLayerPartCommand({
        ...repository,
        uploadId,
        partFirstByte: 0,
        partLastByte: 0,
        layerPartBlob: new Uint8Array(0)
      })
      // Before the length is measured and the request is signed.
      command.middlewareStack.add(withBody(body), {
        step: 'build',
        priority: 'high',
        name: 'partBody'
      })
      command.middlewareStack.add((next) => (args) => next(args), {
        // In the place of the SDK's retries.
        name: 'retryMiddleware',
        override: true,
        step: 'finalizeRequest',
        priority: 'high'
      })
      const { lastByteReceived } = await api.send(command)
      return lastByteReceived
    },
    complete: async (uploadId, digest) => {
      const { layerDigest } = await api.send(
        new CompleteLayerUploadCommand({ ...repository, uploadId, layerDigests: [digest] })
      )
      if (layerDigest === digest) return
      throw problem({
        what: 'The service stored a layer under another digest than its bytes have',
        value: layerDigest ?? 'none',
        expected: digest
      })
    }
  }
}

function usablePartSize(partSize: number | undefined): number {
  const size = partSize ?? MAX_PART_SIZE_BYTES
  return Math.min(Math.max(size, MIN_PART_SIZE_BYTES), MAX_PART_SIZE_BYTES)
}

/** Puts a body in the place of the one that the SDK wrote. */
function withBody<Input extends object, Output extends object>(
  body: Buffer
): BuildMiddleware<Input, Output> {
  return (next) => (args) => {
    const { request } = args
    if (typeof request === 'object' && request !== null && 'body' in request) request.body = body
    return next(args)
  }
}
