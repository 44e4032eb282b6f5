import { open } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { parseByteRange } from './byte-range.js'
import type { Blobs } from '../store/blobs.js'

/** Buffer size for reading a blob, in bytes. */
const READ_BYTES = 1024 * 1024

/**
 * Sends a blob or a range of it. The response to HEAD has headers only.
 *
 * @returns `false` if the blob does not exist. Nothing has been sent in that case.
 */
export async function sendBlob(
  request: IncomingMessage,
  response: ServerResponse,
  blobs: Blobs,
  digest: string,
  headers: Readonly<Record<string, string>> = {}
): Promise<boolean> {
  // An open file can be read to its end even if it is deleted in the meantime.
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

/**
 * Writes the status and headers.
 *
 * @returns the first and last byte to send. The range is empty if `last` is less than `first`.
 */
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
