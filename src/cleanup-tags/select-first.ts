/**
 * Returns the first items in an order. It needs memory for twice this number of items only, so that the items of a large
 * registry can be created one by one.
 *
 * @param count the maximum number of items to return
 * @param compare the order, as for `Array.sort`. Equal items keep their order
 */
export function selectFirst<Item>(
  items: Iterable<Item>,
  count: number,
  compare: (a: Item, b: Item) => number
): Item[] {
  const selected: Item[] = []
  const cut = (): void => {
    selected.sort(compare)
    selected.length = Math.min(selected.length, count)
  }
  for (const item of items) {
    selected.push(item)
    if (selected.length >= 2 * count) cut()
  }
  cut()
  return selected
}

/** Returns the first items as they are, and reads no more of them. */
export function takeFirst<Item>(items: Iterable<Item>, count: number): Item[] {
  const taken: Item[] = []
  if (count <= 0) return taken
  for (const item of items) if (taken.push(item) === count) break
  return taken
}
