import { bodySize, MAX_BODY_SIZE_BYTES } from './part-body.js'
import { MAX_PART_SIZE_BYTES } from '../limits.js'

/** The memory in which parts are made and sent, used again and again. */
export interface PartBuffers {
  /**
   * Memory for one part, as soon as there is some.
   *
   * @param atMost where it is known that no more bytes than these come, a smaller piece may do
   */
  acquire(atMost?: number): Promise<Buffer>
  /** The same, where there is some at once; else `undefined`. */
  tryAcquire(atMost?: number): Buffer | undefined
  release(buffer: Buffer): void
}

/** Parts of fewer bytes get memory of their own. */
const SMALL_PART_BYTES = 256 * 1024

/** `count` pieces of memory for parts of 10 MiB each, made when first needed. */
export function createPartBuffers(count: number): PartBuffers {
  const free: Buffer[] = []
  const waiting: ((buffer: Buffer) => void)[] = []
  let made = 0
  const tryAcquire = (atMost = MAX_PART_SIZE_BYTES): Buffer | undefined => {
    if (atMost <= SMALL_PART_BYTES) return Buffer.allocUnsafeSlow(bodySize(atMost))
    const buffer = free.pop()
    if (buffer !== undefined || made === count) return buffer
    made++
    return Buffer.allocUnsafeSlow(MAX_BODY_SIZE_BYTES)
  }
  return {
    tryAcquire,
    acquire: async (atMost) =>
      tryAcquire(atMost) ?? new Promise<Buffer>((resolve) => waiting.push(resolve)),
    release: (buffer) => {
      if (buffer.length !== MAX_BODY_SIZE_BYTES) return
      const next = waiting.shift()
      if (next === undefined) free.push(buffer)
      else next(buffer)
    }
  }
}
