import { open } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { parseByteRange } from './byte-range.js'
import type { Blobs } from '../store/blobs.js'

/** Read ahead of the socket, in bytes: larger reads cost memory, smaller ones time. */
const READ_BYTES = 1024 * 1024

/**
 * Sends a blob from its file, or the range of it that is asked for; the head only for HEAD.
 *
 * @returns `false`, with nothing sent, where there is no such blob
 */
export async function sendBlob(
  request: IncomingMessage,
  response: ServerResponse,
  blobs: Blobs,
  digest: string,
  headers: Readonly<Record<string, string>> = {}
): Promise<boolean> {
  // Opened before the answer starts: a file that is deleted meanwhile is still read to its end.
  const file = await open(blobs.path(digest)).catch(() => undefined)
  if (file === undefined) return false
  try {
    const { size } = await file.stat()
    const range = parseByteRange(request.headers.range, size)
    const [first, last] = writeHead(response, range, size, { etag: `"${digest}"`, ...headers })
    if (request.method === 'HEAD' || last < first) {
      response.end()
      return true
    }
    const stream = file.createReadStream({
      start: first,
      end: last,
      highWaterMark: READ_BYTES,
      autoClose: false
    })
    await pipeline(stream, response)
    return true
  } finally {
    await file.close()
  }
}

/** Writes status and headers. @returns the first and the last byte to send; none where they cross */
function writeHead(
  response: ServerResponse,
  range: ReturnType<typeof parseByteRange>,
  size: number,
  headers: Readonly<Record<string, string>>
): [first: number, last: number] {
  const common = {
    'content-type': 'application/octet-stream',
    'accept-ranges': 'bytes',
    ...headers
  }
  if (range.kind === 'unsatisfiable') {
    response.writeHead(416, { ...common, 'content-range': `bytes */${size}` })
    return [0, -1]
  }
  const isPart = range.kind === 'part'
  const [first, last] = isPart ? [range.first, range.last] : [0, size - 1]
  response.writeHead(isPart ? 206 : 200, {
    ...common,
    'content-length': last - first + 1,
    ...(isPart ? { 'content-range': `bytes ${first}-${last}/${size}` } : {})
  })
  return [first, last]
}
