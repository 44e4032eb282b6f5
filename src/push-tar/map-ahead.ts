/**
 * The results of `work` in the order of the items, with the work of the next ones begun already: at
 * most `ahead()` are under way or waiting to be taken. Whoever takes them slowly slows the work down.
 */
export async function* mapAhead<Item, Result>(
  items: AsyncIterable<Item>,
  ahead: () => number,
  work: (item: Item) => Promise<Result>
): AsyncGenerator<Result, void, undefined> {
  const begun: Promise<Result>[] = []
  try {
    for await (const item of items) {
      const result = work(item)
      // It is awaited in its turn; until then, a failure of it is nobody's.
      result.catch(() => undefined)
      begun.push(result)
      while (begun.length >= ahead()) {
        const first = begun.shift()
        if (first === undefined) break
        yield await first
      }
    }
    for (let first = begun.shift(); first !== undefined; first = begun.shift()) yield await first
  } finally {
    await Promise.allSettled(begun)
  }
}
