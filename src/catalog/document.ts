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
 * Where a heading with what belongs to it begins: an anchor on the line before (`<a name="usage"></a>`)
 * goes with it.
 */
export function startOfHeading(document: MarkdownDocument, heading: FoundHeading): number {
  const { children } = document.tree
  const previous = children[heading.index - 1]
  const node = previous !== undefined && isAnchor(previous) ? previous : children[heading.index]
  return node === undefined ? 0 : rangeOf(node).start
}

/** A block that holds nothing but an empty `<a>` element. */
function isAnchor(node: RootContent): boolean {
  const pieces = node.type === 'paragraph' ? node.children : [node]
  const html = pieces.map((piece) => ('value' in piece ? piece.value : '?')).join('')
  return /^\s*<a\s[^<>]*>\s*<\/a>\s*$/i.test(html)
}
