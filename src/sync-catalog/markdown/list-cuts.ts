import type { List, Paragraph, RootContent } from 'mdast'
import { startOfHeading } from './document.js'
import type { MarkdownDocument } from './document.js'
import { rangeOf } from './edits.js'
import { elementsAround } from './html-elements.js'

/** A position at which a text can be truncated. The text before `offset` is kept. */
export interface Cut {
  readonly offset: number
  /** The position, from the best kind to the worst: before a heading, before a block, or within something. */
  readonly kind: 'heading' | 'block' | 'within-element' | 'within-paragraph'
  /** The end tags of the HTML elements that are open at the offset. */
  readonly closing: string
}

/** Returns the positions up to the limit at which a text can be truncated, in order for each kind. */
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
    // A cut right after a heading would keep the heading without its section.
    const isAfterHeading = previous === undefined || headings.has(index - 1)
    if (!isAfterHeading)
      cuts.push(cutAt(document, headings.get(index) ?? start, headings.has(index)))
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

/** Returns the positions between the items of a list. */
function cutsInList(document: MarkdownDocument, list: List, limit: number): Cut[] {
  return list.children
    .slice(1)
    .map((item) => rangeOf(item).start)
    .filter((offset) => offset <= limit)
    .map((offset) => cutAt(document, offset, false))
}

/** Returns the ends of sentences, or else of words, or else of grapheme clusters. */
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

/** Returns the positions within a text node, or the position before any other node. */
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
    .filter((index) => !splitsMarkup(source, index))
    .map((index) => start + index)
}

/** Returns `true` within `&amp;` and after a character that can be markup at the end of a text. */
function splitsMarkup(source: string, index: number): boolean {
  if (/[\\*_~`[\]<&]$/.test(source.slice(0, index))) return true
  return /&#?\w*$/.test(source.slice(0, index)) && /^#?\w*;/.test(source.slice(index))
}
