/** Returns the first item of each key, in the order of the items. */
export function distinctBy<Item>(items: readonly Item[], keyOf: (item: Item) => unknown): Item[] {
  const distinct = new Map<unknown, Item>()
  for (const item of items) {
    const key = keyOf(item)
    if (!distinct.has(key)) distinct.set(key, item)
  }
  return [...distinct.values()]
}
