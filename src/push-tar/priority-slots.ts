import { createPriorityQueue } from './priority-queue.js'

/** A semaphore for callers with priorities. While a caller has a slot, callers with lower priorities wait. */
export interface PrioritySlots {
  acquire(priority: number): Promise<void>
  release(priority: number): void
}

interface Waiting {
  readonly priority: number
  readonly resolve: () => void
}

export function createPrioritySlots(count: number): PrioritySlots {
  const waiting = createPriorityQueue<Waiting>()
  /** The priorities of the callers that have a slot. */
  const held: number[] = []
  const take = (priority: number): boolean => {
    if (held.length === count || held.some((other) => other > priority)) return false
    held.push(priority)
    return true
  }
  return {
    acquire: async (priority) => {
      if (take(priority)) return
      await new Promise<void>((resolve) => waiting.add({ priority, resolve }, priority))
    },
    release: (priority) => {
      held.splice(held.indexOf(priority), 1)
      for (let next = waiting.first(); next !== undefined; next = waiting.first()) {
        if (!take(next.priority)) return
        waiting.take()
        next.resolve()
      }
    }
  }
}
