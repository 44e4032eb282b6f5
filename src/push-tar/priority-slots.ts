import { createPriorityQueue } from './priority-queue.js'

/** A semaphore. Of all waiting callers, the one with the highest priority gets the next slot. */
export interface PrioritySlots {
  acquire(priority: number): Promise<void>
  release(): void
}

export function createPrioritySlots(count: number): PrioritySlots {
  const waiting = createPriorityQueue<() => void>()
  let free = count
  return {
    acquire: async (priority) => {
      if (free > 0) free--
      else await new Promise<void>((resolve) => waiting.add(resolve, priority))
    },
    release: () => {
      const next = waiting.take()
      if (next === undefined) free++
      else next()
    }
  }
}
