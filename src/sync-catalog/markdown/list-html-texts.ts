import type { Range } from './edits.js'

/** A comment, an element whose content is not text, or a tag. An incomplete one extends to the end. */
const NOT_TEXT =
  /<!--[^]*?(?:-->|$)|<(script|style|textarea|title)\b[^]*?(?:<\/\1\s*>|$)|<[/a-z!?](?:"[^"]*"|'[^']*'|[^'">])*(?:>|$)/gi

/** Returns the ranges of an HTML text that a browser shows as text, in order. */
export function listHtmlTexts(html: string): Range[] {
  const texts: Range[] = []
  let at = 0
  for (const { index, 0: found } of html.matchAll(NOT_TEXT)) {
    if (index > at) texts.push({ start: at, end: index })
    at = index + found.length
  }
  if (at < html.length) texts.push({ start: at, end: html.length })
  return texts
}

/** Returns the ranges of the comments in an HTML text, in order. */
export function listHtmlComments(html: string): Range[] {
  return Array.from(html.matchAll(NOT_TEXT))
    .filter(({ 0: found }) => found.startsWith('<!--'))
    .map(({ index, 0: found }) => ({ start: index, end: index + found.length }))
}
