import fc from 'fast-check'
import { EventEmitter, once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { sha256Digest } from '../../../src/oci/digest.js'
import type { StreamDigest } from '../../../src/oci/digest.js'
import type { PushContext } from '../../../src/push-tar/push-context.js'
import type { LayerApi } from '../../../src/push-tar/upload/layer-api.js'
import { createPartBuffers } from '../../../src/push-tar/upload/part-buffers.js'
import { PartStream } from '../../../src/push-tar/upload/part-stream.js'
import { uploadBlob } from '../../../src/push-tar/upload/upload-blob.js'
import { makeContext } from '../make-context.js'
import { createFakeService, readPart, serviceError } from './fake-service.js'
import type { Fault } from './fake-service.js'

const MIB = 1024 * 1024
const PATTERN = Buffer.from(Array.from({ length: 997 }, (_, at) => (at * 7919) % 256))

function bytesOf(length: number): Buffer {
  return Buffer.alloc(length, PATTERN)
}

async function* chunks(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 700_001) {
    yield await Promise.resolve(bytes.subarray(at, at + 700_001))
  }
}

function source(
  bytes: Buffer,
  { buffers, signal }: PushContext,
  digest?: string
): Parameters<typeof uploadBlob>[0] {
  const open = (): PartStream =>
    new PartStream(chunks(bytes), { capacity: 10 * MIB, priority: 0, buffers, signal })
  return { name: 'layer', open, ...(digest === undefined ? {} : { digest }) }
}

function upload(bytes: Buffer, context: PushContext, digest?: string): Promise<StreamDigest> {
  return uploadBlob(source(bytes, context, digest), context)
}

