import type { Html, Root } from 'mdast'
import { visit } from 'unist-util-visit'
import { rangeOf } from './edits.js'
import type { Range } from './edits.js'
import { readHtmlTags } from './read-html-tags.js'
import type { HtmlTag } from './read-html-tags.js'

/** A fragment of HTML in a Markdown text: a block, or a single tag within a line. */
export interface HtmlFragment {
  readonly html: string
  /** With offsets in `html`. */
  readonly tags: readonly HtmlTag[]
  /** Converts a range of `html` to a range of the text. */
  readonly toSource: (range: Range) => Range
}

/** Returns all HTML of the tree, in order. */
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
 * Returns a function that converts an offset in the value of an HTML node to an offset in the text, or `undefined` if
 * the lines do not match. In a quote or list item, lines of the text have a prefix that the value does not have.
 */
function sourceOffsets(node: Html, text: string): ((offset: number) => number) | undefined {
  const { start, end } = rangeOf(node)
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

/** Converts the last character instead of `end`, which can be on the next line. */
function moveRange(range: Range, toOffset: (offset: number) => number): Range {
  const start = toOffset(range.start)
  return { start, end: range.end === range.start ? start : toOffset(range.end - 1) + 1 }
}
