import type { Range } from './edits.js'

/**
 * Returns the ranges of the URLs in the value of a `srcset` attribute. A URL ends at white space or at its last commas;
 * commas in parentheses do not separate (https://html.spec.whatwg.org/multipage/images.html#parsing-a-srcset-attribute).
 */
export function listSrcsetUrls(value: string): Range[] {
  const urls: Range[] = []
  let at = 0
  while (at < value.length) {
    at += lengthOf(/^[\s,]+/, value, at)
    const length = lengthOf(/^\S+/, value, at)
    if (length === 0) break
    const commas = /,+$/.exec(value.slice(at, at + length))?.[0].length ?? 0
    urls.push({ start: at, end: at + length - commas })
    at += length
    if (commas === 0) at += lengthOf(/^(?:\([^)]*\)?|[^,(])*/, value, at)
  }
  return urls
}

function lengthOf(pattern: RegExp, text: string, from: number): number {
  return pattern.exec(text.slice(from))?.[0].length ?? 0
}
