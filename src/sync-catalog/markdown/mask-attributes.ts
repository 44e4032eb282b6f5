import type { Root } from 'mdast'
import { rangeOf } from './edits.js'
import { walk } from './walk.js'

/** A start tag with attributes, by the grammar of CommonMark (https://spec.commonmark.org/0.31.2/#raw-html). */
const OPEN_TAG =
  /<[a-z][a-z\d-]*(?:\s+[a-z_:][\w.:-]*(?:\s*=\s*(?:[^\s"'=<>`]+|'[^']*'|"[^"]*"))?)+\s*\/?>/gi

/** An attribute. The last group is its value if it is not quoted. */
const ATTRIBUTE = /(\s[a-z_:][\w.:-]*\s*=\s*)(?:'[^']*'|"[^"]*"|([^\s"'=<>`]+))/gi

/** Replaces a slash while a text is parsed. Texts do not contain noncharacters of Unicode. */
const MASK = '\ufdd0'

/**
 * Replaces the slashes in unquoted attribute values by a mask of the same length. micromark does not accept them and
 * reads `<img src=docs/logo.png>` as text, but CommonMark and GitHub accept it as a tag.
 *
 * @param root the tree of the text, which shows the text outside of code
 */
export function maskAttributeSlashes(text: string, root: Root): string {
  if (!/=\s*[^\s"'=<>`]*\//.test(text) || text.includes(MASK)) return text
  const tags = new Map(Array.from(text.matchAll(OPEN_TAG), (match) => [match.index, match[0]]))
  let masked = text
  walk(root, (node) => {
    if (node.type !== 'text') return undefined
    const { start, end } = rangeOf(node)
    for (let at = text.indexOf('<', start); at !== -1 && at < end; at = text.indexOf('<', at + 1)) {
      const tag = tags.get(at)
      const isEscaped = /(?:^|[^\\])(?:\\\\)*\\$/.test(text.slice(Math.max(start, at - 20), at))
      if (tag === undefined || isEscaped) continue
      masked = masked.slice(0, at) + maskTag(tag) + masked.slice(at + tag.length)
    }
    return undefined
  })
  return masked
}

function maskTag(tag: string): string {
  return tag.replace(ATTRIBUTE, (attribute: string, name: string, value: string | undefined) =>
    value === undefined ? attribute : name + value.replaceAll('/', MASK)
  )
}

/** Puts the slashes back into the tree of a masked text, and returns the tree. */
export function unmask(root: Root): Root {
  walk(root, (node) => {
    if ('value' in node) node.value = node.value.replaceAll(MASK, '/')
    if ('url' in node) node.url = node.url.replaceAll(MASK, '/')
    return undefined
  })
  return root
}
