import type { ReadMemory } from '../../image-archive/contents.js'

/** Memory for blocks that is used again: new memory for each would keep the garbage collector busy. */
export interface BlockMemory extends ReadMemory {
  /** To be called when nothing reads a block any more; what was not allocated here is left alone. */
  recycle(block: Buffer): void
}

/** How many blocks are kept for later. */
const MAX_KEPT = 24

/** @param chunkBytes the size of a block; smaller pieces are not used again */
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
      if (own.delete(block) && free.length < MAX_KEPT) free.push(block)
    }
  }
}

/** What a ring of chunks reads at once, in bytes. */
const RING_CHUNK_BYTES = 1024 * 1024

/**
 * Memory for a reader of which at most `count` chunks are in use at a time: the oldest is used again
 * for each further one.
 */
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
