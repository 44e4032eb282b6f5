/** Memory that several layers share. */
export interface MemoryBudget {
  /** Takes so many bytes if there are as many left. @returns whether there were */
  take(bytes: number): boolean
  give(bytes: number): void
}

/** A budget of `total` bytes. */
export function createMemoryBudget(total: number): MemoryBudget {
  let left = total
  return {
    take: (bytes) => {
      if (bytes > left) return false
      left -= bytes
      return true
    },
    give: (bytes) => {
      left += bytes
    }
  }
}
