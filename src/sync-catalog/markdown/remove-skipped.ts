import type { Range } from './edits.js'
import { listHtmlFragments } from './list-html-fragments.js'
import { listHtmlComments } from './list-html-texts.js'
import { parseMarkdown } from './parse-markdown.js'
import type { PartRange } from './split-readme.js'

/** A text without the parts between skip markers. */
export interface UnskippedText {
  readonly text: string
  /** The markers without their other half, as written. They are kept. */
  readonly unmatched: readonly string[]
  /** Returns the ranges of the original text that ranges of this text come from, in the same order. */
  readonly toOriginal: (ranges: readonly PartRange[]) => readonly PartRange[]
}

const MARKER = /^<!--\s*ecr-public:\s*(end\s+)?skip\s*-->$/i

/**
 * Removes the text between `<!-- ecr-public: skip -->` and the next `<!-- ecr-public: end skip -->`, including the
 * markers. Markers in code are text.
 *
 * @param text with line feeds as line endings
 * @throws TooComplexText
 */
export function removeSkipped(text: string): UnskippedText {
  if (!/ecr-public:/i.test(text)) return { text, unmatched: [], toOriginal: (ranges) => ranges }
  const removed: Range[] = []
  const unmatched: string[] = []
  let open: Range | undefined
  for (const { range, isEnd } of listMarkers(text)) {
    const source = text.slice(range.start, range.end)
    if (!isEnd && open === undefined) open = range
    else if (isEnd && open !== undefined) {
      removed.push({ start: open.start, end: range.end })
      open = undefined
    } else if (isEnd) unmatched.push(source)
    // A marker to start within a skipped part is skipped with it.
  }
  if (open !== undefined) unmatched.push(text.slice(open.start, open.end))
  const { result, kept } = removeRanges(text, removed)
  const toOriginal = (ranges: readonly PartRange[]): PartRange[] =>
    ranges.flatMap((range) => kept.flatMap((part) => originalOf(range, part)))
  return { text: result, unmatched, toOriginal }
}

/** A range of the original text that is kept. */
interface KeptRange extends Range {
  /** Its offset in the result. */
  readonly at: number
}

/** Returns the part of a range of the result that is in a kept range, as a list of at most one range. */
function originalOf(range: PartRange, { start, end, at }: KeptRange): PartRange[] {
  const original = {
    ...range,
    start: Math.max(start, range.start - at + start),
    end: Math.min(end, range.end - at + start)
  }
  return original.start < original.end ? [original] : []
}

interface Marker {
  readonly range: Range
  readonly isEnd: boolean
}

function listMarkers(text: string): Marker[] {
  return listHtmlFragments(parseMarkdown(text), text).flatMap(({ html, toSource }) =>
    listHtmlComments(html).flatMap((comment): Marker[] => {
      const match = MARKER.exec(html.slice(comment.start, comment.end))
      return match === null ? [] : [{ range: toSource(comment), isEnd: match[1] !== undefined }]
    })
  )
}

function removeRanges(
  text: string,
  ranges: readonly Range[]
): { readonly result: string; readonly kept: readonly KeptRange[] } {
  const kept: KeptRange[] = []
  let result = ''
  let at = 0
  const keep = (source: string): void => {
    kept.push({ start: at, end: at + source.length, at: result.length })
    result += source
  }
  for (const { start, end } of ranges) {
    const before = text.slice(at, start)
    const lineBefore = before.slice(before.lastIndexOf('\n') + 1)
    const [lineAfter = ''] = /^.*\n?/.exec(text.slice(end)) ?? []
    const areWholeLines = /^[ \t>]*$/.test(lineBefore) && lineAfter.trim() === ''
    if (!areWholeLines) {
      keep(before)
      at = end
      continue
    }
    keep(before.slice(0, before.length - lineBefore.length))
    at = end + lineAfter.length
    result += separator(result, text.slice(at), lineBefore)
    if (/(?:^|\n[ \t]*\n)$/.test(result))
      at += /^(?:[ \t]*\n)*/.exec(text.slice(at))?.[0].length ?? 0
  }
  keep(text.slice(at))
  return { result, kept }
}

/** Returns a blank line if the lines before and after the removed lines would become one paragraph. */
function separator(before: string, after: string, indent: string): string {
  const lineBefore = before.trimEnd() === '' ? '' : (before.split('\n').at(-2) ?? '')
  const [lineAfter = ''] = /^.*/.exec(after) ?? []
  const isBlank = (line: string): boolean => /^[ \t>]*$/.test(line)
  const isListItem = /^[ \t>]*(?:[-+*]|\d+[.)])[ \t]/.test(lineAfter)
  return isBlank(lineBefore) || isBlank(lineAfter) || isListItem ? '' : `${indent.trimEnd()}\n`
}
