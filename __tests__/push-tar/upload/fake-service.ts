import type { LayerApi } from '../../../src/push-tar/upload/layer-api.js'
import { sha256Digest } from '../../../src/oci/digest.js'

/** The fault of one call. */
export type Fault = 'none' | 'before' | 'after' | 'throttle' | 'lost'

/** The layer operations of one repository in memory, with faults. */
export interface FakeService extends LayerApi {
  /** The completed layers by digest. */
  readonly blobs: ReadonlyMap<string, Buffer>
  /** `partFirstByte-partLastByte` of every part that was sent. */
  readonly sent: readonly string[]
  /** The number of uploads that were started. */
  readonly started: number
}

const MIB = 1024 * 1024

/** Creates an error as the SDK throws it for an error response. */
export function serviceError(
  name: string,
  members: { readonly message?: string; readonly lastValidByteReceived?: number } = {}
): Error {
  const { message = name, ...others } = members
  return Object.assign(new Error(message), {
    name,
    $fault: name === 'ServerException' ? 'server' : 'client',
    $metadata: { httpStatusCode: name === 'ServerException' ? 500 : 400 },
    ...others
  })
}

/** The body of an UploadLayerPart request. */
export interface SentPart {
  readonly uploadId: string
  readonly partFirstByte: number
  readonly partLastByte: number
  readonly layerPartBlob: string
}

export function readPart(body: Buffer): SentPart {
  return JSON.parse(String(body)) as SentPart
}

/** @param nextFault returns the fault of the next call */
export function createFakeService(nextFault: (operation: string) => Fault): FakeService {
  const blobs = new Map<string, Buffer>()
  const uploads = new Map<string, Buffer[]>()
  const sent: string[] = []
  const state = { started: 0 }
  const call = <T>(operation: string, effect: () => T): Promise<T> => {
    const fault = nextFault(operation)
    const reset = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    if (fault === 'before') return Promise.reject(reset)
    if (fault === 'throttle') return Promise.reject(serviceError('ThrottlingException'))
    if (fault === 'lost') uploads.clear()
    return Promise.resolve().then(() => {
      const result = effect()
      if (fault === 'after') throw reset
      return result
    })
  }
  return {
    repository: { repositoryName: 'team/app' },
    blobs,
    sent,
    get started() {
      return state.started
    },
    check: (digests) =>
      Promise.resolve(
        new Map(
          digests.flatMap((digest) => {
            const blob = blobs.get(digest)
            return blob === undefined ? [] : [[digest, blob.length] as const]
          })
        )
      ),
    initiate: () =>
      call('initiate', () => {
        const uploadId = `upload-${String(++state.started)}`
        uploads.set(uploadId, [])
        return { uploadId, partSize: 5 * MIB }
      }),
    uploadPart: async (body, _uploadId, mayEnd) => {
      await mayEnd
      return call('part', () => {
        const { uploadId, partFirstByte, partLastByte, layerPartBlob } = readPart(body.bytes)
        sent.push(`${String(partFirstByte)}-${String(partLastByte)}`)
        const parts = uploads.get(uploadId)
        if (parts === undefined) throw serviceError('UploadNotFoundException')
        const size = parts.reduce((sum, part) => sum + part.length, 0)
        if (partFirstByte !== size) {
          throw serviceError('InvalidLayerPartException', { lastValidByteReceived: size - 1 })
        }
        const bytes = Buffer.from(layerPartBlob, 'base64')
        if (bytes.length !== partLastByte - partFirstByte + 1) throw new Error('wrong length')
        parts.push(bytes)
        return partLastByte
      })
    },
    complete: (uploadId, digest) =>
      call('complete', () => {
        const parts = uploads.get(uploadId)
        if (parts === undefined) throw serviceError('UploadNotFoundException')
        if (parts.length === 0) throw serviceError('EmptyUploadException')
        if (parts.slice(0, -1).some((part) => part.length < 5 * MIB)) {
          throw serviceError('LayerPartTooSmallException')
        }
        const bytes = Buffer.concat(parts)
        if (sha256Digest(bytes) !== digest) throw serviceError('InvalidLayerException')
        if (blobs.has(digest)) throw serviceError('LayerAlreadyExistsException')
        blobs.set(digest, bytes)
        uploads.delete(uploadId)
      })
  }
}
