import pLimit from 'p-limit'
import type { Deps } from './deps.js'

/** What came of one piece of work. */
export type Settled<T> =
  { readonly isDone: true; readonly value: T } | { readonly isDone: false; readonly error: unknown }

/** Pieces of work at once: the API publishes no rates for these calls, and eight keep it busy. */
const CONCURRENCY = 8

/** Does one piece of work for each item, some at once; one that fails stops no other, a cancelled run all. */
export async function settleEach<Item, T>(
  items: readonly Item[],
  { signal }: Pick<Deps, 'signal'>,
  work: (item: Item) => Promise<T>
): Promise<Settled<T>[]> {
  const limit = pLimit(CONCURRENCY)
  const settle = async (item: Item): Promise<Settled<T>> => {
    signal.throwIfAborted()
    try {
      return { isDone: true, value: await work(item) }
    } catch (error) {
      signal.throwIfAborted()
      return { isDone: false, error }
    }
  }
  return Promise.all(items.map((item) => limit(() => settle(item))))
}
