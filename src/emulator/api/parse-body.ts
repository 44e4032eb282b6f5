import { Base64Decoder } from './base64-decoder.js'
import { serialization } from './parse-input.js'

/**
 * Smaller bodies are parsed at once. In larger bodies, only a blob that begins within this many
 * bytes is decoded early.
 */
const LARGE_BODY_BYTES = 65_536
const BLOB_MEMBER = Buffer.from('"layerPartBlob"')
const QUOTE = 0x22
const COLON = 0x3a
const BACKSLASH = 0x5c
const BLANKS: readonly number[] = [0x20, 0x09, 0x0a, 0x0d]

/** Options of a {@link BodyParser}. */
export interface BodyParserOptions {
  /** Maximum number of bytes that follow, or 0 if the client did not send a length. */
  readonly announced: number
  /** Returns memory of at least this size. */
  readonly allocate: (bytes: number) => Buffer
}

/**
 * Parses a JSON body chunk by chunk. A large blob is decoded while its chunks arrive, because
 * `JSON.parse` of 14 MB and a copy of the result would take most of the time of a request.
 */
export class BodyParser {
  /** The chunks without the decoded blob. */
  private readonly chunks: Buffer[] = []
  private blob: Base64Decoder | undefined
  /** The chunks after the blob. */
  private tail: Buffer[] | undefined
  private mayHaveBlob: boolean

  constructor(private readonly options: BodyParserOptions) {
    this.mayHaveBlob = options.announced >= LARGE_BODY_BYTES
  }

  /** Adds the next bytes. The caller must not change them afterwards. */
  write(chunk: Buffer): void {
    if (this.tail !== undefined) {
      this.tail.push(chunk)
    } else if (this.blob !== undefined) {
      this.writeBlob(this.blob, chunk)
    } else {
      this.chunks.push(chunk)
      if (this.mayHaveBlob) this.findBlobStart()
    }
  }

  /**
   * Returns the parsed JSON, or `{}` for an empty body. A decoded blob is a buffer.
   *
   * @throws ApiError (SerializationException) if the body is not valid JSON
   */
  finish(): unknown {
    const { blob, tail, chunks } = this
    // Otherwise the blob is a member of a nested structure, or there is a second blob.
    if (blob !== undefined && tail !== undefined && !Buffer.concat(tail).includes(BLOB_MEMBER)) {
      const rest = parseJson([...chunks, ...tail]) as { layerPartBlob?: unknown } | null
      const layerPartBlob = rest?.layerPartBlob === '' ? blob.finish() : undefined
      if (layerPartBlob !== undefined) return { ...(rest as object), layerPartBlob }
    }
    if (blob !== undefined) this.revertBlob(blob)
    return chunks.length === 0 ? {} : parseJson(chunks)
  }

  private findBlobStart(): void {
    const head = Buffer.concat(this.chunks)
    const start = findBlob(head)
    this.mayHaveBlob = start === undefined && head.length < LARGE_BODY_BYTES
    if (start === undefined) return
    this.chunks.splice(0, Infinity, head.subarray(0, start))
    this.blob = new Base64Decoder(this.options.allocate(this.options.announced))
    this.writeBlob(this.blob, head.subarray(start))
  }

  private writeBlob(blob: Base64Decoder, chunk: Buffer): void {
    const quote = chunk.indexOf(QUOTE)
    const end = quote === -1 ? chunk.length : quote
    const isBase64 = blob.write(chunk.subarray(0, end))
    if (quote !== -1) this.tail = [chunk.subarray(end)]
    if (!isBase64) this.revertBlob(blob)
  }

  /** Adds the blob back to the text, so that the JSON parser reports its error. */
  private revertBlob(blob: Base64Decoder): void {
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

/** Returns the offset of the first character of the blob. */
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
