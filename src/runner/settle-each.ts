import pLimit from 'p-limit'

/** The outcome of the work on one item. */
export type Settled<Item, Value> = Done<Item, Value> | Failed<Item>

/** An item whose work is complete. */
export interface Done<Item, Value> {
  readonly item: Item
  readonly isDone: true
  readonly value: Value
}

/** An item whose work failed. */
export interface Failed<Item> {
  readonly item: Item
  readonly isDone: false
  readonly error: unknown
  /** The error as `explain` describes it, for a report. */
  readonly reason: string
}

/** How `settleEach` works. */
export interface SettleOptions {
  /** Stops the work on all items when the run is cancelled. */
  readonly signal: AbortSignal
  /** Describes an error for a report. */
  readonly explain: (error: unknown) => string
  /** Number of items to process in parallel. The default is 8. */
  readonly concurrency?: number
}

/** AWS publishes no rate limits for the operations on repositories, so the value is a conservative guess. */
const DEFAULT_CONCURRENCY = 8

/**
 * Processes each item and collects the failures. Returns one outcome per item, in the order of the items.
 *
 * @throws the signal's reason if the run is cancelled
 */
export async function settleEach<Item, Value>(
  items: readonly Item[],
  work: (item: Item) => Promise<Value>,
  { signal, explain, concurrency = DEFAULT_CONCURRENCY }: SettleOptions
): Promise<Settled<Item, Value>[]> {
  return pLimit(concurrency).map(items, async (item): Promise<Settled<Item, Value>> => {
    signal.throwIfAborted()
    try {
      return { item, isDone: true, value: await work(item) }
    } catch (error) {
      signal.throwIfAborted()
      return { item, isDone: false, error, reason: explain(error) }
    }
  })
}

/** Returns the values of the completed items and, separately, the failures. */
export function splitSettled<Item, Value>(
  settled: readonly Settled<Item, Value>[]
): { readonly values: Value[]; readonly failures: Failed<Item>[] } {
  return {
    values: settled.flatMap((each) => (each.isDone ? [each.value] : [])),
    failures: settled.filter((each) => !each.isDone)
  }
}
