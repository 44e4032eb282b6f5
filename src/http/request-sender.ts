import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import type { Socket } from 'node:net'
import type { IsGenuine, ReceivedResponse } from './check-sender.js'
import type { AgentSignal, Connection } from './connection-types.js'
import { connectionsOf } from './connections.js'
import { hasProxy } from './proxy.js'
import { closedEarly, readBody } from './read-body.js'
import { createStallLimit } from './stall-limit.js'
import type { StallLimit } from './stall-limit.js'
import { TimeoutError } from './timeout-error.js'

/** A body whose last bytes are sent later, so that the server cannot process the request before. */
export interface HeldBody {
  readonly bytes: Uint8Array
  /** The number of bytes, which the SDK sends as the content length. */
  readonly byteLength: number
  /** Resolves when the last bytes can be sent. Aborts the request if it rejects. */
  readonly mayEnd: Promise<unknown>
}

/** One request, with limits for the time it may take and for the size of its response. */
export interface BoundedRequest {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | HeldBody | undefined
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
  /** The default is in `checkSender`. */
  readonly isGenuine?: IsGenuine | undefined
}

/** A response with its whole body. */
export interface BufferedResponse extends ReceivedResponse {
  readonly reason: string
}

/**
 * Sends one request. A response with any status is a result, not an error.
 *
 * @throws if the server cannot be reached, closes the connection, is too slow (`ETIMEDOUT`) or sends too much
 */
export type RequestSender = (request: BoundedRequest) => Promise<BufferedResponse>

/** The limits that all requests share. */
export interface SenderOptions {
  /** How long connecting may take, in milliseconds. */
  readonly connectTimeoutMs?: number
  /**
   * The part of each host that these requests use. The stalls of each part count on their own, because the emulator serves
   * the API and the registry at one host. Defaults to the API.
   */
  readonly scope?: string
  /** The default is the limit that all requests of the process share. */
  readonly stallLimit?: StallLimit
}

const CONNECT_TIMEOUT_MS = 10_000
const PROCESS_STALL_LIMIT = createStallLimit()

type Env = Readonly<Record<string, string | undefined>>

/**
 * Creates the function that sends all requests of this action: through the proxies that the environment sets, over
 * connections that are kept alive, and with limits for time and size.
 *
 * @throws ProxyError if the response is the one of a proxy
 */
export function createRequestSender(env: Env, options: SenderOptions = {}): RequestSender {
  const attempt = createAttempt<BoundedRequest, BufferedResponse>(env, options, sendBounded)
  return async (request) => {
    const response = await attempt(request)
    await checkSenderIfProxy(response, request, env)
    return response
  }
}

/** Runs `checkSender` if the environment sets a proxy. @throws ProxyError if a proxy sent the response */
export async function checkSenderIfProxy(
  response: ReceivedResponse,
  request: Pick<BoundedRequest, 'url' | 'isGenuine'>,
  env: Env
): Promise<void> {
  if (!hasProxy(env)) return
  const { checkSender } = await import('./check-sender.js')
  checkSender(response, request, env)
}

/** The connection of one request, and the limits of its host. */
export interface Limits {
  readonly connection: Connection
  readonly connectTimeoutMs: number
  /** Records that the host has responded. */
  readonly responded: () => void
  /** Returns the error to throw instead of the error of a request. */
  readonly failed: (error: unknown) => unknown
}

/** A request whose response can have any size. */
export type OpenRequest = Omit<BoundedRequest, 'maxBytes' | 'tooLong' | 'isGenuine'>

/** Returns a function that sends a request within all limits. An error that a proxy caused names the proxy. */
export function createAttempt<Request extends OpenRequest, Response>(
  env: Env,
  {
    connectTimeoutMs = CONNECT_TIMEOUT_MS,
    scope = 'api',
    stallLimit = PROCESS_STALL_LIMIT
  }: SenderOptions,
  send: (request: Request, limits: Limits) => Promise<Response>
): (request: Request) => Promise<Response> {
  const connect = connectionsOf(env)
  return async (request) => {
    const server = `${scope} ${request.url.host}`
    try {
      const remaining = stallLimit.remainingMs(server)
      const connection = await connect(request.url)
      request.signal.throwIfAborted()
      const idleTimeoutMs = Math.min(request.idleTimeoutMs, remaining)
      return await send(
        { ...request, idleTimeoutMs },
        {
          connection,
          connectTimeoutMs: Math.min(connectTimeoutMs, remaining),
          responded: () => stallLimit.responded(server),
          failed: (error) => stallLimit.failed(server, error)
        }
      )
    } catch (thrown) {
      const error = stallLimit.failed(server, thrown)
      if (!hasProxy(env)) throw error
      const { attributeToProxy } = await import('./attribute-to-proxy.js')
      throw attributeToProxy(error, request.url, env)
    }
  }
}

