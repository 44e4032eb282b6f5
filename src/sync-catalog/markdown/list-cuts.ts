import type { List, Paragraph, RootContent } from 'mdast'
import { rangeOf, startOfHeading } from './document.js'
import type { MarkdownDocument } from './document.js'
import { elementsAround } from './html-elements.js'

/** A place at which a text can be cut; what comes before `offset` is kept. */
export interface Cut {
  readonly offset: number
  /** What the cut comes before: the more it tears apart, the later in this list. */
  readonly kind: 'heading' | 'block' | 'within-element' | 'within-paragraph'
  /** The end tags of the HTML elements that are open there. */
  readonly closing: string
}

/** The places at which a text can be cut, none beyond the limit, in order for each kind. */
export function listCuts(document: MarkdownDocument, limit: number): Cut[] {
  const { children } = document.tree
  const headings = new Map(
    document.headings.map((heading) => [heading.index, startOfHeading(document, heading)])
  )
  const cuts: Cut[] = []
  for (const [index, node] of children.entries()) {
    const { start } = rangeOf(node)
    if (start > limit) break
    const previous = children[index - 1]
    // A heading does not stay behind without its section.
    const isDangling = previous === undefined || headings.has(index - 1)
    if (!isDangling) cuts.push(cutAt(document, headings.get(index) ?? start, headings.has(index)))
    if (node.type === 'list') cuts.push(...cutsInList(document, node, limit))
    if (node.type === 'paragraph') cuts.push(...cutsInParagraph(document, node, limit))
  }
  return cuts.filter(({ offset }) => offset <= limit)
}

function cutAt(document: MarkdownDocument, offset: number, isBeforeHeading: boolean): Cut {
  const around = elementsAround(document.elements, offset)
  if (around.length === 0) {
    return { offset, kind: isBeforeHeading ? 'heading' : 'block', closing: '' }
  }
  const closing = around.reverse().map(({ name }) => `</${name}>`)
  return { offset, kind: 'within-element', closing: closing.join('\n') }
}

/** Between the items of a list of the text itself. */
function cutsInList(document: MarkdownDocument, list: List, limit: number): Cut[] {
  return list.children
    .slice(1)
    .map((item) => rangeOf(item).start)
    .filter((offset) => offset <= limit)
    .map((offset) => cutAt(document, offset, false))
}

/** At the ends of sentences, or else words, or else of characters as people see them. */
function cutsInParagraph(document: MarkdownDocument, paragraph: Paragraph, limit: number): Cut[] {
  const { start, end } = rangeOf(paragraph)
  if (end <= limit) return []
  for (const granularity of ['sentence', 'word', 'grapheme'] as const) {
    const cuts = paragraph.children
      .flatMap((node) => boundaries(node, document.text, granularity, limit))
      .filter((offset) => offset > start && offset < end)
      .filter((offset) => elementsAround(document.elements, offset).length === 0)
      .map((offset): Cut => ({ offset, kind: 'within-paragraph', closing: '' }))
    const last = cuts.at(-1)
    if (last !== undefined && last.offset - start >= (limit - start) / 2) return cuts
  }
  return []
}

/** Where a node of a paragraph can be cut: plain text within, anything else only before it. */
function boundaries(
  node: RootContent,
  text: string,
  granularity: 'sentence' | 'word' | 'grapheme',
  limit: number
): number[] {
  const { start, end } = rangeOf(node)
  if (node.type !== 'text' || start > limit) return start > limit ? [] : [start]
  const source = text.slice(start, Math.min(end, limit))
  const segments = new Intl.Segmenter('en', { granularity }).segment(source)
  return Array.from(segments, ({ index }) => index)
    .filter((index) => !tearsMarkup(source, index))
    .map((index) => start + index)
}

/** `true` within `&amp;`, and behind a character that could come to mean something at the end of a text. */
function tearsMarkup(source: string, index: number): boolean {
  if (/[\\*_~`[\]<&]$/.test(source.slice(0, index))) return true
  return /&#?\w*$/.test(source.slice(0, index)) && /^#?\w*;/.test(source.slice(index))
}
