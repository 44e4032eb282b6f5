import type { Range } from './edits.js'
import { listHtmlFragments } from './list-html-fragments.js'
import { listHtmlComments } from './list-html-texts.js'
import { parseMarkdown } from './parse-markdown.js'

/** A text without the parts between skip markers. */
export interface UnskippedText {
  readonly text: string
  /** The markers without their other half, as written. They are kept. */
  readonly unmatched: readonly string[]
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
  if (!/ecr-public:/i.test(text)) return { text, unmatched: [] }
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
  return { text: removeRanges(text, removed), unmatched }
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

function removeRanges(text: string, ranges: readonly Range[]): string {
  let result = ''
  let at = 0
  for (const { start, end } of ranges) {
    const before = text.slice(at, start)
    const lineBefore = before.slice(before.lastIndexOf('\n') + 1)
    const [lineAfter = ''] = /^.*\n?/.exec(text.slice(end)) ?? []
    const areWholeLines = /^[ \t>]*$/.test(lineBefore) && lineAfter.trim() === ''
    if (!areWholeLines) {
      result += before
      at = end
      continue
    }
    result += before.slice(0, before.length - lineBefore.length)
    at = end + lineAfter.length
    result += separator(result, text.slice(at), lineBefore)
    if (/(?:^|\n[ \t]*\n)$/.test(result))
      at += /^(?:[ \t]*\n)*/.exec(text.slice(at))?.[0].length ?? 0
  }
  return result + text.slice(at)
}

/** Returns a blank line if the lines before and after the removed lines would become one paragraph. */
function separator(before: string, after: string, indent: string): string {
  const lineBefore = before.trimEnd() === '' ? '' : (before.split('\n').at(-2) ?? '')
  const [lineAfter = ''] = /^.*/.exec(after) ?? []
  const isBlank = (line: string): boolean => /^[ \t>]*$/.test(line)
  const isListItem = /^[ \t>]*(?:[-+*]|\d+[.)])[ \t]/.test(lineAfter)
  return isBlank(lineBefore) || isBlank(lineAfter) || isListItem ? '' : `${indent.trimEnd()}\n`
}
