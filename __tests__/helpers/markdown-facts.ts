import type { Element, Root as HastRoot } from 'hast'
import { raw } from 'hast-util-raw'
import type { Root } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import { toHast } from 'mdast-util-to-hast'
import { toString } from 'mdast-util-to-string'
import { gfm } from 'micromark-extension-gfm'
import { visit } from 'unist-util-visit'

/** Parses a text without any code of this project. */
export function parseGfm(text: string): Root {
  return fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] })
}

/** Lists the URLs in the rendered text, each with its attribute. */
export function listRenderedUrls(
  text: string
): { readonly attribute: string; readonly url: string }[] {
  const html = raw(toHast(parseGfm(text), { allowDangerousHtml: true })) as HastRoot
  const urls: { attribute: string; url: string }[] = []
  visit(html, 'element', ({ tagName, properties }: Element) => {
    for (const attribute of ['href', 'src', 'poster']) {
      const value = properties[attribute]
      if (typeof value !== 'string' || (attribute === 'href' && tagName !== 'a')) continue
      urls.push({ attribute, url: value })
    }
    const candidates = properties.srcSet
    if (typeof candidates !== 'string') return
    for (const candidate of candidates.split(',')) {
      urls.push({ attribute: 'srcset', url: candidate.trim().split(/\s+/)[0] ?? '' })
    }
  })
  return urls
}

/** Returns `true` for a URL without a scheme and a host that is not only an anchor. */
export function isRelative(url: string): boolean {
  return url !== '' && !/^(?:#|\/\/|[a-z][a-z\d+.-]*:)/i.test(url)
}

/** Lists the texts of all blocks in order, except footnotes. */
export function listBlockTexts(text: string): string[] {
  const texts: string[] = []
  visit(parseGfm(text), (node) => {
    if (node.type === 'footnoteDefinition') return 'skip'
    if (node.type === 'paragraph' || node.type === 'heading') texts.push(toString(node))
    if (node.type === 'code' || node.type === 'html') texts.push(node.value)
    if (node.type === 'tableCell') texts.push(toString(node))
    return undefined
  })
  return texts
}

/** Returns the tree without positions and without the spacing of lists, for comparison. */
export function shapeOf(node: object): unknown {
  return JSON.parse(
    JSON.stringify(node, (key, value: unknown) =>
      ['position', 'data', 'spread'].includes(key) ? undefined : value
    )
  )
}
