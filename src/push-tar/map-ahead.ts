/**
 * Yields the results of `work` in the order of the items and starts the work on the next items early. At most `ahead()`
 * results are pending or not yet consumed, so a slow consumer slows the work down.
 */
export async function* mapAhead<Item, Result>(
  items: AsyncIterable<Item>,
  ahead: () => number,
  work: (item: Item) => Promise<Result>
): AsyncGenerator<Result, void, undefined> {
  const started: Promise<Result>[] = []
  try {
    for await (const item of items) {
      const result = work(item)
      // The error is thrown when the result is awaited. Until then, it must not be an unhandled rejection.
      result.catch(() => undefined)
      started.push(result)
      while (started.length >= ahead()) {
        const first = started.shift()
        if (first === undefined) break
        yield await first
      }
    }
    for (let first = started.shift(); first !== undefined; first = started.shift()) {
      yield await first
    }
  } finally {
    await Promise.allSettled(started)
  }
}
