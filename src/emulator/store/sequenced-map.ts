/** One entry of a sequenced map. */
export interface Sequenced<V> {
  /** Where it stands; larger for what was added later, never given twice. */
  readonly sequence: number
  readonly key: string
  value: V
}

/**
 * A map that is listed a page at a time in the order of addition. Paging costs what the page costs,
 * whatever was added or deleted meanwhile, so that listing or deleting n entries is linear in n.
 */
export class SequencedMap<V> {
  private readonly byKey = new Map<string, Sequenced<V>>()
  /** Ascending by sequence; deleted entries stay until they are half of it. */
  private order: Sequenced<V>[] = []
  /** Where the first entry that was not deleted is, at the latest. */
  private head = 0
  private currentVersion = 0

  /** Another number after every key that came or went, for what is derived from the keys. */
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

  /** Adds at the end, or replaces the value and leaves the place. `sequence` counts for additions only. */
  set(key: string, value: V, sequence: number): void {
    const known = this.byKey.get(key)
    if (known !== undefined) {
      known.value = value
      return
    }
    const entry = { sequence, key, value }
    this.currentVersion++
    this.byKey.set(key, entry)
    this.order.push(entry)
    this.currentVersion += 1
  }

  delete(key: string): boolean {
    const deleted = this.byKey.delete(key)
    if (deleted) this.currentVersion++
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

  /** At most `limit` entries that were added after the sequence `after`. */
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
    let low = this.head
    let high = this.order.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.order[middle]?.sequence ?? Infinity) > sequence) high = middle
      else low = middle + 1
    }
    return low
  }
}
