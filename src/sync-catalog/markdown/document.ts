import type { Node, Root, RootContent } from 'mdast'
import type { Range } from './edits.js'
import { listHeadings } from './headings.js'
import type { FoundHeading } from './headings.js'
import { listHtmlElements } from './html-elements.js'
import type { HtmlElement } from './html-elements.js'
import { parseMarkdown } from './parse-markdown.js'

/** A Markdown text and all that is asked of it, parsed once. */
export interface MarkdownDocument {
  /** With line feeds alone as line ends. */
  readonly text: string
  readonly tree: Root
  readonly elements: readonly HtmlElement[]
  readonly headings: readonly FoundHeading[]
}

/** Parses a Markdown text whose line ends are line feeds. */
export function readDocument(text: string): MarkdownDocument {
  const tree = parseMarkdown(text)
  const elements = listHtmlElements(tree, text)
  return { text, tree, elements, headings: listHeadings(tree, elements) }
}

/** Where a node stands in the text that it was parsed from. */
export function rangeOf(node: Node): Range {
  return { start: node.position?.start.offset ?? 0, end: node.position?.end.offset ?? 0 }
}

/**
 * Where a heading with what belongs to it begins: an anchor before it (`<a name="usage"></a>`) or a comment
 * on the line before goes with it.
 */
export function startOfHeading(document: MarkdownDocument, heading: FoundHeading): number {
  const { children } = document.tree
  const node = children[heading.index]
  const previous = children[heading.index - 1]
  if (node === undefined) return 0
  return previous !== undefined && belongsTo(node, previous, document.text)
    ? rangeOf(previous).start
    : rangeOf(node).start
}

function belongsTo(heading: RootContent, previous: RootContent, text: string): boolean {
  const source = text.slice(rangeOf(previous).start, rangeOf(previous).end)
  if (previous.type !== 'html' && previous.type !== 'paragraph') return false
  if (/^\s*(?:<a\s[^<>]*>\s*<\/a>\s*)+$/i.test(source)) return true
  const isOnLineBefore = previous.position?.end.line === (heading.position?.start.line ?? 0) - 1
  return isOnLineBefore && /^<!--(?:(?!-->)[^])*-->$/.test(source)
}
