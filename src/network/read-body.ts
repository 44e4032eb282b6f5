import type { IncomingMessage } from 'node:http'

/**
 * The whole body of an answer.
 *
 * @param maxBytes the longest body that is read
 * @param tooLong the error for a longer one
 * @param signal ends the reading, with its reason
 * @throws where the body is too long, breaks off, or the signal comes
 */
export async function readBody(
  incoming: IncomingMessage,
  maxBytes: number,
  tooLong: () => Error,
  signal: AbortSignal
): Promise<Buffer> {
  const stop = (): void => void incoming.destroy()
  signal.addEventListener('abort', stop, { once: true })
  try {
    if (signal.aborted) stop()
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > maxBytes) throw tooLong()
      chunks.push(chunk)
    }
    signal.throwIfAborted()
    if (!incoming.complete) throw new Error('the connection was closed early')
    return Buffer.concat(chunks, bytes)
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
