import type { IncomingMessage } from 'node:http'

/**
 * The whole body of a request; `undefined` where it is longer than `maxBytes`, and the rest of it is
 * then read and dropped, so that the client sees the answer.
 */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number
): Promise<Buffer | undefined> {
  const announced = Number(request.headers['content-length'] ?? NaN)
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length <= maxBytes && !(announced > maxBytes)) chunks.push(chunk)
    else chunks.length = 0
  }
  return length > maxBytes ? undefined : Buffer.concat(chunks, length)
}
