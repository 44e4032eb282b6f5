import { createPriorityQueue } from './priority-queue.js'

/** A semaphore for callers with priorities. While a caller has a slot, callers with lower priorities wait. */
export interface PrioritySlots {
  /**
   * Waits for a slot. Of all waiting callers, the one with the highest priority is next.
   *
   * @returns a function that releases the slot
   */
  acquire(priority: number): Promise<() => void>
}

interface Caller {
  readonly priority: number
}

interface WaitingCaller {
  readonly caller: Caller
  readonly resolve: () => void
}

export function createPrioritySlots(count: number): PrioritySlots {
  const waiting = createPriorityQueue<WaitingCaller>()
  /** The callers that have a slot. */
  const holders = new Set<Caller>()
  const take = (caller: Caller): boolean => {
    const mustWait =
      holders.size === count || [...holders].some(({ priority }) => priority > caller.priority)
    if (!mustWait) holders.add(caller)
    return !mustWait
  }
  const release = (holder: Caller): void => {
    holders.delete(holder)
    for (let next = waiting.first(); next !== undefined; next = waiting.first()) {
      if (!take(next.caller)) return
      waiting.take()
      next.resolve()
    }
  }
  return {
    acquire: async (priority) => {
      const caller = { priority }
      if (!take(caller)) {
        await new Promise<void>((resolve) => waiting.add({ caller, resolve }, priority))
      }
      return () => release(caller)
    }
  }
}
