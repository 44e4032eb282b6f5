/** Bytes that are not UTF-8 text. The message is a sentence about the file. */
export class UndecodableText extends Error {
  override readonly name = 'UndecodableText'
}

/**
 * Decodes UTF-8 text, without its byte order mark and with line feeds as line endings. Line endings depend on git's
 * `core.autocrlf` on each machine, so they must not make a difference.
 *
 * @throws UndecodableText if the bytes are not UTF-8 or contain NUL characters
 */
export function decodeText(bytes: Uint8Array): string {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new UndecodableText(describeEncoding(bytes), { cause: error })
  }
  if (text.includes('\0')) throw new UndecodableText('The file contains NUL characters.')
  return text.replace(/\r\n?/g, '\n')
}

function describeEncoding(bytes: Uint8Array): string {
  const [first, second] = bytes
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
  return isUtf16
    ? 'The file is encoded in UTF-16.'
    : `The file is not valid UTF-8 at byte ${offsetOfBadByte(bytes)}.`
}

/** Returns the offset of the first byte that makes the bytes invalid, by binary search. */
function offsetOfBadByte(bytes: Uint8Array): number {
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
    // With `stream`, an incomplete character at the end is valid.
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
    return true
  } catch {
    return false
  }
}

/**
 * Removes the YAML front matter: the lines between `---` on the first line and the next `---`. A first line `---` that
 * is not followed by YAML is a thematic break and is kept.
 */
export function withoutFrontMatter(text: string): string {
  const match = /^---[ \t]*\n((?:.*\n)*?)(?:---|\.\.\.)[ \t]*(?:\n|$)/.exec(text)
  const yaml = match?.[1]
  if (match === null || yaml === undefined) return text
  const lines = yaml.split('\n').filter((line) => line.trim() !== '')
  const isYaml = /^\S/.test(yaml) && lines.every((line) => YAML_LINE.test(line))
  return isYaml || yaml === '' ? text.slice(match[0].length) : text
}

/** A key, a comment, a list item, or the continuation of the previous line. */
const YAML_LINE =
  /^(?:#|\s|- |-$|[}\]]|(?:(?:"[^"]*"|'[^']*')\s*|[\p{L}\p{M}\p{N}_$@./\s-]+):(?:\s|$))/u
