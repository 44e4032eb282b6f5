import type { ReadMemory } from '../../image-archive/contents.js'

/** A pool of blocks. Allocating each block would slow the push down by garbage collection. */
export interface BlockMemory extends ReadMemory {
  /** Returns a block to the pool when it is no longer in use. Other buffers are ignored. */
  recycle(block: Buffer): void
}

/** The maximum number of free blocks in the pool. */
const MAX_FREE = 24

/** @param chunkBytes the size of a block. Buffers of other sizes are not pooled */
export function createBlockMemory(chunkBytes: number): BlockMemory {
  const own = new WeakSet<Buffer>()
  const free: Buffer[] = []
  return {
    chunkBytes,
    allocate: (bytes) => {
      if (bytes !== chunkBytes) return Buffer.allocUnsafeSlow(bytes)
      const block = free.pop() ?? Buffer.allocUnsafeSlow(bytes)
      own.add(block)
      return block
    },
    recycle: (block) => {
      if (own.delete(block) && free.length < MAX_FREE) free.push(block)
    }
  }
}

/** The size of a chunk of the ring in bytes. */
const RING_CHUNK_BYTES = 1024 * 1024

/** Creates the memory of a reader that uses at most `count` chunks at a time. Each new chunk reuses the oldest one. */
export function createChunkRing(count: number): ReadMemory {
  const ring: Buffer[] = []
  let next = 0
  const allocate = (bytes: number): Buffer => {
    const at = next++ % count
    const chunk = ring[at]
    if (chunk !== undefined && chunk.length >= bytes) return chunk.subarray(0, bytes)
    return (ring[at] = Buffer.allocUnsafeSlow(bytes))
  }
  return { chunkBytes: RING_CHUNK_BYTES, allocate }
}
