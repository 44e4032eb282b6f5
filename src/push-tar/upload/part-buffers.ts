import { MAX_PART_SIZE_BYTES, MIN_PART_SIZE_BYTES } from '../limits.js'
import { createPriorityQueue } from '../priority-queue.js'
import { bodySize } from './part-body.js'

/** A pool of buffers in which parts are built and sent. */
export interface PartBuffers {
  /**
   * Returns a buffer for one part. Waits until one is available.
   *
   * @param maxBytes the maximum size of the part in bytes
   * @param priority of all waiting callers, the one with the highest priority gets the next buffer
   */
  acquire(maxBytes: number, priority: number): Promise<Buffer>
  /** Returns a buffer for one part, or `undefined` if none is available now. */
  tryAcquire(maxBytes: number): Buffer | undefined
  release(buffer: Buffer): void
}

/** Parts of at most this size do not use the pool. */
const SMALL_PART_BYTES = 256 * 1024
const SMALL_BUFFER_BYTES = bodySize(SMALL_PART_BYTES)

interface Waiting {
  readonly size: number
  readonly resolve: (buffer: Buffer) => void
}

/**
 * Creates a pool with the memory of `count` parts of the minimum size, or of fewer larger parts. A buffer is allocated
 * when it is first needed.
 */
export function createPartBuffers(count: number): PartBuffers {
  const limit = Math.max(count * bodySize(MIN_PART_SIZE_BYTES), bodySize(MAX_PART_SIZE_BYTES))
  const free: Buffer[] = []
  const waiting = createPriorityQueue<Waiting>()
  let allocated = 0
  const take = (size: number): Buffer | undefined => {
    const at = free.findIndex(({ length }) => length === size)
    if (at !== -1) return free.splice(at, 1)[0]
    const unused = free.reduce((sum, { length }) => sum + length, 0)
    if (allocated - unused + size > limit) return undefined
    while (allocated + size > limit) allocated -= free.pop()?.length ?? 0
    allocated += size
    return Buffer.allocUnsafeSlow(size)
  }
  const tryAcquire = (maxBytes: number): Buffer | undefined => {
    if (maxBytes <= SMALL_PART_BYTES) return Buffer.allocUnsafeSlow(bodySize(maxBytes))
    if (waiting.first() !== undefined) return undefined
    return take(pooledSize(maxBytes))
  }
  return {
    tryAcquire,
    acquire: async (maxBytes, priority) =>
      tryAcquire(maxBytes) ??
      new Promise<Buffer>((resolve) => {
        waiting.add({ size: pooledSize(maxBytes), resolve }, priority)
      }),
    release: (buffer) => {
      if (buffer.length <= SMALL_BUFFER_BYTES) return
      free.push(buffer)
      for (let next = waiting.first(); next !== undefined; next = waiting.first()) {
        const taken = take(next.size)
        if (taken === undefined) break
        waiting.take()
        next.resolve(taken)
      }
    }
  }
}

/** Returns the size of the buffer of the pool for a part. */
function pooledSize(maxBytes: number): number {
  return bodySize(Math.max(maxBytes, MIN_PART_SIZE_BYTES))
}
