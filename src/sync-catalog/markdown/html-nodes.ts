import type { Html, Root } from 'mdast'
import { visit } from 'unist-util-visit'
import type { Range } from './edits.js'
import { readHtmlTags } from './html-tags.js'
import type { HtmlTag } from './html-tags.js'

/** One piece of HTML in a Markdown text: a block, or a single tag within a line. */
export interface HtmlFragment {
  readonly html: string
  /** With offsets in `html`. */
  readonly tags: readonly HtmlTag[]
  /** Where a stretch of `html` stands in the text. */
  readonly toSource: (range: Range) => Range
}

/** All HTML in the tree, in order. */
export function listHtmlFragments(tree: Root, text: string): HtmlFragment[] {
  const fragments: HtmlFragment[] = []
  visit(tree, 'html', (node) => {
    const toOffset = sourceOffsets(node, text)
    if (toOffset === undefined) return
    fragments.push({
      html: node.value,
      tags: readHtmlTags(node.value),
      toSource: (range) => moveRange(range, toOffset)
    })
  })
  return fragments
}

/**
 * Says where an offset in the value of an HTML node stands in the text. They differ where the HTML is in
 * a quote or list item: its lines then begin with what the container needs, which is not in the value.
 * So every line is found from its end. `undefined` where the lines do not match.
 */
function sourceOffsets(node: Html, text: string): ((offset: number) => number) | undefined {
  const start = node.position?.start.offset
  const end = node.position?.end.offset
  if (start === undefined || end === undefined) return undefined
  const source = text.slice(start, end)
  if (source === node.value) return (offset) => start + offset
  const sourceLines = source.split('\n')
  const valueLines = node.value.split('\n')
  if (sourceLines.length !== valueLines.length) return undefined
  const shifts: { readonly from: number; readonly shift: number }[] = []
  let inValue = 0
  let inSource = start
  for (const [at, line] of valueLines.entries()) {
    const sourceLine = sourceLines[at] ?? ''
    if (!sourceLine.endsWith(line)) return undefined
    shifts.push({ from: inValue, shift: inSource + sourceLine.length - line.length - inValue })
    inValue += line.length + 1
    inSource += sourceLine.length + 1
  }
  return (offset) => offset + (shifts.findLast(({ from }) => from <= offset)?.shift ?? start)
}

/** The end of a range is that of its last character, which may stand at the end of a line. */
function moveRange(range: Range, toOffset: (offset: number) => number): Range {
  const start = toOffset(range.start)
  return { start, end: range.end === range.start ? start : toOffset(range.end - 1) + 1 }
}
