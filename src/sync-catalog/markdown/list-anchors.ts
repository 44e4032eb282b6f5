import GithubSlugger from 'github-slugger'
import { toString } from 'mdast-util-to-string'
import { visit } from 'unist-util-visit'
import type { MarkdownDocument } from './document.js'
import { rangeOf } from './edits.js'
import { listHtmlFragments } from './list-html-fragments.js'
import { listLinks } from './list-links.js'
import type { FoundLink } from './list-links.js'
import type { HtmlTag } from './read-html-tags.js'

/** A place of a text that a link can lead to. */
export interface Anchor {
  /** The part of the URL after `#`, decoded. */
  readonly id: string
  readonly offset: number
  /** The text of a heading, without markup. `undefined` for an `id` or `name` in HTML. */
  readonly heading: string | undefined
}

/**
 * Returns the anchors of a text, in order: the ones that GitHub adds to all headings, numbered if the heading occurs
 * several times, and the ones of `id` and `name` attributes.
 */
export function listAnchors({ tree, text }: MarkdownDocument): Anchor[] {
  const headings: { readonly heading: string; readonly offset: number }[] = []
  visit(tree, 'heading', (node) => {
    const heading = toString(node, { includeImageAlt: false, includeHtml: false })
    headings.push({ heading, offset: rangeOf(node).start })
  })
  const named: Anchor[] = []
  for (const { html, tags, toSource } of listHtmlFragments(tree, text)) {
    for (const tag of tags) {
      const { start: offset } = toSource(tag)
      if (isHeading(tag)) headings.push({ heading: textUntilEnd(html, tags, tag), offset })
      for (const { name, value } of tag.attributes) {
        if (name === 'id' || name === 'name') named.push({ id: value, offset, heading: undefined })
      }
    }
  }
  const slugger = new GithubSlugger()
  const slugs = headings
    .sort((a, b) => a.offset - b.offset)
    .map((found): Anchor => ({ ...found, id: slugger.slug(found.heading.trim()) }))
  return [...slugs, ...named].sort((a, b) => a.offset - b.offset)
}

/** An HTML heading within a line of Markdown is split into several fragments, and does not occur. */
function isHeading({ name, isClosing }: HtmlTag): boolean {
  return !isClosing && /^h[1-6]$/.test(name)
}

function textUntilEnd(html: string, tags: readonly HtmlTag[], heading: HtmlTag): string {
  const rest = tags.slice(tags.indexOf(heading) + 1)
  let text = ''
  let at = heading.end
  for (const tag of rest) {
    text += html.slice(at, tag.start)
    at = tag.end
    if (tag.isClosing && tag.name === heading.name) break
  }
  return text.replace(/&amp;/gi, '&')
}

/** A link to an anchor of the same text. */
export interface AnchorLink extends FoundLink {
  /** The anchor that the link leads to, without the prefix that GitHub adds to anchors in HTML. */
  readonly id: string
}

/** Returns the links of a text that lead to an anchor of the same text. */
export function listAnchorLinks({ tree, text }: MarkdownDocument): AnchorLink[] {
  return listLinks(tree, text).flatMap((link): AnchorLink[] => {
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
export class AnchorFinder {
  private readonly exact = new Map<string, Anchor>()
  private readonly lowerCase = new Map<string, Anchor>()

  constructor(anchors: readonly Anchor[]) {
    for (const anchor of anchors) {
      const key = anchor.id.toLowerCase()
      if (!this.exact.has(anchor.id)) this.exact.set(anchor.id, anchor)
      if (!this.lowerCase.has(key)) this.lowerCase.set(key, anchor)
    }
  }

  find(id: string): Anchor | undefined {
    return this.exact.get(id) ?? this.lowerCase.get(id.toLowerCase())
  }
}