describe('an upload', () => {
  it('fails if the layer needs more parts than the service accepts', async () => {
    const context = makeContext(createFakeService(() => 'none'))
    const { buffers, signal } = context
    const open = (): PartStream =>
      new PartStream(chunks(bytesOf(1001)), { capacity: 1, priority: 0, buffers, signal })
    await expect(uploadBlob({ name: 'layer', open }, context)).rejects.toThrow(
      'layer is too large for ECR Public. An uploaded layer can have at most 1000 bytes.'
    )
  })

  it.each([1, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 12 * MIB])(
    'sends %i bytes in contiguous parts of the requested size',
    async (length) => {
      const service = createFakeService(() => 'none')
      const bytes = bytesOf(length)
      const uploaded = await upload(bytes, makeContext(service))
      expect(uploaded).toEqual({ digest: sha256Digest(bytes), size: length })
      expect(service.blobs.get(uploaded.digest)?.equals(bytes)).toBe(true)
      expect(service.sent).toHaveLength(Math.ceil(length / (5 * MIB)))
    }
  )

  it('succeeds in spite of faults, and sends no part more often than necessary', async () => {
    const fault = fc.constantFrom<Fault>('none', 'none', 'none', 'before', 'after', 'throttle')
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 16 * MIB }),
        async (faults, length) => {
          let at = 0
          let faultCount = 0
          const service = createFakeService((operation) => {
            // The SDK retries all other operations.
            if (operation !== 'part') return 'none'
            const next = faults[at++] ?? 'none'
            if (next !== 'none') faultCount++
            return next
          })
          const bytes = bytesOf(length)
          const context = makeContext(service, { partAttempts: 40 })
          const uploaded = await upload(bytes, context)
          expect(service.blobs.get(uploaded.digest)?.equals(bytes)).toBe(true)
          const parts = Math.ceil(length / (5 * MIB))
          expect(service.started).toBe(1)
          expect(service.sent.length).toBeLessThanOrEqual(parts + faultCount)
        }
      ),
      { numRuns: 15 }
    )
  })

  it('continues after a part whose response was lost', async () => {
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

  it('restarts if the service lost the upload', async () => {
    let calls = 0
    const service = createFakeService((operation) =>
      operation === 'part' && ++calls === 2 ? 'lost' : 'none'
    )
    const bytes = bytesOf(11 * MIB)
    const { digest } = await upload(bytes, makeContext(service))
    expect(service.blobs.get(digest)?.equals(bytes)).toBe(true)
    expect(service.started).toBe(2)
  })

  it('fails if the service loses the upload three times', async () => {
    const service = createFakeService((operation) => (operation === 'part' ? 'lost' : 'none'))
    await expect(upload(bytesOf(1000), makeContext(service))).rejects.toThrow(
      /^The upload of layer failed 3 times/
    )
  })

  it('fails with the last error after the maximum number of attempts', async () => {
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
    'does not retry after %s',
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

  it('does not complete an upload whose bytes have another digest', async () => {
    const service = createFakeService(() => 'none')
    const wrong = sha256Digest(Buffer.from('other'))
    await expect(upload(bytesOf(10), makeContext(service), wrong)).rejects.toThrow(
      /is damaged: .+ Its digest is sha256:\w+ instead of sha256:/
    )
    expect(service.blobs.size).toBe(0)
  })

  it('releases its buffers when it fails', async () => {
    const buffers = createPartBuffers(2)
    const service = createFakeService((operation) => (operation === 'part' ? 'before' : 'none'))
    for (let time = 0; time < 3; time++) {
      await expect(
        upload(bytesOf(11 * MIB), makeContext(service, { buffers, partAttempts: 2 }))
      ).rejects.toThrow('socket hang up')
    }
    await Promise.all([1, 2].map(() => buffers.acquire(5 * MIB, { priority: 0 })))
  })
})

describe('parts in order', () => {
  /**
   * Creates a service that records when a request starts, when it may end, and when it was processed.
   *
   * @param pipelined the requests that are processed only after the next request has started
   */
  function recording(
    pipelined: readonly number[],
    fails: readonly number[] = []
  ): { api: LayerApi; events: readonly string[] } {
    const service = createFakeService(() => 'none')
    const events: string[] = []
    const starts = new EventEmitter()
    let parts = 0
    const api: LayerApi = {
      ...service,
      uploadPart: async (body, uploadId, mayEnd) => {
        const part = ++parts
        const next = pipelined.includes(part) ? once(starts, String(part + 1)) : undefined
        events.push(`start ${part}`)
        starts.emit(String(part))
        await mayEnd
        events.push(`end ${part}`)
        await next
        if (fails.includes(part)) throw serviceError('ThrottlingException')
        const last = await service.uploadPart(body, uploadId)
        events.push(`received ${part}`)
        return last
      }
    }
    return { api, events }
  }

  it('are transferred while the previous one is processed, one at a time', async () => {
    const { api, events } = recording([1, 2])
    const bytes = bytesOf(14 * MIB)
    const context = makeContext(api, { buffers: createPartBuffers(3) })
    expect((await upload(bytes, context)).digest).toBe(sha256Digest(bytes))
    const at = (event: string): number => events.indexOf(event)
    expect(at('start 2')).toBeLessThan(at('received 1'))
    expect(at('end 2')).toBeGreaterThan(at('received 1'))
    expect(at('start 3')).toBeGreaterThan(at('received 1'))
    expect(at('end 3')).toBeGreaterThan(at('received 2'))
  })

  it('are sent again after the previous one if that failed', async () => {
    const { api, events } = recording([1], [1])
    const bytes = bytesOf(9 * MIB)
    const context = makeContext(api, { buffers: createPartBuffers(3) })
    expect((await upload(bytes, context)).digest).toBe(sha256Digest(bytes))
    // The second request is aborted before its end. The third repeats the first part, and the fourth the second one.
    expect(events.filter((event) => !event.startsWith('start'))).toEqual([
      'end 1',
      'end 3',
      'received 3',
      'end 4',
      'received 4'
    ])
  })

  it('are transferred ahead again after a part that was sent twice', async () => {
    const { api, events } = recording([1, 4], [1])
    const context = makeContext(api, { buffers: createPartBuffers(3) })
    await upload(bytesOf(14 * MIB), context)
    // The third request repeats the first part, and the fourth the second one. The fifth is the third part.
    expect(events.filter((event) => event.startsWith('start'))).toHaveLength(5)
    expect(events.indexOf('start 5')).toBeLessThan(events.indexOf('received 4'))
  })

  it('fail with the reason of the abort if the previous part fails as well', async () => {
    const controller = new AbortController()
    const service = createFakeService(() => 'none')
    const api: LayerApi = {
      ...service,
      // The request of the second part fails before it uses `mayEnd`, and the first part fails later.
      uploadPart: async (_body, _uploadId, mayEnd) => {
        if (mayEnd !== undefined) throw serviceError('ThrottlingException')
        await delay(10)
        controller.abort(new Error('A layer is damaged'))
        throw serviceError('ThrottlingException')
      }
    }
    const context = makeContext(api, {
      buffers: createPartBuffers(3),
      signal: controller.signal
    })
    await expect(upload(bytesOf(9 * MIB), context)).rejects.toThrow('A layer is damaged')
    // An unhandled rejection would fail the test run.
    await delay(10)
  })

  it('start with a part that is built while the upload is initiated', async () => {
    const service = createFakeService(() => 'none')
    const events = new EventEmitter()
    const isRead = once(events, 'read')
    const context = makeContext({
      ...service,
      initiate: async () => {
        await isRead
        return service.initiate()
      }
    })
    const read = async function* (): AsyncGenerator<Buffer> {
      events.emit('read')
      yield await Promise.resolve(bytesOf(10))
    }
    const { buffers, signal } = context
    const open = (): PartStream =>
      new PartStream(read(), { capacity: 10, priority: 0, buffers, signal })
    await uploadBlob({ name: 'layer', open }, context)
    expect(service.blobs.size).toBe(1)
  })

  it('release the buffer of the first one if the upload cannot be initiated', async () => {
    const buffers = createPartBuffers(2)
    const service = createFakeService(() => 'before')
    await expect(upload(bytesOf(6 * MIB), makeContext(service, { buffers }))).rejects.toThrow(
      'socket hang up'
    )
    expect(buffers.tryAcquire(5 * MIB, { priority: 0 })).toBeDefined()
    expect(buffers.tryAcquire(5 * MIB, { priority: 0 })).toBeDefined()
  })
})

describe('a response about a part', () => {
  const first = 5 * MIB
  /** Creates a service that rejects the second part once with this error. */
  function rejecting(error: Error): { api: LayerApi; sent: readonly string[] } {
    const service = createFakeService(() => 'none')
    let parts = 0
    const api: LayerApi = {
      ...service,
      uploadPart: (body, uploadId) =>
        ++parts === 2 ? Promise.reject(error) : service.uploadPart(body, uploadId)
    }
    return { api, sent: service.sent }
  }

  it('is understood if only its message contains the next byte', async () => {
    const message = `First byte of the layer part is ${String(first)} instead of ${String(first)}`
    const { api, sent } = rejecting(serviceError('InvalidLayerPartException', { message }))
    await upload(bytesOf(6 * MIB), makeContext(api))
    expect(sent).toHaveLength(2)
  })

  it('is retried if its message contains another number', async () => {
    const message = `Size of the layer part is 7 instead of ${String(6 * MIB)}`
    const { api, sent } = rejecting(serviceError('InvalidLayerPartException', { message }))
    await upload(bytesOf(6 * MIB), makeContext(api))
    expect(sent).toHaveLength(2)
  })

  it('restarts the upload if it contains a byte before the part', async () => {
    const { api, sent } = rejecting(
      serviceError('InvalidLayerPartException', { lastValidByteReceived: 1000 })
    )
    await upload(bytesOf(6 * MIB), makeContext(api))
    expect(sent.filter((range) => range.startsWith('0-'))).toHaveLength(2)
  })

  it('sends only the rest if the service has the beginning of the part', async () => {
    const parts: string[] = []
    let lastByte = -1
    const service = createFakeService(() => 'none')
    const api: LayerApi = {
      ...service,
      uploadPart: (body) => {
        const { partFirstByte, partLastByte, layerPartBlob } = readPart(body.bytes)
        expect(Buffer.from(layerPartBlob, 'base64')).toHaveLength(partLastByte - partFirstByte + 1)
        parts.push(`${String(partFirstByte)}-${String(partLastByte)}`)
        if (lastByte < 99) {
          lastByte = 99
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

describe('completing an upload', () => {
  /** Creates a service whose completion fails with this error, with or without taking effect. */
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
  ])('succeeds if it took effect, although the call failed ($name)', async (error) => {
    const api = completing(error, true)
    await upload(bytesOf(10), makeContext(api))
  })

  it('fails with the error of the call if it did not take effect', async () => {
    const api = completing(serviceError('ServerException'), false)
    await expect(upload(bytesOf(10), makeContext(api))).rejects.toThrow('ServerException')
  })

  it.each([
    ['bytes were damaged in transit', 'InvalidLayerException'],
    ['the service received parts in smaller pieces', 'LayerPartTooSmallException']
  ])('restarts the upload if %s', async (_title, refusal) => {
    const service = createFakeService(() => 'none')
    let times = 0
    const api: LayerApi = {
      ...service,
      complete: (uploadId, digest) =>
        ++times === 1 ? Promise.reject(serviceError(refusal)) : service.complete(uploadId, digest)
    }
    const { digest } = await upload(bytesOf(10), makeContext(api))
    expect(service.blobs.has(digest)).toBe(true)
    expect(service.started).toBe(2)
  })
})
