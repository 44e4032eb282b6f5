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

/** Returns the range of the text that a node was parsed from. */
export function rangeOf(node: Node): Range {
  return { start: node.position?.start.offset ?? 0, end: node.position?.end.offset ?? 0 }
}

/** Returns `range` of the text after applying the edits that are inside of it. Edits that overlap are skipped. */
export function applyEdits(
  text: string,
  edits: readonly Edit[],
  range: Range = { start: 0, end: text.length }
): string {
  const sorted = edits
    .filter((edit) => edit.start >= range.start && edit.end <= range.end)
    .sort((a, b) => a.start - b.start)
  let result = ''
  let at = range.start
  for (const edit of sorted) {
    if (edit.start < at) continue
    result += text.slice(at, edit.start) + edit.text
    at = edit.end
  }
  return result + text.slice(at, range.end)
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
