import type { IncomingMessage } from 'node:http'

/**
 * Reads the body of a request. Where it is longer than `maxBytes`, the rest of it is read and dropped, so
 * that the client sees the answer.
 *
 * @param take is called with each chunk until there is one too many
 * @returns how many bytes it has; `undefined` where that is too many
 */
export async function takeBody(
  request: IncomingMessage,
  maxBytes: number,
  take: (chunk: Buffer) => void
): Promise<number | undefined> {
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length <= maxBytes) take(chunk)
  }
  return length <= maxBytes ? length : undefined
}

/** The whole body of a request; `undefined` where it is longer than `maxBytes`. */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  const length = await takeBody(request, maxBytes, (chunk) => chunks.push(chunk))
  return length === undefined ? undefined : Buffer.concat(chunks, length)
}
