import type { IncomingMessage } from 'node:http'

/**
 * The whole body of a request; `undefined` where it is longer than `maxBytes`, and the rest of it is then
 * read and dropped, so that the client sees the answer.
 *
 * @param allocate memory for at least so many bytes; memory of its own where it is left out
 */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
  allocate = (bytes: number): Buffer => Buffer.allocUnsafeSlow(bytes)
): Promise<Buffer | undefined> {
  const announced = Number(request.headers['content-length'] ?? NaN)
  // The parser delivers no more than was announced.
  const whole = announced <= maxBytes ? allocate(announced) : undefined
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (whole !== undefined) chunk.copy(whole, length)
    else if (length + chunk.length <= maxBytes) chunks.push(chunk)
    else chunks.length = 0
    length += chunk.length
  }
  if (length > maxBytes) return undefined
  return whole?.subarray(0, length) ?? Buffer.concat(chunks, length)
}
