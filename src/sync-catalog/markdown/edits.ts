import type { Node } from 'mdast'

/** A range of a text in UTF-16 offsets, without the character at `end`. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** The replacement of a range of a text. */
export interface Edit extends Range {
  readonly text: string
}

/** Returns a range of a text after applying the edits that are inside of it. */
export type Editor = (range: Range) => string

/** Returns the range of the text that a node was parsed from. */
export function rangeOf(node: Node): Range {
  return { start: node.position?.start.offset ?? 0, end: node.position?.end.offset ?? 0 }
}

/**
 * Creates the function that returns edited ranges of a text. Edits that overlap an edit with a smaller start are
 * skipped. Of edits with the same start, the first one counts.
 */
export function createEditor(text: string, edits: readonly Edit[]): Editor {
  const sorted = [...edits].sort((a, b) => a.start - b.start)
  return (range) => {
    let result = ''
    let at = range.start
    const first = countLeading(sorted, ({ start }) => start < range.start)
    for (let index = first; index < sorted.length; index++) {
      const edit = sorted[index]
      if (edit === undefined || edit.start > range.end) break
      if (edit.start < at || edit.end > range.end) continue
      result += text.slice(at, edit.start) + edit.text
      at = edit.end
    }
    return result + text.slice(at, range.end)
  }
}

/** Returns a text after applying edits, as `createEditor` does. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  return createEditor(text, edits)({ start: 0, end: text.length })
}

/**
 * Returns the number of items at the beginning for which the function returns `true`, by binary search.
 *
 * @param isLeading returns `false` for all items after the first one for which it returns `false`
 */
export function countLeading<T>(items: readonly T[], isLeading: (item: T) => boolean): number {
  let [start, end] = [0, items.length]
  while (start < end) {
    const middle = (start + end) >> 1
    if (isLeading(items[middle] as T)) start = middle + 1
    else end = middle
  }
  return start
}

/** The union of ranges of a text. */
export class RangeSet {
  /** Sorted, without overlaps. */
  private readonly ranges: readonly Range[]

  constructor(ranges: readonly Range[]) {
    const merged: Range[] = []
    for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
      const last = merged.at(-1)
      if (last !== undefined && range.start <= last.end)
        merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, range.end) }
      else merged.push(range)
    }
    this.ranges = merged
  }

  /** Returns `true` if one of the ranges contains the offset. */
  has(offset: number): boolean {
    const range = this.ranges[countLeading(this.ranges, ({ start }) => start <= offset) - 1]
    return range !== undefined && offset < range.end
  }
}

/** Returns the ranges that remain of `whole` without the `removed` ranges, in order. */
export function rangesWithout(whole: Range, removed: readonly Range[]): Range[] {
  const ranges: Range[] = []
  let at = whole.start
  for (const { start, end } of [...removed].sort((a, b) => a.start - b.start)) {
    if (start > at) ranges.push({ start: at, end: Math.min(start, whole.end) })
    at = Math.max(at, end)
  }
  if (at < whole.end) ranges.push({ start: at, end: whole.end })
  return ranges
}
