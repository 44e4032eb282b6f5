import { parseBlob, serialization } from './parse-input.js'

/** Bodies below this are parsed as they are, in bytes. */
const LARGE_BODY_BYTES = 65_536
const BLOB_MEMBER = Buffer.from('"layerPartBlob"')
/** A whole number of groups of four. */
const PIECE_CHARACTERS = 65_536
/** `-` and `_`, which Node.js takes for `+` and `/`. */
const URL_ALPHABET = [0x2d, 0x5f]
const QUOTE = 0x22
const COLON = 0x3a
const BACKSLASH = 0x5c
const BLANKS: readonly number[] = [0x20, 0x09, 0x0a, 0x0d]

/**
 * The JSON of a body; none is `{}`. Overwrites the body. The blob of a large body is decoded from its bytes at once, and
 * what is then parsed is the rest: JSON.parse of 14 MB would take longer than all else together.
 *
 * @throws ApiError (SerializationException) where it is not JSON
 */
export function parseBody(body: Buffer): unknown {
  if (body.length === 0) return {}
  const blob = body.length < LARGE_BODY_BYTES ? undefined : findBlob(body)
  if (blob !== undefined) {
    const { start, end } = blob
    const rest = parseJson(Buffer.concat([body.subarray(0, start), body.subarray(end)]))
    // Else it was the member of a structure within, or a second one of this name.
    if ((rest as { layerPartBlob?: unknown } | null)?.layerPartBlob === '') {
      return { ...(rest as object), layerPartBlob: decodeInPlace(body, start, end) }
    }
  }
  return parseJson(body)
}

/**
 * Decodes base64 to where it stands, a piece at a time: a text of 14 MB and a second buffer would cost
 * more than the decoding.
 *
 * @throws ApiError (SerializationException) where it is no base64
 */
function decodeInPlace(body: Buffer, start: number, end: number): Buffer {
  const encoded = body.subarray(start, end)
  const isStandard =
    encoded.length % 4 === 0 && !URL_ALPHABET.some((sign) => encoded.includes(sign))
  // The slow way finds the words for what is wrong.
  if (!isStandard) return parseBlob(encoded.toString('latin1'))
  let written = 0
  for (let at = 0; at < encoded.length; at += PIECE_CHARACTERS) {
    const piece = encoded.toString('latin1', at, at + PIECE_CHARACTERS)
    const isLast = at + PIECE_CHARACTERS >= encoded.length
    const padding = isLast ? piece.length - piece.replace(/={1,2}$/, '').length : 0
    const bytes = encoded.write(piece, written, 'base64')
    if (bytes !== (piece.length / 4) * 3 - padding) {
      throw serialization('Invalid Base64 character found')
    }
    written += bytes
  }
  return encoded.subarray(0, written)
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    throw serialization('Unexpected character in the request body')
  }
}

/** Where the characters of the blob are, if they are written without escapes. */
function findBlob(body: Buffer): { start: number; end: number } | undefined {
  const name = body.indexOf(BLOB_MEMBER)
  if (name === -1 || body[name - 1] === BACKSLASH) return undefined
  let at = skipBlanks(body, name + BLOB_MEMBER.length)
  if (body[at] !== COLON) return undefined
  at = skipBlanks(body, at + 1)
  if (body[at] !== QUOTE) return undefined
  const start = at + 1
  const end = body.indexOf(QUOTE, start)
  if (end === -1 || body.subarray(start, end).includes(BACKSLASH)) return undefined
  return body.includes(BLOB_MEMBER, end) ? undefined : { start, end }
}

function skipBlanks(body: Buffer, from: number): number {
  let at = from
  while (BLANKS.includes(body[at] ?? 0)) at++
  return at
}
