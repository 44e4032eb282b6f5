import { MAX_PART_SIZE_BYTES, MIN_PART_SIZE_BYTES } from '../limits.js'
import { bodySize } from './part-body.js'

/** A layer that uses buffers. The buffers of each object are counted, so a layer passes the same one each time. */
export interface BufferUser {
  readonly priority: number
}

/** A pool of buffers in which parts are built and sent. */
export interface PartBuffers {
  /**
   * Returns a buffer for one part. Waits until one is available. Of all waiting layers, those with the fewest buffers are
   * next, and of these the one with the highest priority.
   *
   * @param maxBytes the maximum size of the part in bytes
   */
  acquire(maxBytes: number, user: BufferUser): Promise<Buffer>
  /** Returns a buffer for one part, or `undefined` if none is available now. */
  tryAcquire(maxBytes: number, user: BufferUser): Buffer | undefined
  release(buffer: Buffer): void
}

/** Parts of at most this size do not use the pool. */
const SMALL_PART_BYTES = 256 * 1024

interface WaitingUser {
  readonly size: number
  readonly user: BufferUser
  readonly resolve: (buffer: Buffer) => void
}

/**
 * Creates a pool with the memory of `count` parts of the minimum size, or of fewer larger parts. A buffer is allocated
 * when it is first needed.
 */
export function createPartBuffers(count: number): PartBuffers {
  const memory = createPartMemory(
    Math.max(count * bodySize(MIN_PART_SIZE_BYTES), bodySize(MAX_PART_SIZE_BYTES))
  )
  /** The buffers in use. */
  const users = new Map<Buffer, BufferUser>()
  const waiting: WaitingUser[] = []
  const take = (size: number, user: BufferUser): Buffer | undefined => {
    const buffer = memory.take(size)
    if (buffer !== undefined) users.set(buffer, user)
    return buffer
  }
  const countBuffers = ({ user }: WaitingUser): number =>
    [...users.values()].filter((other) => other === user).length
  const compare = (a: WaitingUser, b: WaitingUser): number =>
    countBuffers(a) - countBuffers(b) || b.user.priority - a.user.priority
  const tryAcquire: PartBuffers['tryAcquire'] = (maxBytes, user) => {
    if (maxBytes <= SMALL_PART_BYTES) return Buffer.allocUnsafeSlow(bodySize(maxBytes))
    return waiting.length > 0 ? undefined : take(pooledSize(maxBytes), user)
  }
  return {
    tryAcquire,
    acquire: async (maxBytes, user) =>
      tryAcquire(maxBytes, user) ??
      new Promise<Buffer>((resolve) => {
        waiting.push({ size: pooledSize(maxBytes), user, resolve })
      }),
    release: (buffer) => {
      if (!users.delete(buffer)) return
      memory.release(buffer)
      for (let [next] = waiting.sort(compare); next !== undefined; [next] = waiting.sort(compare)) {
        const taken = take(next.size, next.user)
        if (taken === undefined) break
        waiting.shift()
        next.resolve(taken)
      }
    }
  }
}

interface PartMemory {
  /** Returns a buffer of this size, or `undefined` if too much memory is in use. */
  take(size: number): Buffer | undefined
  release(buffer: Buffer): void
}

/** @param limit the maximum size of all buffers in bytes */
function createPartMemory(limit: number): PartMemory {
  const free: Buffer[] = []
  let allocated = 0
  return {
    take: (size) => {
      const at = free.findIndex(({ length }) => length === size)
      if (at !== -1) return free.splice(at, 1)[0]
      const unused = free.reduce((sum, { length }) => sum + length, 0)
      if (allocated - unused + size > limit) return undefined
      while (allocated + size > limit) allocated -= free.pop()?.length ?? 0
      allocated += size
      return Buffer.allocUnsafeSlow(size)
    },
    release: (buffer) => void free.push(buffer)
  }
}

/** Returns the size of the buffer of the pool for a part. */
function pooledSize(maxBytes: number): number {
  return bodySize(Math.max(maxBytes, MIN_PART_SIZE_BYTES))
}
