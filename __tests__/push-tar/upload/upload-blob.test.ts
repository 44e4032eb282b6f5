import fc from 'fast-check'
import { sha256Digest } from '../../../src/oci/digest.js'
import { createCompressor } from '../../../src/push-tar/compress/compressor.js'
import type { LayerApi } from '../../../src/push-tar/upload/layer-api.js'
import { createPartBuffers } from '../../../src/push-tar/upload/part-buffers.js'
import { PartStream } from '../../../src/push-tar/upload/part-stream.js'
import type { StreamTotal } from '../../../src/push-tar/upload/part-stream.js'
import type { PushContext } from '../../../src/push-tar/push-context.js'
import { uploadBlob } from '../../../src/push-tar/upload/upload-blob.js'
import { createFakeService, readPart, serviceError } from './fake-service.js'
import type { Fault } from './fake-service.js'

const MIB = 1024 * 1024
const repository = { repositoryName: 'team/app' }
const PATTERN = Buffer.from(Array.from({ length: 997 }, (_, at) => (at * 7919) % 256))

function bytesOf(length: number): Buffer {
  return Buffer.alloc(length, PATTERN)
}

async function* chunks(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 700_001) {
    yield await Promise.resolve(bytes.subarray(at, at + 700_001))
  }
}

function makeContext(api: LayerApi, overrides: Partial<PushContext> = {}): PushContext {
  return {
    deps: {
      log: {
        info: () => undefined,
        notice: () => undefined,
        warning: () => undefined,
        debug: () => undefined,
        group: (_title, body) => body()
      },
      now: () => new Date(0),
      random: () => 0.5,
      sleep: () => Promise.resolve()
    },
    api,
    compressor: createCompressor('gzip'),
    buffers: createPartBuffers(3),
    progress: {
      expect: () => undefined,
      read: () => undefined,
      sent: () => undefined,
      layerDone: () => undefined
    },
    partAttempts: 8,
    mayWrite: () => Promise.resolve(),
    signal: new AbortController().signal,
    ...overrides
  }
}

function source(
  bytes: Buffer,
  { buffers, signal }: PushContext,
  digest?: string
): Parameters<typeof uploadBlob>[0] {
  const open = (capacity: number): PartStream =>
    new PartStream(chunks(bytes), { capacity, buffers, signal })
  return { name: 'layer', open, ...(digest === undefined ? {} : { digest }) }
}

/** Uploads some bytes. */
function upload(bytes: Buffer, context: PushContext, digest?: string): Promise<StreamTotal> {
  return uploadBlob(source(bytes, context, digest), repository, context)
}

