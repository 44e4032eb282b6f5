import type { IncomingMessage } from 'node:http'

/**
 * The whole body of an answer.
 *
 * @param maxBytes the longest body that is read
 * @param tooLong the error for a longer one
 * @param signal ends the reading, with its reason
 * @throws where the body is too long, breaks off (`ECONNRESET`), or the signal comes
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
    const giveUp = (error: Error): void => {
      reject(error)
      incoming.destroy()
    }
    const stop = (): void => giveUp(signal.reason as Error)
    signal.addEventListener('abort', stop)
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > maxBytes) giveUp(tooLong())
      else chunks.push(chunk)
    })
    incoming.on('error', (cause) => reject(closedEarly(cause)))
    incoming.on('close', () => {
      signal.removeEventListener('abort', stop)
      if (incoming.complete) resolve(Buffer.concat(chunks, bytes))
      else reject(closedEarly())
    })
    if (signal.aborted) stop()
  })
}

/** Told and tried again as a connection that was lost is, wherever in the answer that was. */
export function closedEarly(cause?: unknown): Error {
  const error = new Error('The connection was closed early', { cause })
  return Object.assign(error, { code: 'ECONNRESET' })
}
