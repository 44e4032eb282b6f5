/** Why bytes are no text that can be used; said of the file that they are from. */
export class UndecodableText extends Error {
  override readonly name = 'UndecodableText'
}

/**
 * The text of a file: UTF-8, its byte order mark taken off and its line ends made line feeds, since those
 * are git's matter on each machine (`core.autocrlf`) and no change to publish.
 *
 * @throws UndecodableText where the bytes are no UTF-8, or no text at all
 */
export function decodeText(bytes: Uint8Array): string {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new UndecodableText(describeEncoding(bytes), { cause: error })
  }
  if (text.includes('\0')) throw new UndecodableText('it holds NUL characters, so it is no text')
  return text.replace(/\r\n?/g, '\n')
}

function describeEncoding(bytes: Uint8Array): string {
  const [first, second] = bytes
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
  return isUtf16 ? 'it is UTF-16' : `it stops being UTF-8 at byte ${findBadByte(bytes)}`
}

/** The offset of the first byte that cannot stand where it stands in UTF-8. */
function findBadByte(bytes: Uint8Array): number {
  let [good, bad] = [0, bytes.length]
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (isPrefixOfUtf8(bytes.subarray(0, middle))) good = middle
    else bad = middle
  }
  return good
}

function isPrefixOfUtf8(bytes: Uint8Array): boolean {
  try {
    // A stream may go on, so that a character that is cut off at the end is no fault yet.
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
    return true
  } catch {
    return false
  }
}

/**
 * The text without its YAML front matter: the lines between `---` on the first line and the next `---`.
 * A thematic break that opens a text is none: what follows it is blank or prose, no YAML.
 */
export function withoutFrontMatter(text: string): string {
  const match = /^---[ \t]*\n((?:.*\n)*?)(?:---|\.\.\.)[ \t]*(?:\n|$)/.exec(text)
  const yaml = match?.[1]
  if (match === null || yaml === undefined) return text
  const lines = yaml.split('\n').filter((line) => line.trim() !== '')
  const isYaml = /^\S/.test(yaml) && lines.every((line) => YAML_LINE.test(line))
  return isYaml || yaml === '' ? text.slice(match[0].length) : text
}

/** A key, a comment, a list item, or something that belongs to the line before. */
const YAML_LINE = /^(?:#|\s|- |-$|[}\]]|["']?[\w$@./ -]+["']?\s*:(?:\s|$))/
