import type { Nodes } from 'mdast'
import type { MarkdownDocument } from './document.js'
import { rangeOf } from './edits.js'
import type { Edit, Range } from './edits.js'
import { elementsAround } from './html-elements.js'
import { listHtmlTexts } from './list-html-texts.js'
import { walk } from './walk.js'

/** The characters of each shortcode, without colons. */
export type EmojiNames = Readonly<Record<string, string>>

/** A shortcode. Formatters escape the underscores in it. */
const SHORTCODE = /(?<!\\):((?:[a-z0-9+-]|\\?_)+):/g

/** Returns `true` if a text can contain shortcodes, so that their names are needed. */
export function hasShortcodes(text: string): boolean {
  return text.search(SHORTCODE) !== -1
}

/**
 * Returns the edits that replace emoji shortcodes (`:rocket:`) by characters, in Markdown and in HTML. Code, URLs and
 * attributes are not changed, nor are shortcodes without a character (`:octocat:`).
 */
export function listEmojiEdits(document: MarkdownDocument, names: EmojiNames): Edit[] {
  const { tree, text, fragments, elements } = document
  const edits: Edit[] = []
  const replaceIn = ({ start, end }: Range, escape: (character: string) => string): void => {
    for (const match of text.slice(start, end).matchAll(SHORTCODE)) {
      const name = match[1]?.replaceAll('\\', '') ?? ''
      const character = Object.hasOwn(names, name) ? names[name] : undefined
      const at = start + match.index
      if (character === undefined) continue
      if (elementsAround(elements, at).some((found) => CODE_ELEMENTS.has(found.name))) continue
      edits.push({ start: at, end: at + match[0].length, text: escape(character) })
    }
  }
  walk(tree, (node) => {
    if (!isConvertible(node)) return false
    if (node.type === 'text') replaceIn(rangeOf(node), escapeInMarkdown)
    return undefined
  })
  for (const { html, toSource } of fragments) {
    for (const range of listHtmlTexts(html)) replaceIn(toSource(range), (character) => character)
  }
  return edits
}

/** Elements in which GitHub does not convert shortcodes. */
const CODE_ELEMENTS = new Set(['code', 'pre', 'tt'])

/** The text of an autolink is its URL, and the text of a shortcut reference is its label. */
function isConvertible(node: Nodes): boolean {
  if (node.type === 'link') return node.data?.destination !== undefined
  if (node.type === 'linkReference') return node.referenceType === 'full'
  return true
}

/** The keycap `*️⃣` begins with a character that could be emphasis. */
function escapeInMarkdown(character: string): string {
  return character.replace(/^[*#]/, '\\$&')
}
