import { Base64Decoder } from './base64-decoder.js'
import { serialization } from './parse-input.js'

/** Bodies below this are parsed as they are; in larger ones, a blob that begins later is too. */
const LARGE_BODY_BYTES = 65_536
const BLOB_MEMBER = Buffer.from('"layerPartBlob"')
const QUOTE = 0x22
const COLON = 0x3a
const BACKSLASH = 0x5c
const BLANKS: readonly number[] = [0x20, 0x09, 0x0a, 0x0d]

/** How a body is read. */
export interface BodyParserOptions {
  /** At most so many bytes come; 0 where the client does not say how many. */
  readonly announced: number
  /** Memory for at least so many bytes. */
  readonly allocate: (bytes: number) => Buffer
}

/**
 * Reads the JSON of a body as it comes. The blob of a large one is decoded from each chunk while the processor
 * still has it at hand, and what is parsed in the end is the rest: JSON.parse of 14 MB, and a copy of them,
 * would take longer than all else together.
 */
export class BodyParser {
  /** What came, without a blob that is decoded. */
  private readonly chunks: Buffer[] = []
  private blob: Base64Decoder | undefined
  /** What came after the blob. */
  private tail: Buffer[] | undefined
  private mayHaveBlob: boolean

  constructor(private readonly options: BodyParserOptions) {
    this.mayHaveBlob = options.announced >= LARGE_BODY_BYTES
  }

  /** Takes the next bytes, which nobody may change any more. */
  take(chunk: Buffer): void {
    if (this.tail !== undefined) {
      this.tail.push(chunk)
    } else if (this.blob !== undefined) {
      this.takeBlob(this.blob, chunk)
    } else {
      this.chunks.push(chunk)
      if (this.mayHaveBlob) this.lookForBlob()
    }
  }

  /**
   * The JSON; none is `{}`. A blob that was decoded is a buffer.
   *
   * @throws ApiError (SerializationException) where it is not JSON
   */
  finish(): unknown {
    const { blob, tail, chunks } = this
    // Else it was the member of a structure within, or there is a second one of this name.
    if (blob !== undefined && tail !== undefined && !Buffer.concat(tail).includes(BLOB_MEMBER)) {
      const rest = parseJson([...chunks, ...tail]) as { layerPartBlob?: unknown } | null
      const layerPartBlob = rest?.layerPartBlob === '' ? blob.finish() : undefined
      if (layerPartBlob !== undefined) return { ...(rest as object), layerPartBlob }
    }
    if (blob !== undefined) this.giveUp(blob)
    return chunks.length === 0 ? {} : parseJson(chunks)
  }

  private lookForBlob(): void {
    const head = Buffer.concat(this.chunks)
    const start = findBlob(head)
    this.mayHaveBlob = start === undefined && head.length < LARGE_BODY_BYTES
    if (start === undefined) return
    this.chunks.splice(0, Infinity, head.subarray(0, start))
    this.blob = new Base64Decoder(this.options.allocate(this.options.announced))
    this.takeBlob(this.blob, head.subarray(start))
  }

  private takeBlob(blob: Base64Decoder, chunk: Buffer): void {
    const quote = chunk.indexOf(QUOTE)
    const end = quote === -1 ? chunk.length : quote
    const isBase64 = blob.take(chunk.subarray(0, end))
    if (quote !== -1) this.tail = [chunk.subarray(end)]
    if (!isBase64) this.giveUp(blob)
  }

  /** Has the blob parsed with the rest, which finds the words for what is wrong with it. */
  private giveUp(blob: Base64Decoder): void {
    this.chunks.push(blob.text(), ...(this.tail ?? []))
    this.blob = this.tail = undefined
  }
}

function parseJson(chunks: readonly Buffer[]): unknown {
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw serialization('Unexpected character in the request body')
  }
}

/** Where the characters of the blob begin. */
function findBlob(head: Buffer): number | undefined {
  const name = head.indexOf(BLOB_MEMBER)
  if (name === -1 || head[name - 1] === BACKSLASH) return undefined
  let at = skipBlanks(head, name + BLOB_MEMBER.length)
  if (head[at] !== COLON) return undefined
  at = skipBlanks(head, at + 1)
  return head[at] === QUOTE ? at + 1 : undefined
}

function skipBlanks(head: Buffer, from: number): number {
  let at = from
  while (BLANKS.includes(head[at] ?? 0)) at++
  return at
}
