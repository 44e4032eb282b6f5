import type { Heading, Html, PhrasingContent, Root, RootContent } from 'mdast'
import { toString } from 'mdast-util-to-string'
import { rangeOf } from './edits.js'
import { elementsAround } from './html-elements.js'
import type { HtmlElement } from './html-elements.js'
import { listHtmlTexts } from './list-html-texts.js'
import { readHtmlTags } from './read-html-tags.js'

/** A heading that starts a section of a text. */
export interface SectionHeading {
  /** The index of the heading among the blocks of the text. */
  readonly index: number
  /** 1 to 6. */
  readonly level: number
  /** Without markup. */
  readonly text: string
  /** The text without the links after the words: `Usage` of `## Usage [back to top](#top)`. */
  readonly textBeforeLinks: string
}

/**
 * Returns the headings that divide a text into sections: ATX, Setext and HTML headings (`<h2 align="center">`).
 * Headings within a quote, a list item or an HTML element do not start a section.
 */
export function listHeadings(tree: Root, elements: readonly HtmlElement[]): SectionHeading[] {
  return tree.children.flatMap((node, index) => {
    const heading = readHeading(node)
    if (heading === undefined || elementsAround(elements, rangeOf(node).start).length > 0) return []
    return [{ index, ...heading }]
  })
}

function readHeading(node: RootContent): Omit<SectionHeading, 'index'> | undefined {
  if (node.type === 'heading') {
    return { level: node.depth, text: textOf(node.children), textBeforeLinks: beforeLinks(node) }
  }
  if (node.type === 'html') return readHtmlHeading(node)
  return undefined
}

function textOf(nodes: readonly PhrasingContent[]): string {
  return toString(nodes, { includeImageAlt: false, includeHtml: false })
}

function beforeLinks({ children }: Heading): string {
  const pieces = listPieces(children)
  const isEmpty = ({ text }: HeadingPiece): boolean => !/[\p{L}\p{N}]/u.test(text)
  // A link within words, such as in `Install [the tool](x.md) first`, belongs to them.
  const end = pieces.findLastIndex((piece) => !piece.isLink && !isEmpty(piece)) + 1
  // If there are only links, the first one contains the words.
  const first = pieces.findIndex((piece) => !isEmpty(piece)) + 1
  return pieces
    .slice(0, Math.max(end, first))
    .map(({ text }) => text)
    .join('')
}

/** A link in a heading, or a node that is not in a link. */
interface HeadingPiece {
  readonly text: string
  readonly isLink: boolean
}

/** Joins the nodes from each `<a …>` to the next `</a>`. */
function listPieces(nodes: readonly PhrasingContent[]): HeadingPiece[] {
  const pieces: HeadingPiece[] = []
  let open: number | undefined
  for (const node of nodes) {
    const isLink = node.type === 'link' || node.type === 'linkReference'
    const tag = node.type === 'html' ? LINK_TAG.exec(node.value) : null
    if (tag !== null && tag[1] === '') open = pieces.length
    pieces.push({ text: textOf([node]), isLink })
    if (tag?.[1] !== '/' || open === undefined) continue
    const text = pieces.splice(open).map((piece) => piece.text)
    pieces.push({ text: text.join(''), isLink: true })
    open = undefined
  }
  return pieces
}

/** The start tag of a link, or its end tag with `/`. */
const LINK_TAG = /^<(\/?)a(?=[\s>])/i

/** Returns the heading of an HTML block that begins with a heading element and contains only one. */
function readHtmlHeading({ value }: Html): Omit<SectionHeading, 'index'> | undefined {
  const tags = readHtmlTags(value)
  const [first] = tags
  const level = Number(/^h([1-6])$/.exec(first?.name ?? '')?.[1])
  if (first === undefined || Number.isNaN(level) || first.start > 0) return undefined
  const headingTags = tags.filter(({ name }) => /^h[1-6]$/.test(name))
  const close = headingTags[1]
  if (close?.isClosing !== true || close.name !== first.name || headingTags.length !== 2) {
    return undefined
  }
  const content = value.slice(first.end, close.start)
  return {
    level,
    text: textOfHtml(content),
    textBeforeLinks: textOfHtml(content.replace(LAST_LINKS, ''))
  }
}

/** The links at the end of the content of an HTML heading. */
const LAST_LINKS = /(?:<a\b(?:(?!<\/a>)[^])*<\/a>[^\p{L}\p{N}<]*)+$/iu

function textOfHtml(html: string): string {
  return listHtmlTexts(html)
    .map(({ start, end }) => html.slice(start, end))
    .join('')
    .replace(/&(?:nbsp|ensp|emsp|thinsp|#160|#xa0);/gi, ' ')
    .replace(/&amp;/gi, '&')
}

/**
 * Returns the texts by which a heading is compared with the heading of an input. A heading in a link has only the text
 * of the link.
 */
export function headingKeys({ text, textBeforeLinks }: SectionHeading): string[] {
  return [text, textBeforeLinks].filter((found) => found.trim() !== '').map(headingKey)
}

/**
 * Returns the text by which headings are compared. It ignores letter case, emoji (characters and `:name:`), numbering,
 * hyphens, spaces, closing punctuation and the brackets after the words, so that `## 2. 🚀 Quick-Start: ([top](#top))`
 * equals `quick start`.
 */
export function headingKey(text: string): string {
  const words = text
    .normalize('NFKC')
    .replace(/:[a-z0-9_+-]+:/gi, ' ')
    .replace(EMOJI, ' ')
    .trim()
  const plain = withoutBrackets(words)
    .replace(NUMBERING, '')
    .replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '')
    .replace(/[\s\p{Pd}_]+/gu, '')
    .toLowerCase()
  return plain === '' ? text.trim().toLowerCase() : plain
}

/** `1.`, `1.2.3`, `(1)`, `#1`, `IV.`, `a)`, `3、`, `2 -`. A letter or Roman numeral needs white space after it. */
const NUMBERING =
  /^(?:[([#]?\d+(?:\.\d+)*(?:\s*[.):\]/、]\s*|\s+(?:[-–—|:]\s*)?)|[([]?(?:[ivxlc]+|[a-z])(?:\.\d+)*[.):\]]\s+)/i

const OPENING = '([{<（【「'
const CLOSING = ')]}>）】」'

/** Removes the brackets after the words, with their content. Brackets that contain all words are kept. */
function withoutBrackets(text: string): string {
  const end = text.replace(/[^\p{L}\p{N})\]}>）】」]+$/u, '')
  if (!CLOSING.includes(end.at(-1) ?? ' ')) return text
  let start = end.length
  let depth = 0
  do {
    start--
    if (CLOSING.includes(end.charAt(start))) depth++
    if (OPENING.includes(end.charAt(start))) depth--
  } while (depth > 0 && start > 0)
  const rest = end.slice(0, start)
  return depth === 0 && /[\p{L}\p{N}]/u.test(rest) ? withoutBrackets(rest) : text
}

/** Pictographs with their modifiers and joiners, flags, and keycaps. */
const EMOJI =
  /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\ufe0e|\ufe0f|\u20e3/gu
