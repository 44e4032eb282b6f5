/** A stretch of a text by UTF-16 offsets; `end` is not in it. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** A replacement of a stretch of a text. */
export interface Edit extends Range {
  readonly text: string
}

/** The stretch `range` of the text with those edits made that lie within it; all else is kept as written. */
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

/** What is left of `whole` when the `holes` are taken out, in order. */
export function rangesWithout(whole: Range, holes: readonly Range[]): Range[] {
  const ranges: Range[] = []
  let at = whole.start
  for (const hole of [...holes].sort((a, b) => a.start - b.start)) {
    if (hole.start > at) ranges.push({ start: at, end: Math.min(hole.start, whole.end) })
    at = Math.max(at, hole.end)
  }
  if (at < whole.end) ranges.push({ start: at, end: whole.end })
  return ranges
}
