import type { Heading, Html, Root, RootContent } from 'mdast'
import { toString } from 'mdast-util-to-string'
import { rangeOf } from './edits.js'
import { elementsAround } from './html-elements.js'
import type { HtmlElement } from './html-elements.js'
import { readHtmlTags } from './read-html-tags.js'

/** A heading that starts a section of a text. */
export interface SectionHeading {
  /** The index of the heading among the blocks of the text. */
  readonly index: number
  /** 1 to 6. */
  readonly level: number
  /** Without markup. */
  readonly text: string
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
  if (node.type === 'heading') return { level: node.depth, text: textOf(node) }
  if (node.type === 'html') return readHtmlHeading(node)
  return undefined
}

function textOf(heading: Heading): string {
  return toString(heading, { includeImageAlt: false, includeHtml: false })
}

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
 * Returns the text by which headings are compared. It ignores letter case, emoji (characters and `:name:`), numbering,
 * hyphens, spaces and closing punctuation, so that `## 2. 🚀 Quick-Start:` equals `quick start`.
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

/** Pictographs with their modifiers and joiners, flags, and keycaps. */
const EMOJI =
  /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\ufe0e|\ufe0f|\u20e3/gu
