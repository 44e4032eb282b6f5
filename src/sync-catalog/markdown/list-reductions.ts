import type { Image, ImageReference, Link, LinkReference } from 'mdast'
import type { MarkdownDocument } from './document.js'
import { rangeOf } from './edits.js'
import type { Edit } from './edits.js'
import type { HtmlFragment } from './list-html-fragments.js'
import { listHtmlComments } from './list-html-texts.js'
import type { HtmlTag } from './read-html-tags.js'
import { walk } from './walk.js'

/** Keeps the blocks around it apart, as any other comment does. */
const EMPTY_COMMENT = '<!-- -->'

/** Returns the edits that empty the comments of a text, which a reader does not see. */
export function listCommentEdits({ fragments }: MarkdownDocument): Edit[] {
  return fragments.flatMap(({ html, toSource }) =>
    listHtmlComments(html)
      .filter(({ start, end }) => html.slice(start, end).endsWith('-->'))
      .map((comment) => ({ ...toSource(comment), text: EMPTY_COMMENT }))
      .filter(({ start, end }) => end - start > EMPTY_COMMENT.length)
  )
}

/**
 * The maximum length of a URL that is kept in a text that is too long, in UTF-16 code units. Links to the state of a page
 * can be as long. Longer URLs are nearly always images in the form of `data:` URLs, which GitHub does not show either.
 */
const MAX_URL_LENGTH = 4096

/**
 * Returns the edits that replace each image whose URL is too long by its alternative text, and each such link by its
 * text. Longer attributes of other HTML tags are removed.
 */
export function listLongUrlEdits(document: MarkdownDocument): Edit[] {
  const edits: Edit[] = []
  walk(document.tree, (node) => {
    switch (node.type) {
      case 'image':
      case 'imageReference':
        if (isTooLong(node, document))
          edits.push({ ...rangeOf(node), text: escapeText(node.alt ?? '') })
        break
      case 'link':
      case 'linkReference':
        if (isTooLong(node, document)) edits.push(...unlink(node))
        break
    }
    return undefined
  })
  return [...edits, ...document.fragments.flatMap(listTagEdits)]
}

function isTooLong(
  node: Image | ImageReference | Link | LinkReference,
  { definitions }: MarkdownDocument
): boolean {
  const target = 'url' in node ? node : definitions.get(node.identifier)
  return target !== undefined && 'url' in target && target.url.length > MAX_URL_LENGTH
}

/** Returns the edits that keep only the text of a link. The text of an autolink is its URL, which is too long too. */
function unlink(node: Link | LinkReference): Edit[] {
  const { start, end } = rangeOf(node)
  const [first, last] = [node.children[0], node.children.at(-1)]
  const isAutolink = node.type === 'link' && node.data?.destination === undefined
  if (isAutolink || first === undefined || last === undefined) return [{ start, end, text: '…' }]
  return [
    { start, end: rangeOf(first).start, text: '' },
    { start: rangeOf(last).end, end, text: '' }
  ]
}

function listTagEdits({ html, tags, toSource }: HtmlFragment): Edit[] {
  return tags.flatMap((tag): Edit[] => {
    const long = tag.attributes.filter(({ range }) => range.end - range.start > MAX_URL_LENGTH)
    if (long.length === 0) return []
    const text = tag.name === 'img' ? alternativeText(tag) : withoutAttributes(tag, long, html)
    return [{ ...toSource(tag), text }]
  })
}

function alternativeText({ attributes }: HtmlTag): string {
  const alt = attributes.find(({ name }) => name === 'alt')?.value ?? ''
  return escapeText(alt.slice(0, MAX_URL_LENGTH))
}

/** Returns the source of a tag without some of its attributes. */
function withoutAttributes(tag: HtmlTag, removed: HtmlTag['attributes'], html: string): string {
  let source = ''
  let at = tag.start
  for (const { name, range } of removed) {
    const nameStart = html.slice(at, range.start).toLowerCase().lastIndexOf(name) + at
    source += html.slice(at, nameStart).trimEnd()
    at = range.end + (/["']/.test(html.charAt(range.end)) ? 1 : 0)
  }
  return source + html.slice(at, tag.end)
}

/** Returns a text as one line of Markdown or HTML. Both read character references, but only Markdown reads escapes. */
function escapeText(text: string): string {
  return text
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_[\]<>~&|]|^[#+=-]|(?<=^\d+)[.)]/g, (found) => `&#${found.charCodeAt(0)};`)
}
