import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { closedEarly } from './read-body.js'
import { createAttempt, send, withTotalTimeout } from './request-sender.js'
import type { Limits, OpenRequest, SenderOptions } from './request-sender.js'
import { TimeoutError } from './timeout-error.js'

/** A response whose body is read while it arrives. */
export interface StreamedResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The chunks of the body. Throws if the connection breaks, is idle while a chunk is awaited, or is aborted. */
  readonly body: AsyncIterable<Buffer>
  /** Closes the connection. It must be called if the body is not read to its end. */
  close(): void
}

/** Sends one request and returns its response before its body arrives. Only the headers must arrive in the total time. */
export type ResponseOpener = (request: OpenRequest) => Promise<StreamedResponse>

/** The server has responded after this number of body bytes, or at the end of the body. A server that sends only the beginning of each body stalls. */
const PROGRESS_BYTES = 1024 * 1024

/** Creates the function that sends requests whose response is read while it arrives. */
export function createResponseOpener(
  env: Readonly<Record<string, string | undefined>>,
  options: SenderOptions = {}
): ResponseOpener {
  return createAttempt(env, options, openBounded)
}

/** Sends a request until the headers of its response arrive. */
async function openBounded(request: OpenRequest, limits: Limits): Promise<StreamedResponse> {
  const controller = new AbortController()
  const incoming = await withTotalTimeout(request, controller, () =>
    send(request, limits, controller, (response) => Promise.resolve(response))
  )
  return streamedResponse(incoming, request, controller, limits)
}

function streamedResponse(
  incoming: IncomingMessage,
  { signal, idleTimeoutMs }: OpenRequest,
  controller: AbortController,
  limits: Limits
): StreamedResponse {
  const { statusCode = 0, headers } = incoming
  const abort = (): void => controller.abort(signal.reason)
  signal.addEventListener('abort', abort)
  const close = (): void => {
    signal.removeEventListener('abort', abort)
    incoming.destroy()
  }
  // While the reader is slower than the server, an idle connection is not an error.
  incoming.socket.setTimeout(0)
  // An error before the first read must not end the process. The reader gets it.
  incoming.on('error', () => undefined)
  const body = readChunks(incoming, idleTimeoutMs, controller, limits, close)
  return { status: statusCode, headers, body, close }
}

async function* readChunks(
  incoming: IncomingMessage,
  idleTimeoutMs: number,
  controller: AbortController,
  limits: Limits,
  close: () => void
): AsyncGenerator<Buffer, void, undefined> {
  const { signal } = controller
  const chunks = incoming[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  const next = async (): Promise<IteratorResult<Buffer>> => {
    const abort = (): void => controller.abort(new TimeoutError('idle', idleTimeoutMs))
    const timer = setTimeout(abort, idleTimeoutMs)
    try {
      return await chunks.next()
    } catch (error) {
      throw limits.failed(signal.aborted ? signal.reason : closedEarly(error))
    } finally {
      clearTimeout(timer)
    }
  }
  let bytes = 0
  try {
    for (let read = await next(); read.done !== true; read = await next()) {
      bytes += read.value.length
      if (bytes >= PROGRESS_BYTES) limits.responded()
      yield read.value
    }
    if (!incoming.complete) throw closedEarly()
    limits.responded()
  } finally {
    close()
  }
}