/** Sends a request. One controller aborts it for all reasons: the caller's signal and the timeouts. */
async function sendBounded(request: BoundedRequest, limits: Limits): Promise<BufferedResponse> {
  const { maxBytes, tooLong } = request
  const controller = new AbortController()
  const response = await withTotalTimeout(request, controller, () =>
    send(request, limits, controller, async (incoming) =>
      responseOf(incoming, await readBody(incoming, maxBytes, tooLong, controller.signal))
    )
  )
  limits.responded()
  return response
}

/** Aborts the controller if the caller's signal aborts or the total time ends while `body` runs. */
export async function withTotalTimeout<T>(
  { signal, totalTimeoutMs }: Pick<BoundedRequest, 'signal' | 'totalTimeoutMs'>,
  controller: AbortController,
  body: () => Promise<T>
): Promise<T> {
  const abort = (): void => controller.abort(signal.reason)
  const timer = setTimeout(
    () => controller.abort(new TimeoutError('total', totalTimeoutMs)),
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

/** Sends a request. @param take reads the response */
export function send<T>(
  { url, method, headers, body, idleTimeoutMs }: OpenRequest,
  { connection: { request, agent }, connectTimeoutMs }: Limits,
  controller: AbortController,
  take: (incoming: IncomingMessage) => Promise<T>
): Promise<T> {
  return new Promise((resolve, reject) => {
    const { signal } = controller
    const options: RequestOptions & AgentSignal = { agentSignal: signal }
    let hasResponse = false
    const outgoing = request(url, { method, headers, agent, ...options }, (incoming) => {
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
    outgoing.on('error', reject)
    outgoing.on('close', () => {
      if (!hasResponse) reject(closedEarly())
    })
    const isHeld = writeBody(outgoing, body, controller)
    limitIdle(outgoing, idleTimeoutMs, isHeld, controller)
  })
}

/** The number of bytes of a held body that are sent at its end. */
const HELD_BYTES = 16

/** Writes the body. @returns a function that returns whether the end of the body is still held back */
function writeBody(
  outgoing: ClientRequest,
  body: BoundedRequest['body'],
  controller: AbortController
): () => boolean {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    outgoing.end(body)
    return () => false
  }
  let isHeld = true
  const { bytes, mayEnd } = body
  const held = Math.max(0, bytes.length - HELD_BYTES)
  outgoing.write(bytes.subarray(0, held))
  mayEnd.then(
    () => {
      isHeld = false
      outgoing.end(bytes.subarray(held))
    },
    (error: unknown) => controller.abort(error)
  )
  return () => isHeld
}

/** Closes the connection if the server responded without reading the whole request. It would remain open forever. */
function closeUnlessSent(outgoing: ClientRequest): void {
  if (!outgoing.writableFinished) outgoing.destroy()
}

function responseOf(incoming: IncomingMessage, body: Buffer): BufferedResponse {
  const { statusCode = 0, statusMessage = '', headers } = incoming
  return { status: statusCode, reason: statusMessage, headers, body }
}

/** Aborts a request that is not connected in time. A proxy connects before the request has a socket. */
function limitConnecting(
  outgoing: ClientRequest,
  timeoutMs: number,
  controller: AbortController
): void {
  let kind: TimeoutError['kind'] = 'connect'
  const timer = setTimeout(() => controller.abort(new TimeoutError(kind, timeoutMs)), timeoutMs)
  const stop = (): void => clearTimeout(timer)
  controller.signal.addEventListener('abort', stop)
  outgoing.once('error', stop)
  outgoing.once('socket', (socket: Socket & { readonly secureConnecting?: boolean }) => {
    const connected = (): void => {
      if (socket.secureConnecting !== true) {
        stop()
        return
      }
      // The TLS handshake has its own limit of the same length.
      kind = 'idle'
      timer.refresh()
      socket.once('secureConnect', stop)
    }
    if (socket.connecting) socket.once('connect', connected)
    else connected()
  })
}

/**
 * Aborts a request whose connection is idle. Node.js restarts the timeout of a socket once while a write is pending
 * (`lib/net.js`, `_onTimeout`), so the timeout of the socket is half of the limit. If no write is pending, it is started a second time.
 * A server does not respond to a body whose end is held back, so that the limit begins when the end is sent.
 */
function limitIdle(
  outgoing: ClientRequest,
  idleTimeoutMs: number,
  isHeld: () => boolean,
  controller: AbortController
): void {
  outgoing.once('socket', (socket) => {
    let bytesRead: number | undefined
    const check = (): void => {
      const isFirst = socket.bytesRead !== bytesRead && socket.writableLength === 0
      bytesRead = isHeld() ? undefined : socket.bytesRead
      if (isFirst || isHeld()) socket.setTimeout(idleTimeoutMs / 2)
      else controller.abort(new TimeoutError('idle', idleTimeoutMs))
    }
    socket.setTimeout(idleTimeoutMs / 2).on('timeout', check)
    outgoing.once('close', () => socket.off('timeout', check))
  })
}
