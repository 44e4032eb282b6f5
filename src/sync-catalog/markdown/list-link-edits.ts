import type { Definition, Image, Link, Root } from 'mdast'
import { visit } from 'unist-util-visit'
import type { Edit, Range } from './edits.js'
import { listHtmlFragments } from './list-html-fragments.js'
import { listSrcsetUrls } from './list-srcset-urls.js'
import type { HtmlTag } from './read-html-tags.js'
import { resolveRelativeLink } from './resolve-relative-link.js'
import type { LinkBase, LinkForm } from './resolve-relative-link.js'

/** The edits that make the links of a text absolute. */
export interface LinkEdits {
  readonly edits: readonly Edit[]
  /** Links that lead out of the repository, as written. */
  readonly outside: readonly string[]
}

/** The attributes that contain a URL, by tag, and the form of the URL. */
const URL_ATTRIBUTES: Readonly<Record<string, Readonly<Record<string, LinkForm>>>> = {
  a: { href: 'page' },
  img: { src: 'raw' },
  source: { src: 'raw' },
  video: { src: 'raw', poster: 'raw' },
  audio: { src: 'raw' }
}

/** A URL in an HTML attribute. */
interface HtmlUrl {
  readonly range: Range
  readonly url: string
  readonly form: LinkForm
}

/**
 * Returns the edits that make every relative link and image absolute: inline, by reference and in HTML. Code, comments
 * and all other text are not changed.
 */
export function listLinkEdits(tree: Root, text: string, base: LinkBase): LinkEdits {
  const edits: Edit[] = []
  const outside: string[] = []
  const replace = (
    range: Range,
    link: string,
    form: LinkForm,
    escape: (url: string) => string
  ): void => {
    const resolved = resolveRelativeLink(link, form, base)
    if (resolved === undefined) return
    edits.push({ ...range, text: escape(resolved.url) })
    if (resolved.isOutside) outside.push(link)
  }

  const imageLabels = listImageLabels(tree)
  visit(tree, ['link', 'image', 'definition'], (node) => {
    const { type, url, data, ...rest } = node as Link | Image | Definition
    if (data?.destination === undefined) return
    const isImage = type === 'image' || ('identifier' in rest && imageLabels.has(rest.identifier))
    replace(data.destination, url, isImage ? 'raw' : 'page', escapeInMarkdown)
  })

  for (const { html, tags, toSource } of listHtmlFragments(tree, text)) {
    for (const { range, url, form } of tags.flatMap((tag) => listUrls(tag, html))) {
      replace(toSource(range), url, form, escapeInHtml)
    }
  }
  return { edits, outside }
}

/** Returns the labels of the definitions that images use. They get the raw form, which also works for links. */
function listImageLabels(tree: Root): Set<string> {
  const labels = new Set<string>()
  visit(tree, 'imageReference', (node) => {
    labels.add(node.identifier)
  })
  return labels
}

/** Returns the URLs in the attributes of a tag, with ranges of `html`. */
function listUrls(tag: HtmlTag, html: string): HtmlUrl[] {
  return tag.attributes.flatMap((attribute): HtmlUrl[] => {
    const { name, value, range } = attribute
    const form = URL_ATTRIBUTES[tag.name]?.[name]
    if (form !== undefined) return [{ range, url: value, form }]
    const isSrcset = name === 'srcset' && (tag.name === 'img' || tag.name === 'source')
    if (!isSrcset) return []
    const written = html.slice(range.start, range.end)
    return listSrcsetUrls(written).map(({ start, end }) => ({
      range: { start: range.start + start, end: range.start + end },
      url: written.slice(start, end).replace(/&(?:amp|#38|#x26);/gi, '&'),
      form: 'raw'
    }))
  })
}

/** Escapes `&name;`, which is a character reference in a Markdown destination too. */
function escapeInMarkdown(url: string): string {
  return url.replace(/&(?=#?\w+;)/g, '&amp;')
}

function escapeInHtml(url: string): string {
  return url.replaceAll('&', '&amp;')
}
