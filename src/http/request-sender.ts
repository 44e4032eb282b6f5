import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http'
import { ActionError, codeOf, messageOf } from '../runner/errors.js'
import type { AgentSignal, Connection } from './connection-types.js'
import { createConnections } from './connections.js'
import { findProxy, hasProxy } from './proxy.js'
import { closedEarly, readBody } from './read-body.js'

/** One request, with limits for the time it may take and for the size of its response. */
export interface BoundedRequest {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
  /** How long the connection may be idle, in milliseconds. */
  readonly idleTimeoutMs: number
  /** How long the whole request may take, in milliseconds. */
  readonly totalTimeoutMs: number
  /** The maximum size of the response body, in bytes. */
  readonly maxBytes: number
  /** Creates the error for a larger body. */
  readonly tooLong: () => Error
  /** Aborts the request with the reason of the signal. */
  readonly signal: AbortSignal
}

/** A response with its whole body. */
export interface BufferedResponse {
  readonly status: number
  readonly reason: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/**
 * Sends one request. A response with any status is a result, not an error.
 *
 * @throws if the server cannot be reached, closes the connection, is too slow (`ETIMEDOUT`) or sends too much
 */
export type RequestSender = (request: BoundedRequest) => Promise<BufferedResponse>

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
export type ResponseOpener = (
  request: Omit<BoundedRequest, 'maxBytes' | 'tooLong'>
) => Promise<StreamedResponse>

/** How long connecting may take, in milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000

/**
 * Creates the function that sends all requests of this action: through the proxies that the environment sets, over
 * connections that are kept alive, and with limits for time and size.
 */
export function createRequestSender(
  env: Readonly<Record<string, string | undefined>>,
  connectTimeoutMs = CONNECT_TIMEOUT_MS
): RequestSender {
  const connect = createConnections(env)
  return async (request) => {
    const connection = await connect(request.url)
    request.signal.throwIfAborted()
    try {
      return await sendBounded(request, connection, connectTimeoutMs)
    } catch (error) {
      throw hasProxy(env) ? await attributeToProxy(error, request.url, env) : error
    }
  }
}

/** Returns an error that names the proxy if the proxy closed the connection. The agent reports all other errors. */
async function attributeToProxy(
  error: unknown,
  url: URL,
  env: Readonly<Record<string, string | undefined>>
): Promise<unknown> {
  const isClosed = codeOf(error) === 'ECONNRESET' && !(error instanceof ActionError)
  // After the TLS handshake, only the server can have closed a tunnel in an orderly way.
  const isProxyPeer = url.protocol === 'http:' || messageOf(error).includes('before secure TLS')
  const proxy = isClosed && isProxyPeer ? findProxy(url, env) : undefined
  if (proxy === undefined) return error
  const { proxyFailure } = await import('./proxy-error.js')
  return proxyFailure(proxy, url.host, error)
}

/** Creates the function that sends requests whose response is read while it arrives. */
export function createResponseOpener(
  env: Readonly<Record<string, string | undefined>>,
  connectTimeoutMs = CONNECT_TIMEOUT_MS
): ResponseOpener {
  const connect = createConnections(env)
  return async (request) => {
    const connection = await connect(request.url)
    request.signal.throwIfAborted()
    const controller = new AbortController()
    const incoming = await withTotalTimeout(request, controller, () =>
      send(request, connection, connectTimeoutMs, controller, (response) =>
        Promise.resolve(response)
      )
    )
    return streamedResponse(incoming, request, controller)
  }
}

/** Sends a request. One controller aborts it for all reasons: the caller's signal and the timeouts. */
async function sendBounded(
  request: BoundedRequest,
  connection: Connection,
  connectTimeoutMs: number
): Promise<BufferedResponse> {
  const { maxBytes, tooLong } = request
  const controller = new AbortController()
  return withTotalTimeout(request, controller, () =>
    send(request, connection, connectTimeoutMs, controller, async (incoming) =>
      responseOf(incoming, await readBody(incoming, maxBytes, tooLong, controller.signal))
    )
  )
}

/** Aborts the controller if the caller's signal aborts or the total time ends while `body` runs. */
async function withTotalTimeout<T>(
  { signal, totalTimeoutMs }: Pick<BoundedRequest, 'signal' | 'totalTimeoutMs'>,
  controller: AbortController,
  body: () => Promise<T>
): Promise<T> {
  const abort = (): void => controller.abort(signal.reason)
  const timer = setTimeout(
    () => controller.abort(timeoutError('The request took longer than', totalTimeoutMs)),
    totalTimeoutMs
  )
  signal.addEventListener('abort', abort)
  try {
    return await body()
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

/** @param take reads the response */
function send<T>(
  { url, method, headers, body, idleTimeoutMs }: Omit<BoundedRequest, 'maxBytes' | 'tooLong'>,
  { request, agent }: Connection,
  connectTimeoutMs: number,
  controller: AbortController,
  take: (incoming: IncomingMessage) => Promise<T>
): Promise<T> {
  return new Promise((resolve, reject) => {
    const { signal } = controller
    const limits: RequestOptions & AgentSignal = { timeout: idleTimeoutMs, agentSignal: signal }
    let hasResponse = false
    const outgoing = request(url, { method, headers, agent, ...limits }, (incoming) => {
      hasResponse = true
      take(incoming).then((taken) => {
        resolve(taken)
        setImmediate(closeUnlessSent, outgoing)
      }, reject)
    })
    signal.addEventListener('abort', () => {
      // A request that waits for a proxy does not have a socket yet, so `destroy` emits no event.
      reject(signal.reason as Error)
      outgoing.destroy(signal.reason as Error)
    })
    limitConnecting(outgoing, connectTimeoutMs, controller)
    outgoing.on('timeout', () =>
      controller.abort(timeoutError('The server sent nothing for', idleTimeoutMs))
    )
    outgoing.on('error', reject)
    outgoing.on('close', () => {
      if (!hasResponse) reject(closedEarly())
    })
    outgoing.end(body)
  })
}

/** Closes the connection if the server responded without reading the whole request. It would remain open forever. */
function closeUnlessSent(outgoing: ClientRequest): void {
  if (!outgoing.writableFinished) outgoing.destroy()
}

function responseOf(incoming: IncomingMessage, body: Buffer): BufferedResponse {
  const { statusCode = 0, statusMessage = '', headers } = incoming
  return { status: statusCode, reason: statusMessage, headers, body }
}

function streamedResponse(
  incoming: IncomingMessage,
  { signal, idleTimeoutMs }: Pick<BoundedRequest, 'signal' | 'idleTimeoutMs'>,
  controller: AbortController
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
  const body = readChunks(incoming, idleTimeoutMs, controller, close)
  return { status: statusCode, headers, body, close }
}

async function* readChunks(
  incoming: IncomingMessage,
  idleTimeoutMs: number,
  controller: AbortController,
  close: () => void
): AsyncGenerator<Buffer, void, undefined> {
  const idle = timeoutError('The server sent nothing for', idleTimeoutMs)
  const chunks = incoming[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  const next = async (): Promise<IteratorResult<Buffer>> => {
    const timer = setTimeout(() => controller.abort(idle), idleTimeoutMs)
    try {
      return await chunks.next()
    } catch (error) {
      throw controller.signal.aborted ? controller.signal.reason : closedEarly(error)
    } finally {
      clearTimeout(timer)
    }
  }
  try {
    for (let read = await next(); read.done !== true; read = await next()) yield read.value
    if (!incoming.complete) throw closedEarly()
  } finally {
    close()
  }
}

/** Aborts a request that is not connected in time. A proxy connects before the request has a socket. */
function limitConnecting(
  outgoing: ClientRequest,
  timeoutMs: number,
  controller: AbortController
): void {
  const timer = setTimeout(
    () =>
      controller.abort(timeoutError('The server did not accept a connection within', timeoutMs)),
    timeoutMs
  )
  const stop = (): void => clearTimeout(timer)
  controller.signal.addEventListener('abort', stop)
  outgoing.once('error', stop)
  outgoing.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', stop)
    else stop()
  })
}

function timeoutError(what: string, milliseconds: number): Error {
  const error = new Error(`${what} ${String(milliseconds / 1000)} s`)
  return Object.assign(error, { code: 'ETIMEDOUT' })
}
