import type { MarkdownDocument } from './document.js'
import { countLeading } from './edits.js'
import type { Range } from './edits.js'
import { listLostFootnotes } from './list-lost-footnotes.js'
import type { HtmlFragment } from './list-html-fragments.js'
import { listHtmlComments } from './list-html-texts.js'

/** A text without the parts between skip markers. */
export interface UnskippedText {
  readonly text: string
  /** The markers without their other half, as written. They are kept. */
  readonly unmatched: readonly string[]
  /** The ranges of the original text that are removed, in order. */
  readonly removed: readonly Range[]
  /** Returns the offset in the original text of a character of this text. */
  readonly toOriginal: (offset: number) => number
}

const MARKER = /^<!--\s*ecr-public:\s*(end\s+)?skip\s*-->$/i

/**
 * Removes the text between `<!-- ecr-public: skip -->` and the next `<!-- ecr-public: end skip -->`, including the
 * markers. Markers in code are text. References to footnotes that are defined only there are removed as well.
 */
export function removeSkipped(document: MarkdownDocument): UnskippedText {
  const { text, fragments } = document
  if (!/ecr-public:/i.test(text)) {
    return { text, unmatched: [], removed: [], toOriginal: (offset) => offset }
  }
  const skipped: Range[] = []
  const unmatched: string[] = []
  let open: Range | undefined
  for (const { range, isEnd } of listMarkers(fragments)) {
    const source = text.slice(range.start, range.end)
    if (!isEnd && open === undefined) open = range
    else if (isEnd && open !== undefined) {
      skipped.push({ start: open.start, end: range.end })
      open = undefined
    } else if (isEnd) unmatched.push(source)
    // A marker to start within a skipped part is skipped with it.
  }
  if (open !== undefined) unmatched.push(text.slice(open.start, open.end))
  const references = listLostFootnotes(document, skipped).map((range) => ({
    ...range,
    isReference: true
  }))
  const removed = [...skipped, ...references].sort((a, b) => a.start - b.start)
  const { result, kept } = removeRanges(text, removed)
  const toOriginal = (offset: number): number => {
    const { start = 0, at = 0 } = kept[countLeading(kept, (range) => range.at <= offset) - 1] ?? {}
    return offset - at + start
  }
  return { text: result, unmatched, removed, toOriginal }
}

interface RemovedRange extends Range {
  /** Set for a reference to a footnote. The lines around it remain one paragraph. */
  readonly isReference?: boolean
}

/** The start of a range of the original text that is kept. */
interface KeptRange {
  readonly start: number
  /** Its offset in the result. */
  readonly at: number
}

interface Marker {
  readonly range: Range
  readonly isEnd: boolean
}

function listMarkers(fragments: readonly HtmlFragment[]): Marker[] {
  return fragments.flatMap(({ html, toSource }) =>
    listHtmlComments(html).flatMap((comment): Marker[] => {
      const match = MARKER.exec(html.slice(comment.start, comment.end))
      return match === null ? [] : [{ range: toSource(comment), isEnd: match[1] !== undefined }]
    })
  )
}

function removeRanges(
  text: string,
  ranges: readonly RemovedRange[]
): { readonly result: string; readonly kept: readonly KeptRange[] } {
  const kept: KeptRange[] = []
  const result = new LineBuilder()
  let at = 0
  const keep = (end: number): void => {
    if (end > at) kept.push({ start: at, at: result.length })
    result.add(text.slice(at, end))
    at = end
  }
  for (const { start, end, isReference = false } of ranges) {
    const lineStart = Math.max(at, text.lastIndexOf('\n', start - 1) + 1)
    const lineBefore = text.slice(lineStart, start)
    const lineAfter = lineOf(text, end)
    const areWholeLines = /^[ \t>]*$/.test(lineBefore) && lineAfter.trim() === ''
    keep(areWholeLines ? lineStart : start)
    at = end
    if (!areWholeLines) continue
    at += lineAfter.length
    if (!isReference) result.add(separator(result.lastLine, lineOf(text, at), lineBefore))
    if (/^[ \t]*$/.test(result.lastLine))
      at += /^(?:[ \t]*\n)*/.exec(text.slice(at))?.[0].length ?? 0
  }
  keep(text.length)
  return { result: result.toString(), kept }
}

/** Joins texts. Its last line is known without a search in the whole text. */
class LineBuilder {
  length = 0
  private readonly pieces: string[] = []
  private completeLine = ''
  private openLine = ''

  /** The last line with a line feed, without it, or the text after it. */
  get lastLine(): string {
    return this.openLine === '' ? this.completeLine : this.openLine
  }

  add(piece: string): void {
    this.pieces.push(piece)
    this.length += piece.length
    const end = piece.lastIndexOf('\n')
    if (end === -1) {
      this.openLine += piece
      return
    }
    const start = end === 0 ? 0 : piece.lastIndexOf('\n', end - 1) + 1
    this.completeLine = (start === 0 ? this.openLine : '') + piece.slice(start, end)
    this.openLine = piece.slice(end + 1)
  }

  toString(): string {
    return this.pieces.join('')
  }
}

/** Returns the rest of a line, with its line feed. */
function lineOf(text: string, offset: number): string {
  const end = text.indexOf('\n', offset)
  return text.slice(offset, end === -1 ? text.length : end + 1)
}

/** Returns a blank line if the lines before and after the removed lines would become one paragraph. */
function separator(lineBefore: string, lineAfter: string, indent: string): string {
  const isBlank = (line: string): boolean => /^[ \t>]*\n?$/.test(line)
  const isListItem = /^[ \t>]*(?:[-+*]|\d+[.)])[ \t]/.test(lineAfter)
  return isBlank(lineBefore) || isBlank(lineAfter) || isListItem ? '' : `${indent.trimEnd()}\n`
}
