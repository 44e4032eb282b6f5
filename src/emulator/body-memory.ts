/** Memory for the bodies of requests that is used again: new memory for each part of a layer would take longer than all else about it. */
export interface BodyMemory {
  /** At least so many bytes, whatever is in them. */
  take(bytes: number): Buffer
  /** To be called when nothing reads it any more. */
  give(memory: Buffer): void
}

/** Smaller bodies get memory of their own; larger ones whole pieces of this size, as parts differ by a few digits. */
const STEP_BYTES = 1024 * 1024
/** How many pieces are kept for later: the parts that a client sends at once. */
const MAX_KEPT = 4

export function createBodyMemory(): BodyMemory {
  const kept: Buffer[] = []
  return {
    take: (bytes) => {
      if (bytes < STEP_BYTES) return Buffer.allocUnsafeSlow(bytes)
      const at = kept.findIndex(({ length }) => length >= bytes)
      const [memory] = at === -1 ? [] : kept.splice(at, 1)
      return memory ?? Buffer.allocUnsafeSlow(Math.ceil(bytes / STEP_BYTES) * STEP_BYTES)
    },
    give: (memory) => {
      if (memory.length >= STEP_BYTES && kept.length < MAX_KEPT) kept.push(memory)
    }
  }
}
