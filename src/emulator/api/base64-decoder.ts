/** The URL-safe alphabet, which Node.js accepts as `+` and `/`. */
const URL_ALPHABET = ['-', '_']
/** Number of characters that encode three bytes. */
const GROUP = 4
/** Number of characters to decode per step. V8 treats much larger strings as long-lived objects. */
const PIECE_CHARACTERS = 65_536

/**
 * Decodes base64 (RFC 4648, section 4) chunk by chunk. Invalid input can be read back as text, so
 * that the JSON parser can report the error.
 */
export class Base64Decoder {
  private written = 0
  /**
   * Characters that are not decoded yet. This includes the last group, because only the last group
   * can be padded.
   */
  private waiting = ''

  /** @param memory at least as large as the decoded bytes */
  constructor(private readonly memory: Buffer) {}

  /**
   * @returns `false` if the characters are not valid base64. Only `text` can be used afterwards.
   */
  write(characters: Buffer): boolean {
    for (let at = 0; at < characters.length; at += PIECE_CHARACTERS) {
      const text = this.waiting + characters.toString('latin1', at, at + PIECE_CHARACTERS)
      const end = text.length - (text.length % GROUP || GROUP)
      this.waiting = text.slice(Math.max(0, end))
      if (end <= 0 || this.decode(text.slice(0, end), 0)) continue
      this.waiting = text + characters.toString('latin1', at + PIECE_CHARACTERS)
      return false
    }
    return true
  }

  /** Returns the decoded bytes, or `undefined` if the input does not end like valid base64. */
  finish(): Buffer | undefined {
    const { waiting } = this
    const padding = waiting.length - waiting.replace(/={1,2}$/, '').length
    return this.decode(waiting, padding) ? this.memory.subarray(0, this.written) : undefined
  }

  /** Returns the characters that were written before `finish`. */
  text(): Buffer {
    const text = this.memory.toString('base64', 0, this.written) + this.waiting
    return Buffer.from(text, 'latin1')
  }

  private decode(text: string, padding: number): boolean {
    if (URL_ALPHABET.some((sign) => text.includes(sign))) return false
    const bytes = this.memory.write(text, this.written, 'base64')
    if (bytes !== (text.length / GROUP) * 3 - padding) return false
    this.written += bytes
    return true
  }
}
