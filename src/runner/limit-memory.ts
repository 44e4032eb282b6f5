import { getHeapStatistics } from 'node:v8'

/**
 * The size of heap and buffers in bytes from which garbage is collected early. The process needs about 90 MiB in addition.
 */
const MEMORY_BYTES = 96 * 1024 * 1024

/** The size of the next collection, as a factor of the size after the previous one. */
const GROWTH = 1.3

let grownBytes = 0
/** The collection that is running. */
let collection: Promise<void> | undefined

/**
 * Collects garbage if the heap and the buffers outside of it are large. It is called between steps whose garbage is much
 * larger than their results. See "The memory of large jobs" in docs/decisions.md.
 *
 * @param bytes the size of both from which garbage is collected. If it remains larger, it must grow first
 */
export async function limitMemory(bytes = MEMORY_BYTES): Promise<void> {
  if (sizeBytes() < Math.max(bytes, grownBytes)) return
  collection ??= collectGarbage().finally(() => (collection = undefined))
  await collection
}

async function collectGarbage(): Promise<void> {
  const { Session } = await import('node:inspector/promises')
  const session = new Session()
  session.connect()
  await session.post('HeapProfiler.collectGarbage')
  session.disconnect()
  grownBytes = GROWTH * sizeBytes()
}

function sizeBytes(): number {
  const { total_heap_size: heap, external_memory: buffers } = getHeapStatistics()
  return heap + buffers
}
