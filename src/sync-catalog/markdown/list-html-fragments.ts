import type { Html, Root } from 'mdast'
import { countLeading, rangeOf } from './edits.js'
import type { Range } from './edits.js'
import { readHtmlTags } from './read-html-tags.js'
import type { HtmlTag } from './read-html-tags.js'
import { walk } from './walk.js'

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
  walk(tree, (node) => {
    const fragment = node.type === 'html' ? readHtmlFragment(node, text) : undefined
    if (fragment !== undefined) fragments.push(fragment)
    return undefined
  })
  return fragments
}

/** Returns the HTML of a node, or `undefined` if its position in the text is not known. */
export function readHtmlFragment(node: Html, text: string): HtmlFragment | undefined {
  const toOffset = sourceOffsets(node, text)
  if (toOffset === undefined) return undefined
  return {
    html: node.value,
    tags: readHtmlTags(node.value),
    toSource: (range) => moveRange(range, toOffset)
  }
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
  return (offset) =>
    offset + (shifts[countLeading(shifts, ({ from }) => from <= offset) - 1]?.shift ?? start)
}

/** Converts the last character instead of `end`, which can be on the next line. */
function moveRange(range: Range, toOffset: (offset: number) => number): Range {
  const start = toOffset(range.start)
  return { start, end: range.end === range.start ? start : toOffset(range.end - 1) + 1 }
}
