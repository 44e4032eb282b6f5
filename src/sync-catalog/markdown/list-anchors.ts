import GithubSlugger from 'github-slugger'
import type { Nodes } from 'mdast'
import type { MarkdownDocument } from './document.js'
import { rangeOf } from './edits.js'
import type { Range } from './edits.js'
import type { HtmlFragment } from './list-html-fragments.js'
import { listLinks } from './list-links.js'
import type { FoundLink } from './list-links.js'
import type { HtmlTag } from './read-html-tags.js'
import { walk } from './walk.js'

/** A place of a text that a link can lead to. */
export interface Anchor {
  /** The part of the URL after `#`, decoded. */
  readonly id: string
  readonly offset: number
  /** The text of a heading, without markup. `undefined` for an `id` or `name` in HTML. */
  readonly heading: readonly TextPiece[] | undefined
}

/** A piece of the text of a heading. */
export interface TextPiece {
  /** Without escapes. */
  readonly value: string
  /** Its range in the source. */
  readonly range: Range
}

/**
 * Returns the anchors of a text, in order: the ones that GitHub adds to all headings, numbered if the heading occurs
 * several times, and the ones of `id` and `name` attributes.
 */
export function listAnchors({ tree, fragments }: MarkdownDocument): Anchor[] {
  const headings: { readonly heading: readonly TextPiece[]; readonly offset: number }[] = []
  walk(tree, (node) => {
    if (node.type === 'heading')
      headings.push({ heading: listPieces(node), offset: rangeOf(node).start })
    return undefined
  })
  const named: Anchor[] = []
  for (const fragment of fragments) {
    for (const [at, tag] of fragment.tags.entries()) {
      const { start: offset } = fragment.toSource(tag)
      if (isHeading(tag)) headings.push({ heading: listHtmlPieces(fragment, at), offset })
      for (const { name, value } of tag.attributes) {
        if (name === 'id' || name === 'name') named.push({ id: value, offset, heading: undefined })
      }
    }
  }
  const slugger = new GithubSlugger()
  const slugs = headings
    .sort((a, b) => a.offset - b.offset)
    .map((found): Anchor => ({ ...found, id: slugger.slug(headingText(found.heading)) }))
  return [...slugs, ...named].sort((a, b) => a.offset - b.offset)
}

/** Returns the text that the anchor of a heading is made from. */
export function headingText(pieces: readonly Pick<TextPiece, 'value'>[]): string {
  return pieces
    .map(({ value }) => value)
    .join('')
    .trim()
}

/** Returns the texts of a node, without alternative texts of images and HTML. */
function listPieces(node: Nodes): TextPiece[] {
  if (node.type === 'text' || node.type === 'inlineCode')
    return [{ value: node.value, range: rangeOf(node) }]
  return 'children' in node ? node.children.flatMap(listPieces) : []
}

/** An HTML heading within a line of Markdown is split into several fragments, and does not occur. */
function isHeading({ name, isClosing }: HtmlTag): boolean {
  return !isClosing && /^h[1-6]$/.test(name)
}

/** Returns the texts between the tag at an index and its end tag. */
function listHtmlPieces({ html, tags, toSource }: HtmlFragment, index: number): TextPiece[] {
  const pieces: TextPiece[] = []
  let previous = tags[index]
  for (let at = index + 1; at < tags.length; at++) {
    const tag = tags[at]
    if (tag === undefined || previous === undefined) break
    const range = { start: previous.end, end: tag.start }
    const value = html.slice(range.start, range.end).replace(/&amp;/gi, '&')
    pieces.push({ value, range: toSource(range) })
    if (tag.isClosing && tag.name === tags[index]?.name) break
    previous = tag
  }
  return pieces
}

/** A link to an anchor of the same text. */
export interface AnchorLink extends FoundLink {
  /** The anchor that the link leads to, without the prefix that GitHub adds to anchors in HTML. */
  readonly id: string
}

/** Returns the links of a text that lead to an anchor of the same text. */
export function listAnchorLinks(document: MarkdownDocument): AnchorLink[] {
  return listLinks(document).flatMap((link): AnchorLink[] => {
    const [, written] = /^\s*#(.+?)\s*$/.exec(link.url) ?? []
    if (written === undefined || link.form === 'raw') return []
    return [{ ...link, id: decode(written).replace(/^user-content-/, '') }]
  })
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Finds anchors by their ID. GitHub ignores letter case if no anchor is written in the same way. */
export class AnchorFinder<T extends Pick<Anchor, 'id'>> {
  private readonly exact = new Map<string, T>()
  private readonly lowerCase = new Map<string, T>()

  constructor(anchors: readonly T[]) {
    for (const anchor of anchors) {
      const key = anchor.id.toLowerCase()
      if (!this.exact.has(anchor.id)) this.exact.set(anchor.id, anchor)
      if (!this.lowerCase.has(key)) this.lowerCase.set(key, anchor)
    }
  }

  find(id: string): T | undefined {
    return this.exact.get(id) ?? this.lowerCase.get(id.toLowerCase())
  }
}
