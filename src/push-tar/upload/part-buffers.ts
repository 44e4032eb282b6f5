import { MAX_PART_SIZE_BYTES } from '../limits.js'
import { bodySize, MAX_BODY_SIZE_BYTES } from './part-body.js'

/** A pool of buffers in which parts are built and sent. */
export interface PartBuffers {
  /**
   * Returns a buffer for one part. Waits until one is available.
   *
   * @param maxBytes the maximum size of the part in bytes. Small parts get a smaller buffer
   */
  acquire(maxBytes?: number): Promise<Buffer>
  /** Returns a buffer for one part, or `undefined` if none is available now. */
  tryAcquire(maxBytes?: number): Buffer | undefined
  release(buffer: Buffer): void
}

/** Parts of at most this size do not use the pool. */
const SMALL_PART_BYTES = 256 * 1024

/** Creates a pool of `count` buffers for parts of 10 MiB. A buffer is allocated when it is first needed. */
export function createPartBuffers(count: number): PartBuffers {
  const free: Buffer[] = []
  const waiting: ((buffer: Buffer) => void)[] = []
  let allocated = 0
  const tryAcquire = (maxBytes = MAX_PART_SIZE_BYTES): Buffer | undefined => {
    if (maxBytes <= SMALL_PART_BYTES) return Buffer.allocUnsafeSlow(bodySize(maxBytes))
    const buffer = free.pop()
    if (buffer !== undefined || allocated === count) return buffer
    allocated++
    return Buffer.allocUnsafeSlow(MAX_BODY_SIZE_BYTES)
  }
  return {
    tryAcquire,
    acquire: async (maxBytes) =>
      tryAcquire(maxBytes) ?? new Promise<Buffer>((resolve) => waiting.push(resolve)),
    release: (buffer) => {
      if (buffer.length !== MAX_BODY_SIZE_BYTES) return
      const next = waiting.shift()
      if (next === undefined) free.push(buffer)
      else next(buffer)
    }
  }
}
