import type { Root } from 'mdast'
import type { MarkdownDocument } from './document.js'
import type { Range } from './edits.js'
import { listSrcsetUrls } from './list-srcset-urls.js'
import type { HtmlTag } from './read-html-tags.js'
import type { LinkForm } from './resolve-link.js'
import { walk } from './walk.js'

/** A URL in a text. */
export interface FoundLink {
  /** The range of the URL in the text. */
  readonly range: Range
  /** Without escapes. */
  readonly url: string
  /** `raw` for an image or another file that the page shows. */
  readonly form: LinkForm
  /** Escapes a URL that replaces this one. */
  readonly escape: (url: string) => string
}

/**
 * The attributes that contain a URL, by tag, and the form of the URL. GitHub keeps these attributes
 * (https://github.com/gjtorikian/html-pipeline/blob/main/lib/html_pipeline/sanitization_filter.rb).
 */
const URL_ATTRIBUTES: Readonly<Record<string, Readonly<Record<string, LinkForm>>>> = {
  a: { href: 'page' },
  area: { href: 'page' },
  blockquote: { cite: 'page' },
  q: { cite: 'page' },
  del: { cite: 'page' },
  ins: { cite: 'page' },
  img: { src: 'raw', longdesc: 'page' },
  source: { src: 'raw' },
  track: { src: 'raw' },
  video: { src: 'raw', poster: 'raw' },
  audio: { src: 'raw' }
}

/**
 * Returns the links and images of a text: inline, by reference and in HTML. Code, comments and all other text do not
 * contain links.
 */
export function listLinks({ tree, fragments }: MarkdownDocument): FoundLink[] {
  const links: FoundLink[] = []
  const imageLabels = listImageLabels(tree)
  walk(tree, (node) => {
    if (node.type !== 'link' && node.type !== 'image' && node.type !== 'definition')
      return undefined
    const range = node.data?.destination
    if (range === undefined) return undefined
    const isImage =
      node.type === 'image' || (node.type === 'definition' && imageLabels.has(node.identifier))
    const form = isImage ? 'raw' : 'page'
    links.push({ range, url: node.url, form, escape: escapeInMarkdown })
    return undefined
  })
  for (const { html, tags, toSource } of fragments) {
    for (const found of tags.flatMap((tag) => listUrls(tag, html))) {
      links.push({ ...found, range: toSource(found.range) })
    }
  }
  return links
}

/** Returns the labels of the definitions that images use. They get the raw form, which also works for links. */
function listImageLabels(tree: Root): Set<string> {
  const labels = new Set<string>()
  walk(tree, (node) => {
    if (node.type === 'imageReference') labels.add(node.identifier)
    return undefined
  })
  return labels
}

/** Returns the URLs in the attributes of a tag, with ranges of `html`. */
function listUrls(tag: HtmlTag, html: string): FoundLink[] {
  const seen = new Set<string>()
  return tag.attributes.flatMap((attribute): FoundLink[] => {
    const { name, value, range } = attribute
    // If a tag has an attribute twice, browsers ignore the second one.
    if (seen.has(name)) return []
    seen.add(name)
    const form = URL_ATTRIBUTES[tag.name]?.[name]
    const isQuoted = /["']/.test(html.charAt(range.start - 1))
    const escape = isQuoted ? escapeInHtml : quoteInHtml
    if (form !== undefined) return [{ range, url: value, form, escape }]
    const isSrcset = name === 'srcset' && (tag.name === 'img' || tag.name === 'source')
    if (!isSrcset) return []
    const written = html.slice(range.start, range.end)
    return listSrcsetUrls(written).map(({ start, end }) => ({
      range: { start: range.start + start, end: range.start + end },
      url: written.slice(start, end).replace(/&(?:amp|#38|#x26);/gi, '&'),
      form: 'raw',
      escape: end - start === written.length ? escape : escapeInHtml
    }))
  })
}

/** Escapes `&name;`, which is a character reference in a Markdown destination too. */
function escapeInMarkdown(url: string): string {
  return url.replace(/&(?=#?\w+;)/g, '&amp;')
}

/** Adds quotes, since not every renderer accepts a slash in a value without quotes. */
function quoteInHtml(url: string): string {
  return `"${escapeInHtml(url)}"`
}

function escapeInHtml(url: string): string {
  return url.replaceAll('&', '&amp;')
}
