import type { IncomingMessage } from 'node:http'

/**
 * The whole body of an answer.
 *
 * @param maxBytes the longest body that is read
 * @param tooLong the error for a longer one
 * @param signal ends the reading, with its reason
 * @throws where the body is too long, breaks off (`ECONNRESET`), or the signal comes
 */
export async function readBody(
  incoming: IncomingMessage,
  maxBytes: number,
  tooLong: () => Error,
  signal: AbortSignal
): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  const stop = (): void => void incoming.destroy()
  signal.addEventListener('abort', stop, { once: true })
  try {
    if (signal.aborted) stop()
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > maxBytes) break
      chunks.push(chunk)
    }
  } catch (error) {
    signal.throwIfAborted()
    throw closedEarly(error)
  } finally {
    signal.removeEventListener('abort', stop)
  }
  signal.throwIfAborted()
  if (bytes > maxBytes) throw tooLong()
  if (!incoming.complete) throw closedEarly()
  return Buffer.concat(chunks, bytes)
}

/** Told and tried again as a connection that was lost is, wherever in the answer that was. */
function closedEarly(cause?: unknown): Error {
  const error = new Error('The connection was closed early', { cause })
  return Object.assign(error, { code: 'ECONNRESET' })
}
