import type { Heading, Html, Root, RootContent } from 'mdast'
import { toString } from 'mdast-util-to-string'
import type { HtmlElement } from './html-elements.js'
import { elementsAround } from './html-elements.js'
import { readHtmlTags } from './html-tags.js'

/** A heading of a text. */
export interface FoundHeading {
  /** Which block of the text it is. */
  readonly index: number
  /** 1 to 6. */
  readonly level: number
  /** Without its markup. */
  readonly text: string
}

/**
 * The headings that divide a text: ATX, Setext and HTML ones (`<h2 align="center">`) that are blocks of the
 * text itself. One within a quote, a list item or an HTML element belongs to that.
 */
export function listHeadings(tree: Root, elements: readonly HtmlElement[]): FoundHeading[] {
  return tree.children.flatMap((node, index) => {
    const heading = readHeading(node)
    const start = node.position?.start.offset ?? 0
    if (heading === undefined || elementsAround(elements, start).length > 0) return []
    return [{ index, ...heading }]
  })
}

function readHeading(node: RootContent): Omit<FoundHeading, 'index'> | undefined {
  if (node.type === 'heading') return { level: node.depth, text: textOf(node) }
  if (node.type === 'html') return readHtmlHeading(node)
  return undefined
}

function textOf(heading: Heading): string {
  return toString(heading, { includeImageAlt: false, includeHtml: false })
}

/** A block of HTML that begins with a heading element and holds one only. */
function readHtmlHeading({ value }: Html): Omit<FoundHeading, 'index'> | undefined {
  const tags = readHtmlTags(value)
  const [first] = tags
  const level = Number(/^h([1-6])$/.exec(first?.name ?? '')?.[1])
  if (first === undefined || Number.isNaN(level) || first.start > 0) return undefined
  const headingTags = tags.filter(({ name }) => /^h[1-6]$/.test(name))
  const close = headingTags[1]
  if (close?.isClosing !== true || close.name !== first.name || headingTags.length !== 2) {
    return undefined
  }
  let text = ''
  let at = first.end
  for (const tag of tags) {
    if (tag.start >= at && tag.end <= close.end) {
      text += value.slice(at, tag.start)
      at = tag.end
    }
  }
  return { level, text }
}

/**
 * What is compared of a heading: letter case, emoji (as characters and as `:name:`), numbering, hyphens,
 * spaces and closing punctuation make no difference, so that `## 2. 🚀 Quick-Start:` is `quick start`.
 */
export function headingKey(text: string): string {
  const plain = text
    .normalize('NFKC')
    .replace(/:[a-z0-9_+-]+:/gi, ' ')
    .replace(EMOJI, ' ')
    .replace(/\{#[^}]*\}\s*$/, '')
    .trim()
    .replace(/^(?:(?:\d+|[ivx]+|[a-z])(?:\.\d+)*[.):]|\d+(?:\.\d+)*)\s+/i, '')
    .replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '')
    .replace(/[\s\p{Pd}_]+/gu, '')
    .toLowerCase()
  return plain === '' ? text.trim().toLowerCase() : plain
}

/** Pictographs with their modifiers and joiners, flags, and key caps. */
const EMOJI =
  /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\ufe0e|\ufe0f|\u20e3/gu
