import { parseBlob, serialization } from './parse-input.js'

/** Bodies below this are parsed as they are, in bytes. */
const LARGE_BODY_BYTES = 65_536
const BLOB_MEMBER = Buffer.from('"layerPartBlob"')
const QUOTE = 0x22
const COLON = 0x3a
const BACKSLASH = 0x5c
const BLANKS: readonly number[] = [0x20, 0x09, 0x0a, 0x0d]

/**
 * The JSON of a body; none is `{}`. The blob of a large body is decoded from its bytes at once, and
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
      return { ...(rest as object), layerPartBlob: parseBlob(body.toString('latin1', start, end)) }
    }
  }
  return parseJson(body)
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
