/** Memory for blocks that is used again: new memory for each would keep the garbage collector busy. */
export interface BlockMemory {
  readonly allocate: (bytes: number) => Buffer
  /** To be called when nothing reads a block any more; what was not allocated here is left alone. */
  recycle(block: Buffer): void
}

/** Only pieces of these sizes, which come again, are kept: whole chunks and frames. */
const KEPT_SIZES: ReadonlySet<number> = new Set([1024 * 1024, 2 * 1024 * 1024])
/** How many pieces of one size are kept for later. */
const MAX_KEPT = 24

export function createBlockMemory(): BlockMemory {
  const own = new WeakSet<Buffer>()
  const free = new Map<number, Buffer[]>()
  return {
    allocate: (bytes) => {
      const block = free.get(bytes)?.pop() ?? Buffer.allocUnsafeSlow(bytes)
      if (KEPT_SIZES.has(bytes)) own.add(block)
      return block
    },
    recycle: (block) => {
      if (!own.delete(block)) return
      const kept = free.get(block.length) ?? []
      if (kept.length < MAX_KEPT) kept.push(block)
      free.set(block.length, kept)
    }
  }
}

/**
 * Memory for a reader of which at most `count` chunks are in use at a time: the oldest is used again
 * for each further one.
 */
export function createChunkRing(count: number): (bytes: number) => Buffer {
  const ring: Buffer[] = []
  let next = 0
  return (bytes) => {
    const at = next++ % count
    const chunk = ring[at]
    if (chunk !== undefined && chunk.length >= bytes) return chunk.subarray(0, bytes)
    return (ring[at] = Buffer.allocUnsafeSlow(bytes))
  }
}
