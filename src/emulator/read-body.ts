import type { IncomingMessage } from 'node:http'

/**
 * Reads the body of a request. The rest of a body that is too long is read and discarded, so that
 * the client receives the response.
 *
 * @param onChunk called for each chunk until the limit is exceeded
 * @returns the length in bytes, or `undefined` if it exceeds `maxBytes`
 */
export async function readChunks(
  request: IncomingMessage,
  maxBytes: number,
  onChunk: (chunk: Buffer) => void
): Promise<number | undefined> {
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length <= maxBytes) onChunk(chunk)
  }
  return length <= maxBytes ? length : undefined
}

/** Returns the body of a request, or `undefined` if it is longer than `maxBytes`. */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  const length = await readChunks(request, maxBytes, (chunk) => chunks.push(chunk))
  return length === undefined ? undefined : Buffer.concat(chunks, length)
}
