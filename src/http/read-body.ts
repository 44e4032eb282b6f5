import type { IncomingMessage } from 'node:http'

/**
 * Reads the whole body of a response.
 *
 * @param maxBytes the maximum size of the body, in bytes
 * @param tooLong creates the error for a larger body
 * @param signal aborts reading with its reason
 * @throws if the body is too large or incomplete (`ECONNRESET`), or if the signal aborts
 */
export function readBody(
  incoming: IncomingMessage,
  maxBytes: number,
  tooLong: () => Error,
  signal: AbortSignal
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const fail = (error: Error): void => {
      reject(error)
      incoming.destroy()
    }
    const abort = (): void => fail(signal.reason as Error)
    signal.addEventListener('abort', abort)
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > maxBytes) fail(tooLong())
      else chunks.push(chunk)
    })
    incoming.on('error', (cause) => reject(closedEarly(cause)))
    incoming.on('close', () => {
      signal.removeEventListener('abort', abort)
      if (incoming.complete) resolve(Buffer.concat(chunks, bytes))
      else reject(closedEarly())
    })
    if (signal.aborted) abort()
  })
}

/** Reads a streamed body to its end. @throws if it has more than `maxBytes` bytes */
export async function collectBody(
  body: AsyncIterable<Buffer>,
  maxBytes: number,
  tooLong: () => Error
): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > maxBytes) throw tooLong()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, bytes)
}

/** Returns the error for a connection that was closed early. Its code makes callers retry it as a lost connection. */
export function closedEarly(cause?: unknown): Error {
  const error = new Error('The connection was closed early', { cause })
  return Object.assign(error, { code: 'ECONNRESET' })
}
