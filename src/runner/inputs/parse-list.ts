/**
 * Returns the items of a list input: one item per line, and commas also separate items. Blank lines and lines that
 * begin with `#` are skipped. A comma inside a `/regular expression/` or in braces (`v{1,2}.*`) belongs to the item.
 */
export function parseList(text: string): string[] {
  return text
    .split(/\r\n|\n|\r/)
    .filter((line) => !line.trimStart().startsWith('#'))
    .flatMap((line) => splitAtCommas(line))
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

/**
 * Returns the headings of a list of headings: one per line, with or without `#` characters before it. Commas belong to
 * the heading. Lines without a letter, digit or symbol are skipped.
 */
export function parseHeadings(text: string): string[] {
  return text
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim().replace(/^#+\s*/, ''))
    .filter((heading) => /[\p{L}\p{N}\p{S}]/u.test(heading))
}

function splitAtCommas(line: string): string[] {
  const items: string[] = []
  let item = ''
  let braces = 0
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at)
    if (item.trim() === '' && character === '/') {
      const end = findEndOfRegularExpression(line, at)
      if (end !== undefined) {
        item += line.slice(at, end)
        at = end - 1
        continue
      }
    }
    if (character === '{') braces++
    if (character === '}') braces = Math.max(0, braces - 1)
    if (character === ',' && !(braces > 0 && line.includes('}', at))) {
      items.push(item)
      item = ''
      braces = 0
      continue
    }
    item += character
  }
  items.push(item)
  return items
}

/** Returns the end of the regular expression that begins at `start`, or `undefined` if there is none. */
function findEndOfRegularExpression(line: string, start: number): number | undefined {
  const match = /^\/(?:[^\\/]|\\.)+\/[a-z]*(?=\s*(?:,|$))/.exec(line.slice(start))
  return match === null ? undefined : start + match[0].length
}