describe('an upload', () => {
  it('of more parts than the service takes ends in words', async () => {
    const context = makeContext(createFakeService(() => 'none'))
    const { buffers, signal } = context
    const open = (): PartStream =>
      new PartStream(chunks(bytesOf(1001)), { capacity: 1, buffers, signal })
    await expect(uploadBlob({ name: 'layer', open }, repository, context)).rejects.toThrow(
      'layer is larger than ECR Public takes – at most 1000 bytes compressed'
    )
  })

  it.each([1, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 12 * MIB])(
    'of %i bytes goes in contiguous parts of the size that the service wants',
    async (length) => {
      const service = createFakeService(() => 'none')
      const bytes = bytesOf(length)
      const uploaded = await upload(bytes, makeContext(service))
      expect(uploaded).toEqual({ digest: sha256Digest(bytes), size: length })
      expect(service.blobs.get(uploaded.digest)?.equals(bytes)).toBe(true)
      expect(service.sent).toHaveLength(Math.ceil(length / (5 * MIB)))
    }
  )

  it('arrives whole whatever goes wrong between, sending no part more than its retries need', async () => {
    const fault = fc.constantFrom<Fault>('none', 'none', 'none', 'before', 'after', 'throttle')
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 16 * MIB }),
        async (faults, length) => {
          let at = 0
          let struck = 0
          const service = createFakeService((operation) => {
            // What the SDK itself tries again is not part of this test.
            if (operation !== 'part') return 'none'
            const next = faults[at++] ?? 'none'
            if (next !== 'none') struck++
            return next
          })
          const bytes = bytesOf(length)
          const context = makeContext(service, { partAttempts: 40 })
          const uploaded = await upload(bytes, context)
          expect(service.blobs.get(uploaded.digest)?.equals(bytes)).toBe(true)
          const parts = Math.ceil(length / (5 * MIB))
          expect(service.begun).toBe(1)
          expect(service.sent.length).toBeLessThanOrEqual(parts + struck)
        }
      ),
      { numRuns: 15 }
    )
  })

  it('goes on after the part whose answer was lost', async () => {
    let part = 0
    const service = createFakeService((operation) =>
      operation === 'part' && ++part === 1 ? 'after' : 'none'
    )
    const bytes = bytesOf(6 * MIB)
    await upload(bytes, makeContext(service))
    expect(service.sent).toEqual([
      `0-${String(5 * MIB - 1)}`,
      `0-${String(5 * MIB - 1)}`,
      `${String(5 * MIB)}-${String(6 * MIB - 1)}`
    ])
  })

  it('starts anew where the service has lost it', async () => {
    let calls = 0
    const service = createFakeService((operation) =>
      operation === 'part' && ++calls === 2 ? 'lost' : 'none'
    )
    const bytes = bytesOf(11 * MIB)
    const { digest } = await upload(bytes, makeContext(service))
    expect(service.blobs.get(digest)?.equals(bytes)).toBe(true)
    expect(service.begun).toBe(2)
  })

  it('ends in a clear error where it is lost again and again', async () => {
    const service = createFakeService((operation) => (operation === 'part' ? 'lost' : 'none'))
    await expect(upload(bytesOf(1000), makeContext(service))).rejects.toThrow(
      /layer could not be uploaded, though it was begun 3 times/
    )
  })

  it('that the service never takes ends with its last error after so many attempts', async () => {
    let calls = 0
    const service = createFakeService((operation) => {
      if (operation !== 'part') return 'none'
      calls++
      return 'throttle'
    })
    await expect(upload(bytesOf(1000), makeContext(service))).rejects.toThrow('ThrottlingException')
    expect(calls).toBe(8)
  })

  it.each(['RepositoryNotFoundException', 'AccessDeniedException', 'LimitExceededException'])(
    'that is refused with %s is not tried again',
    async (name) => {
      let calls = 0
      const service = createFakeService(() => 'none')
      const api: LayerApi = {
        ...service,
        uploadPart: () => {
          calls++
          return Promise.reject(serviceError(name))
        }
      }
      await expect(upload(bytesOf(10), makeContext(api))).rejects.toThrow(name)
      expect(calls).toBe(1)
    }
  )

  it('of bytes that are not what they should be is never completed', async () => {
    const service = createFakeService(() => 'none')
    const wrong = sha256Digest(Buffer.from('other'))
    await expect(upload(bytesOf(10), makeContext(service), wrong)).rejects.toThrow(
      /was changed while it was pushed/
    )
    expect(service.blobs.size).toBe(0)
  })

  it('does not begin before it may write', async () => {
    const service = createFakeService(() => 'none')
    const mayWrite = (): Promise<void> => Promise.reject(new Error('the archive is damaged'))
    await expect(upload(bytesOf(10), makeContext(service, { mayWrite }))).rejects.toThrow(
      'the archive is damaged'
    )
    expect(service.begun).toBe(0)
  })

  it('gives its memory back when it fails', async () => {
    const buffers = createPartBuffers(2)
    const service = createFakeService((operation) => (operation === 'part' ? 'before' : 'none'))
    for (let time = 0; time < 3; time++) {
      await expect(
        upload(bytesOf(11 * MIB), makeContext(service, { buffers, partAttempts: 2 }))
      ).rejects.toThrow('socket hang up')
    }
    await Promise.all([buffers.acquire(), buffers.acquire()])
  })
})

