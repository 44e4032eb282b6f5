import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http'
import { createConnections } from './connections.js'
import { closedEarly, readBody } from './read-body.js'
import type { Connection, Ending } from './types.js'

/** One request and how long and large its answer may be. */
export interface Exchange {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
  /** How long the connection may stay silent, in milliseconds. */
  readonly idleTimeoutMs: number
  /** How long all of it may take, in milliseconds. */
  readonly totalTimeoutMs: number
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

/** One exchange; `ending` is what gives it up, whatever the reason. */
async function send(
  exchange: Exchange,
  connection: Connection,
  connectTimeoutMs: number
): Promise<Answer> {
  const { signal, totalTimeoutMs } = exchange
  const ending = new AbortController()
  const stop = (): void => ending.abort(signal.reason)
  const timer = setTimeout(
    () => ending.abort(tooSlow('needed more than', totalTimeoutMs)),
    totalTimeoutMs
  )
  signal.addEventListener('abort', stop)
  try {
    return await ask(exchange, connection, connectTimeoutMs, ending)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

function ask(
  { url, method, headers, body, idleTimeoutMs, maxBytes, tooLong }: Exchange,
  { request, agent }: Connection,
  connectTimeoutMs: number,
  ending: AbortController
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { signal } = ending
    const bounds: RequestOptions & Ending = { timeout: idleTimeoutMs, ending: signal }
    let isAnswered = false
    const outgoing = request(url, { method, headers, agent, ...bounds }, (incoming) => {
      isAnswered = true
      readBody(incoming, maxBytes, tooLong, signal).then((whole) => {
        resolve(answerOf(incoming, whole))
        setImmediate(hangUpUnlessSent, outgoing)
      }, reject)
    })
    signal.addEventListener('abort', () => {
      // A request that waits for a proxy has no socket yet, and tells nobody that it was destroyed.
      reject(signal.reason as Error)
      outgoing.destroy(signal.reason as Error)
    })
    boundConnecting(outgoing, connectTimeoutMs, ending)
    outgoing.on('timeout', () => ending.abort(tooSlow('was silent for', idleTimeoutMs)))
    outgoing.on('error', reject)
    outgoing.on('close', () => {
      if (!isAnswered) reject(closedEarly())
    })
    outgoing.end(body)
  })
}

/** A server that answers before it has read all, and reads no further, would keep the connection for ever. */
function hangUpUnlessSent(outgoing: ClientRequest): void {
  if (!outgoing.writableFinished) outgoing.destroy()
}

function answerOf(incoming: IncomingMessage, body: Buffer): Answer {
  const { statusCode = 0, statusMessage = '', headers } = incoming
  return { status: statusCode, reason: statusMessage, headers, body }
}

/** A connection by way of a proxy is made before the request has its socket, so the time runs from the start. */
function boundConnecting(
  outgoing: ClientRequest,
  milliseconds: number,
  ending: AbortController
): void {
  const timer = setTimeout(
    () => ending.abort(tooSlow('took no connection within', milliseconds)),
    milliseconds
  )
  const stop = (): void => clearTimeout(timer)
  ending.signal.addEventListener('abort', stop)
  outgoing.once('error', stop)
  outgoing.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', stop)
    else stop()
  })
}

function tooSlow(what: string, milliseconds: number): Error {
  const error = new Error(`the server ${what} ${String(milliseconds / 1000)} s`)
  return Object.assign(error, { code: 'ETIMEDOUT' })
}
