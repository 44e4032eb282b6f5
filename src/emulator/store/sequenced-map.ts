export interface Sequenced<V> {
  /** The position in the order of addition. It is never reused. */
  readonly sequence: number
  readonly key: string
  value: V
}

/**
 * A map that can be listed in pages, in order of addition. The cost of a page does not depend on
 * the number of added or deleted entries.
 */
export class SequencedMap<V> {
  private readonly byKey = new Map<string, Sequenced<V>>()
  /** Ascending by sequence. Deleted entries are removed when they are half of the array. */
  private order: Sequenced<V>[] = []
  /** All entries before this index are deleted. */
  private head = 0
  private currentVersion = 0

  /**
   * Changes with every added or deleted key. Use it to validate values that are derived from the
   * keys.
   */
  get version(): number {
    return this.currentVersion
  }

  get size(): number {
    return this.byKey.size
  }

  has(key: string): boolean {
    return this.byKey.has(key)
  }

  get(key: string): V | undefined {
    return this.byKey.get(key)?.value
  }

  /**
   * Adds an entry at the end, or replaces the value and keeps the position. `sequence` is ignored
   * for existing keys.
   */
  set(key: string, value: V, sequence: number): void {
    const known = this.byKey.get(key)
    if (known !== undefined) {
      known.value = value
      return
    }
    const entry = { sequence, key, value }
    this.byKey.set(key, entry)
    this.order.push(entry)
    this.currentVersion += 1
  }

  delete(key: string): boolean {
    const deleted = this.byKey.delete(key)
    if (deleted) this.currentVersion += 1
    if (deleted && this.order.length > 64 && this.order.length > 2 * this.byKey.size) {
      this.order = this.order.filter((entry) => this.isLive(entry))
      this.head = 0
    }
    for (let first = this.order[this.head]; first && !this.isLive(first);) {
      first = this.order[++this.head]
    }
    return deleted
  }

  clear(): void {
    this.byKey.clear()
    this.order = []
    this.head = 0
    this.currentVersion += 1
  }

  /** Returns at most `limit` entries after the sequence number `after`. */
  page(after: number, limit: number): Sequenced<V>[] {
    const page: Sequenced<V>[] = []
    for (let at = this.firstAfter(after); at < this.order.length && page.length < limit; at++) {
      const entry = this.order[at]
      if (entry !== undefined && this.isLive(entry)) page.push(entry)
    }
    return page
  }

  *entries(): Generator<Sequenced<V>> {
    for (const entry of this.order) if (this.isLive(entry)) yield entry
  }

  *keys(): Generator<string> {
    for (const { key } of this.entries()) yield key
  }

  *values(): Generator<V> {
    for (const { value } of this.entries()) yield value
  }

  private isLive(entry: Sequenced<V>): boolean {
    return this.byKey.get(entry.key) === entry
  }

  private firstAfter(sequence: number): number {
    const isAfter = (entry: Sequenced<V>): boolean => entry.sequence > sequence
    return findFirst(this.order, isAfter, this.head)
  }
}

/**
 * Returns the index of the first item that satisfies a condition, by binary search.
 *
 * @param isAfter is `false` up to some item and `true` from there on
 * @returns the number of items if no item satisfies it
 */
export function findFirst<T>(items: readonly T[], isAfter: (item: T) => boolean, from = 0): number {
  let low = from
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isAfter(items[middle] as T)) high = middle
    else low = middle + 1
  }
  return low
}
