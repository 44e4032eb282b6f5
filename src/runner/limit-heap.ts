import { Session } from 'node:inspector/promises'
import { getHeapStatistics } from 'node:v8'

/** The heap size in bytes from which garbage is collected early. The process needs about 90 MiB in addition to its heap. */
const HEAP_BYTES = 96 * 1024 * 1024

/** The heap size of the next collection, as a factor of the size after the previous one. */
const GROWTH = 1.3

let limit = HEAP_BYTES

/**
 * Collects garbage if the heap is large. It is called between the pages of a listing, the repositories of a plan and the
 * batches of a deletion. See "The memory of cleanup-tags" in docs/decisions.md.
 */
export async function limitHeap(): Promise<void> {
  if (getHeapStatistics().total_heap_size < limit) return
  const session = new Session()
  session.connect()
  await session.post('HeapProfiler.collectGarbage')
  session.disconnect()
  limit = Math.max(HEAP_BYTES, GROWTH * getHeapStatistics().total_heap_size)
}
