import fc from 'fast-check'
import { sha256Digest } from '../../../src/oci/digest.js'
import type { PartBody } from '../../../src/push-tar/upload/part-body.js'
import { createPartBuffers } from '../../../src/push-tar/upload/part-buffers.js'
import type { BufferUser, PartBuffers } from '../../../src/push-tar/upload/part-buffers.js'
import { PartStream } from '../../../src/push-tar/upload/part-stream.js'
import { readPart } from './fake-service.js'

const MIB = 1024 * 1024
/** A layer without buffers. */
const other = { priority: 0 }
const signal = new AbortController().signal

async function* chunked(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) {
    yield await Promise.resolve(bytes.subarray(at, at + size))
  }
}

/** Returns the bytes of a part. */
function bytesOf(part: PartBody): Buffer {
  const fields = { repositoryName: 'app', uploadId: 'u', partFirstByte: 0, partLastByte: 0 }
  return Buffer.from(readPart(part.finish(fields).bytes).layerPartBlob, 'base64')
}

describe('a stream of parts', () => {
  it('splits the stream into parts that are full except the last one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 3000 }),
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 700 }),
        async (array, chunk, capacity) => {
          const bytes = Buffer.from(array)
          const buffers = createPartBuffers(2)
          const stream = new PartStream(chunked(bytes, chunk), {
            capacity,
            priority: 0,
            buffers,
            signal
          })
          const parts: Buffer[] = []
          for (let part = await stream.next(); part !== undefined; part = await stream.next()) {
            parts.push(bytesOf(part))
          }
          expect(Buffer.concat(parts).equals(bytes)).toBe(true)
          expect(parts.slice(0, -1).every(({ length }) => length === capacity)).toBe(true)
          expect(stream.total()).toEqual({ digest: sha256Digest(bytes), size: bytes.length })
        }
      )
    )
  })

  it('builds all parts ahead if there are enough buffers', async () => {
    const bytes = Buffer.alloc(2 * MIB, 'layer')
    const buffers = createPartBuffers(3)
    const options = { capacity: MIB, priority: 0, buffers, signal }
    const stream = new PartStream(chunked(bytes, 70_000), options)
    expect(await stream.fill()).toBe(true)
    expect(stream.total()).toEqual({ digest: sha256Digest(bytes), size: bytes.length })
    const first = await stream.next()
    const second = await stream.next()
    expect(await stream.next()).toBeUndefined()
    const carried = [first, second].map((part) => part && bytesOf(part))
    expect(Buffer.concat(carried.filter((part) => part !== undefined)).equals(bytes)).toBe(true)
  })

  it('builds its first part once, however often it is prepared', async () => {
    const bytes = Buffer.from(Array.from({ length: 3000 }, (_, at) => at % 251))
    const options = { capacity: 1000, priority: 0, buffers: createPartBuffers(3), signal }
    const stream = new PartStream(chunked(bytes, 70), options)
    await Promise.all([stream.prepare(), stream.prepare(), stream.fill()])
    await stream.prepare()
    const parts: Buffer[] = []
    for (let part = await stream.next(); part !== undefined; part = await stream.next()) {
      parts.push(bytesOf(part))
    }
    expect(Buffer.concat(parts).equals(bytes)).toBe(true)
    expect(parts).toHaveLength(3)
  })

  it('waits for its first part when it is closed, and releases the buffer of it', async () => {
    const inUse = new Set<Buffer>()
    const pool = createPartBuffers(1)
    const buffers: PartBuffers = {
      ...pool,
      acquire: async (...args) => {
        const buffer = await pool.acquire(...args)
        inUse.add(buffer)
        return buffer
      },
      release: (buffer) => {
        inUse.delete(buffer)
        pool.release(buffer)
      }
    }
    const options = { capacity: MIB, priority: 0, buffers, signal }
    const stream = new PartStream(chunked(Buffer.alloc(2 * MIB), 1000), options)
    const prepared = stream.prepare()
    await stream.close()
    await prepared
    expect([...inUse]).toEqual([])
  })

  it('acquires all of its buffers as one layer', async () => {
    const pool = createPartBuffers(3)
    const users = new Set<BufferUser>()
    const buffers: PartBuffers = {
      ...pool,
      acquire: (maxBytes, user) => {
        users.add(user)
        return pool.acquire(maxBytes, user)
      },
      tryAcquire: (maxBytes, user) => {
        users.add(user)
        return pool.tryAcquire(maxBytes, user)
      }
    }
    const options = { capacity: MIB, priority: 7, buffers, signal }
    const stream = new PartStream(chunked(Buffer.alloc(3 * MIB), 70_000), options)
    expect(await stream.fill()).toBe(true)
    expect([...users].map(({ priority }) => priority)).toEqual([7])
  })

  it('builds parts ahead until no buffer is left, and loses no bytes', async () => {
    const bytes = Buffer.alloc(5 * MIB + 1, 'layer')
    const buffers = createPartBuffers(2)
    const stream = new PartStream(chunked(bytes, 700_001), {
      capacity: MIB,
      priority: 0,
      buffers,
      signal
    })
    expect(await stream.fill()).toBe(false)
    expect(buffers.tryAcquire(MIB, other)).toBeUndefined()
    const parts: Buffer[] = []
    for (let part = await stream.next(); part !== undefined; part = await stream.next()) {
      parts.push(bytesOf(part))
      buffers.release(part.memory)
    }
    expect(Buffer.concat(parts).equals(bytes)).toBe(true)
  })

  it('discards its parts when it is drained, and returns its total', async () => {
    const bytes = Buffer.alloc(5 * MIB, 'layer')
    const buffers = createPartBuffers(2)
    const stream = new PartStream(chunked(bytes, 700_001), {
      capacity: MIB,
      priority: 0,
      buffers,
      signal
    })
    await stream.fill()
    expect(await stream.drain()).toEqual({ digest: sha256Digest(bytes), size: bytes.length })
    expect(buffers.tryAcquire(5 * MIB, other)).toBeDefined()
    expect(buffers.tryAcquire(5 * MIB, other)).toBeDefined()
  })

  it('releases all buffers and closes its source when it is closed', async () => {
    let isEnded = false
    const source = async function* (): AsyncGenerator<Buffer> {
      try {
        for (;;) yield await Promise.resolve(Buffer.alloc(700_001))
      } finally {
        isEnded = true
      }
    }
    const buffers = createPartBuffers(2)
    const stream = new PartStream(source(), { capacity: MIB, priority: 0, buffers, signal })
    await stream.fill()
    await stream.close()
    await stream.close()
    expect(isEnded).toBe(true)
    expect(buffers.tryAcquire(5 * MIB, other)).toBeDefined()
    expect(buffers.tryAcquire(5 * MIB, other)).toBeDefined()
  })

  it('fails with the error of its source and releases its buffers when it is closed', async () => {
    const broken = async function* (): AsyncGenerator<Buffer> {
      yield await Promise.resolve(Buffer.alloc(MIB + 1))
      throw new Error('Disk error')
    }
    const buffers = createPartBuffers(2)
    const stream = new PartStream(broken(), { capacity: MIB, priority: 0, buffers, signal })
    await expect(stream.fill()).rejects.toThrow('Disk error')
    await stream.close()
    expect(buffers.tryAcquire(5 * MIB, other)).toBeDefined()
    expect(buffers.tryAcquire(5 * MIB, other)).toBeDefined()
  })
})
