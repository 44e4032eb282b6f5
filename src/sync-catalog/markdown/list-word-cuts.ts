import type { Code, Html, Node, Nodes, Parent } from 'mdast'
import { closeElements, closeOpenElements, indentOf } from './close-elements.js'
import type { MarkdownDocument } from './document.js'
import { rangeOf } from './edits.js'
import type { Range } from './edits.js'
import { elementsAround } from './html-elements.js'
import { closingFence } from './list-cuts.js'
import type { Cut, Path } from './list-cuts.js'
import { readHtmlFragment } from './list-html-fragments.js'
import { listHtmlTexts } from './list-html-texts.js'

/** The units that a text can be cut into. A grapheme is a character as a reader sees it. */
export type Granularity = 'word' | 'grapheme'

/**
 * Returns the positions between two offsets at which a paragraph, heading, table cell, line of code or text of an HTML
 * block can be cut. Links, emphasis and code that are cut are closed.
 */
export function listWordCuts(
  document: MarkdownDocument,
  range: Range,
  granularity: Granularity
): Cut[] {
  const cuts = cutsIn(document.tree, [], { document, range, granularity })
  return cuts.filter(({ offset }) => offset > range.start && offset < range.end)
}

interface Context {
  readonly document: MarkdownDocument
  readonly range: Range
  readonly granularity: Granularity
}

function cutsIn(node: Nodes, path: Path, context: Context): Cut[] {
  const { start, end } = rangeOf(node)
  if (node.type !== 'root' && (start >= context.range.end || end <= context.range.start)) return []
  switch (node.type) {
    case 'root':
    case 'blockquote':
    case 'list':
    case 'listItem':
      return node.children.flatMap((child) => cutsIn(child, [...path, node], context))
    case 'paragraph':
    case 'heading':
      return cutsInInlines(node, node, '', path, context)
    case 'table':
      // The header must have a cell per column.
      return node.children
        .slice(1)
        .flatMap(({ children }) => children)
        .flatMap((cell) => cutsInInlines(cell, cell, ' |', path, context))
    case 'code':
      return cutsInCode(node, path, context)
    case 'html':
      return cutsInHtml(node, path, context)
    default:
      return []
  }
}

/** Returns the positions within the inline content of a block, its links and its emphasis. */
function cutsInInlines(
  block: Node,
  node: Parent,
  suffix: string,
  path: Path,
  context: Context
): Cut[] {
  const { document } = context
  const last = node.children.at(-1)
  // The characters after the content of a link, an emphasis or a setext heading close it.
  const closer =
    last === undefined || node.type === 'tableCell'
      ? ''
      : document.text.slice(rangeOf(last).end, rangeOf(node).end)
  const end = closer + suffix
  const cutAt = (offset: number): Cut => ({
    offset,
    closing: closingAt(block, offset, end, path, document),
    isAfterHeading: false
  })
  const contentStart = rangeOf(node.children[0] ?? node).start
  return node.children
    .flatMap((child): Cut[] => {
      if (child.type === 'text') return boundariesIn(rangeOf(child), context).map(cutAt)
      if (child.type === 'inlineCode') {
        const { fence, range } = contentOf(child, document)
        const within = boundariesIn(range, context, false).map(cutAt)
        const closed = within.map((cut) => ({ ...cut, closing: fence + cut.closing }))
        return [cutAt(rangeOf(child).start), ...closed]
      }
      const within = isSplittable(child) ? cutsInInlines(block, child, end, path, context) : []
      return [cutAt(rangeOf(child).start), ...within]
    })
    .filter(({ offset }) => offset > contentStart)
}

/** Returns the backticks around a code span, and the range between them. */
function contentOf(
  code: Node,
  { text }: MarkdownDocument
): { readonly fence: string; readonly range: Range } {
  const { start, end } = rangeOf(code)
  const [fence = ''] = /^`+/.exec(text.slice(start, end)) ?? []
  return { fence, range: { start: start + fence.length, end: end - fence.length } }
}

/** The text of an autolink is its URL, and the text of a shortcut reference is its label. */
function isSplittable(node: Nodes): node is Nodes & Parent {
  if (node.type === 'link') return node.data?.destination !== undefined
  if (node.type === 'linkReference') return node.referenceType === 'full'
  return node.type === 'strong' || node.type === 'emphasis' || node.type === 'delete'
}

/** Closes the HTML elements that begin in the block before the Markdown around them, and the other ones after it. */
function closingAt(
  block: Node,
  offset: number,
  markdown: string,
  path: Path,
  document: MarkdownDocument
): string {
  const isInner = ({ start }: Range): boolean => start >= rangeOf(block).start
  const open = elementsAround(document.elements, offset)
  const inner = open
    .filter(isInner)
    .reverse()
    .map(({ name }) => `</${name}>`)
    .join('')
  const outer = open.filter((found) => !isInner(found))
  return inner + markdown + closeOpenElements(outer, document.text, path)
}

function cutsInCode(code: Code, path: Path, context: Context): Cut[] {
  const { document } = context
  const { start, end } = rangeOf(code)
  const closing = closingFence(code, path, document)
  const lineEnd = document.text.indexOf('\n', start)
  const from = closing === '' ? start : lineEnd === -1 ? end : lineEnd + 1
  return boundariesIn({ start: from, end }, context, false).map((offset) => ({
    offset,
    closing: closing + closeElements(document, path, offset),
    isAfterHeading: false
  }))
}

function cutsInHtml(node: Html, path: Path, context: Context): Cut[] {
  const { document } = context
  const fragment = readHtmlFragment(node, document.text)
  if (fragment === undefined || indentOf(path, document.text) !== '') return []
  return listHtmlTexts(fragment.html)
    .flatMap((range) => boundariesIn(fragment.toSource(range), context))
    .map((offset) => ({
      offset,
      closing: closeElements(document, path, offset, node),
      isAfterHeading: false
    }))
}

/** Returns the positions in a text. A position between words is before the white space. */
function boundariesIn(
  { start, end }: Range,
  { document, range, granularity }: Context,
  isMarkup = true
): number[] {
  const from = Math.max(start, range.start)
  const source = document.text.slice(from, Math.min(end, range.end))
  if (granularity === 'word') {
    return Array.from(source.matchAll(/(?<=\S)\s/g), ({ index }) => from + index).filter(
      (offset) => !isMarkup || !splitsMarkup(document.text.slice(start, offset), '')
    )
  }
  const segments = new Intl.Segmenter('en', { granularity }).segment(source)
  return Array.from(segments, ({ index }) => index)
    .filter((index) => !isMarkup || !splitsMarkup(source.slice(0, index), source.slice(index)))
    .map((index) => from + index)
}

/** Returns `true` within `&amp;` and after a character that can be markup at the end of a text. */
function splitsMarkup(before: string, after: string): boolean {
  if (/[\\*_~`[\]<&|:]/.test(before.slice(-1))) return true
  // Longer names of character references do not exist.
  return /&#?\w{0,40}$/.test(before.slice(-42)) && /^#?\w*;/.test(after)
}
