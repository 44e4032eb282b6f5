/**
 * Reusable memory for request bodies. Allocating new memory for each part of a layer would take
 * longer than the rest of the request.
 */
export interface BodyMemory {
  /** Returns memory of at least this size, with undefined contents. */
  acquire(bytes: number): Buffer
  /** Makes the memory available again. The caller must not use it afterwards. */
  release(memory: Buffer): void
}

/**
 * Smaller bodies are not pooled. Larger sizes are rounded up to a multiple of this, because the
 * parts of an upload differ by a few bytes.
 */
const STEP_BYTES = 1024 * 1024
/** Maximum number of buffers in the pool: the number of parts that a client sends in parallel. */
const MAX_KEPT = 4

export function createBodyMemory(): BodyMemory {
  const kept: Buffer[] = []
  return {
    acquire: (bytes) => {
      if (bytes < STEP_BYTES) return Buffer.allocUnsafeSlow(bytes)
      const at = kept.findIndex(({ length }) => length >= bytes)
      const [memory] = at === -1 ? [] : kept.splice(at, 1)
      return memory ?? Buffer.allocUnsafeSlow(Math.ceil(bytes / STEP_BYTES) * STEP_BYTES)
    },
    release: (memory) => {
      if (memory.length >= STEP_BYTES && kept.length < MAX_KEPT) kept.push(memory)
    }
  }
}