describe('an answer about a part', () => {
  const first = 5 * MIB
  /** A service that answers to the second part as it is told, once. */
  function answering(error: Error): { api: LayerApi; sent: readonly string[] } {
    const service = createFakeService(() => 'none')
    let parts = 0
    const api: LayerApi = {
      ...service,
      uploadPart: (body, uploadId) =>
        ++parts === 2 ? Promise.reject(error) : service.uploadPart(body, uploadId)
    }
    return { api, sent: service.sent }
  }

  it('that names the next byte only in its text is understood', async () => {
    const message = `First byte of the layer part is ${String(first)} instead of ${String(first)}`
    const { api, sent } = answering(serviceError('InvalidLayerPartException', { message }))
    await upload(bytesOf(6 * MIB), makeContext(api))
    expect(sent).toHaveLength(2)
  })

  it('that names another number in its text is not taken for the next byte', async () => {
    const message = `Size of the layer part is 7 instead of ${String(6 * MIB)}`
    const { api, sent } = answering(serviceError('InvalidLayerPartException', { message }))
    await upload(bytesOf(6 * MIB), makeContext(api))
    expect(sent).toHaveLength(2)
  })

  it('that names a byte before the part starts the upload anew', async () => {
    const { api, sent } = answering(
      serviceError('InvalidLayerPartException', { lastValidByteReceived: 1000 })
    )
    await upload(bytesOf(6 * MIB), makeContext(api))
    expect(sent.filter((range) => range.startsWith('0-'))).toHaveLength(2)
  })

  it('that it has the beginning of the part has only the rest sent', async () => {
    const parts: string[] = []
    let fullest = -1
    const service = createFakeService(() => 'none')
    const api: LayerApi = {
      ...service,
      uploadPart: (body) => {
        const { partFirstByte, partLastByte, layerPartBlob } = readPart(body)
        expect(Buffer.from(layerPartBlob, 'base64')).toHaveLength(partLastByte - partFirstByte + 1)
        parts.push(`${String(partFirstByte)}-${String(partLastByte)}`)
        if (fullest < 99) {
          fullest = 99
          return Promise.reject(
            serviceError('InvalidLayerPartException', { lastValidByteReceived: 99 })
          )
        }
        return Promise.resolve(partLastByte)
      },
      complete: () => Promise.resolve()
    }
    await upload(bytesOf(1000), makeContext(api))
    expect(parts).toEqual(['0-999', '100-999'])
  })
})

describe('completing', () => {
  /** A service whose completion answers with this error, after or without its effect. */
  function completing(error: Error, takesEffect: boolean): LayerApi {
    const service = createFakeService(() => 'none')
    return {
      ...service,
      complete: async (uploadId, digest) => {
        if (takesEffect) await service.complete(uploadId, digest)
        throw error
      }
    }
  }

  it.each([
    serviceError('LayerAlreadyExistsException'),
    serviceError('UploadNotFoundException'),
    serviceError('ServerException'),
    Object.assign(new Error('reset'), { code: 'ECONNRESET' })
  ])('that took effect is done, whatever the answer ($name)', async (error) => {
    const api = completing(error, true)
    await upload(bytesOf(10), makeContext(api))
  })

  it('that did not take effect ends with its error', async () => {
    const api = completing(serviceError('ServerException'), false)
    await expect(upload(bytesOf(10), makeContext(api))).rejects.toThrow('ServerException')
  })

  it.each([
    ['whose bytes were damaged on their way', 'InvalidLayerException'],
    ['of which the service took the parts in smaller pieces', 'LayerPartTooSmallException']
  ])('%s is begun anew', async (_title, refusal) => {
    const service = createFakeService(() => 'none')
    let times = 0
    const api: LayerApi = {
      ...service,
      complete: (uploadId, digest) =>
        ++times === 1 ? Promise.reject(serviceError(refusal)) : service.complete(uploadId, digest)
    }
    const { digest } = await upload(bytesOf(10), makeContext(api))
    expect(service.blobs.has(digest)).toBe(true)
    expect(service.begun).toBe(2)
  })
})
