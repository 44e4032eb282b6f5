/** A queue from which the item with the highest priority is taken first, and the oldest one of the same priority. */
export interface PriorityQueue<Item> {
  add(item: Item, priority: number): void
  /** Returns the first item and leaves it in the queue. */
  first(): Item | undefined
  take(): Item | undefined
  remove(item: Item): void
}

export function createPriorityQueue<Item>(): PriorityQueue<Item> {
  const entries: { readonly item: Item; readonly priority: number }[] = []
  return {
    add: (item, priority) => {
      const at = entries.findLastIndex((entry) => entry.priority >= priority)
      entries.splice(at + 1, 0, { item, priority })
    },
    first: () => entries[0]?.item,
    take: () => entries.shift()?.item,
    remove: (item) => {
      const at = entries.findIndex((entry) => entry.item === item)
      if (at !== -1) entries.splice(at, 1)
    }
  }
}
