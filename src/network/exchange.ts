import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http'
import { createConnections } from './connections.js'
import { readBody } from './read-body.js'
import type { Connection, Ending } from './types.js'

/** One request and how long and large its answer may be. */
export interface Exchange {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
  /** How long the connection may stay silent, in milliseconds. */
  readonly idleTimeoutMs: number
  /** The longest body of an answer that is read, in bytes. */
  readonly maxBytes: number
  /** The error for a longer one. */
  readonly tooLong: () => Error
  /** Ends the exchange with its reason. */
  readonly signal: AbortSignal
}

/** What a server answered. */
export interface Answer {
  readonly status: number
  readonly reason: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** How long connecting may take, in milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000

/**
 * How all of this action's requests are sent: through the proxies that the environment names, over connections
 * that are kept, and bounded in time and size.
 *
 * @throws (the function it gives) where the server cannot be reached, hangs up, is too slow (`ETIMEDOUT`) or sends
 * too much; whatever status it answers is no error
 */
export function createExchanger(
  env: Readonly<Record<string, string | undefined>>,
  connectTimeoutMs = CONNECT_TIMEOUT_MS
): (exchange: Exchange) => Promise<Answer> {
  const connect = createConnections(env)
  return async (exchange) => {
    const connection = await connect(exchange.url)
    exchange.signal.throwIfAborted()
    return send(exchange, connection, connectTimeoutMs)
  }
}

function send(
  exchange: Exchange,
  { request, agent }: Connection,
  connectTimeoutMs: number
): Promise<Answer> {
  const { url, method, headers, body, signal, idleTimeoutMs } = exchange
  return new Promise((resolve, reject) => {
    const ending = new AbortController()
    const options: RequestOptions & Ending = {
      method,
      headers,
      agent,
      timeout: idleTimeoutMs,
      signal: ending.signal,
      ending: ending.signal
    }
    const outgoing = request(url, options, (incoming) => {
      readBody(incoming, exchange.maxBytes, exchange.tooLong, signal).then(
        (whole) => resolve(answerOf(incoming, whole)),
        reject
      )
    })
    const giveUp = (error: Error): void => {
      reject(error)
      ending.abort(error)
    }
    const stop = (): void => giveUp(signal.reason as Error)
    signal.addEventListener('abort', stop, { once: true })
    outgoing.once('close', () => signal.removeEventListener('abort', stop))
    boundConnecting(outgoing, connectTimeoutMs, giveUp)
    outgoing.on('timeout', () => giveUp(tooSlow('was silent for', idleTimeoutMs)))
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function answerOf(incoming: IncomingMessage, body: Buffer): Answer {
  const { statusCode = 0, statusMessage = '', headers } = incoming
  return { status: statusCode, reason: statusMessage, headers, body }
}

/** A connection by way of a proxy is made before the request has its socket, so the time runs from the start. */
function boundConnecting(
  outgoing: ClientRequest,
  milliseconds: number,
  giveUp: (error: Error) => void
): void {
  const timer = setTimeout(
    () => giveUp(tooSlow('took no connection within', milliseconds)),
    milliseconds
  )
  const stop = (): void => clearTimeout(timer)
  outgoing.once('close', stop)
  outgoing.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', stop)
    else stop()
  })
}

function tooSlow(what: string, milliseconds: number): Error {
  const error = new Error(`the server ${what} ${String(milliseconds / 1000)} s`)
  return Object.assign(error, { code: 'ETIMEDOUT' })
}
