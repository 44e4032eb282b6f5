/** `-` and `_`, which Node.js takes for `+` and `/`. */
const URL_ALPHABET = ['-', '_']
/** Characters that are three bytes. */
const GROUP = 4
/** Characters that are decoded at once; to V8, much larger texts are no short-lived objects. */
const PIECE_CHARACTERS = 65_536

/**
 * Decodes the base64 of RFC 4648, 4 as its characters come. What turns out not to be written so can be had back
 * as it came, for whoever knows the words for what is wrong with it.
 */
export class Base64Decoder {
  private written = 0
  /** Not decoded yet: the last group at least, as only that one may be padded. */
  private waiting = ''

  /** @param memory at least as large as what is decoded */
  constructor(private readonly memory: Buffer) {}

  /** @returns `false` where these characters are no base64; from then on, only `text` is of use */
  take(characters: Buffer): boolean {
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

  /** All bytes, in the memory; `undefined` where the characters do not end as base64 does. */
  finish(): Buffer | undefined {
    const { waiting } = this
    const padding = waiting.length - waiting.replace(/={1,2}$/, '').length
    return this.decode(waiting, padding) ? this.memory.subarray(0, this.written) : undefined
  }

  /** The characters that were taken, before `finish`. */
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
