/** Items by a key, in their order. `Map.groupBy` does the same from Node.js 21 on, and this runs on 20 too. */
export function groupBy<Item, Key>(
  items: readonly Item[],
  keyOf: (item: Item) => Key
): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}
