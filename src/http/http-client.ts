import type { IncomingHttpHeaders } from 'node:http'
import { ActionError, problem } from '../runner/errors.js'
import { createExchanger } from './exchange.js'
import { isLoopback } from './loopback.js'

/** What is asked of an HTTP server; all of it is bounded. */
export interface HttpRequest {
  readonly url: URL
  readonly method?: 'GET' | 'HEAD'
  readonly headers?: Readonly<Record<string, string>>
  /** A credential: sent to the origin of `url` alone, never to where it redirects. */
  readonly authorization?: string | undefined
  /** The longest body that is read, in bytes. */
  readonly maxBytes: number
  /** How many redirects are followed; 0 hands the first one back. */
  readonly maxRedirects?: number
  /** Ends this request alone; the client's own signal ends all of them. */
  readonly signal?: AbortSignal | undefined
}

/** What an HTTP server answered. */
export interface HttpResponse {
  /** Where the answer came from, after redirects. */
  readonly url: URL
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Sends single requests through the proxies of the environment. */
export interface HttpClient {
  /**
   * @throws ActionError where the server cannot be reached, is too slow, redirects where it must not or
   * sends more than `maxBytes`; whatever status it answers is no error
   */
  send(request: HttpRequest): Promise<HttpResponse>
}

/** How long a server may take to send anything at all, in milliseconds. */
const IDLE_TIMEOUT_MS = 30_000
/** How long one request may take in all, in milliseconds, and each redirect anew. */
const TOTAL_TIMEOUT_MS = 120_000

/** The HTTP client for everything but the API, which the SDK speaks to. Nothing is opened before the first request. */
export function createHttpClient(options: {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}): HttpClient {
  const exchange = createExchanger(options.env)
  return {
    send: (request) => {
      const signals = request.signal === undefined ? [] : [request.signal]
      return sendFollowing(request, exchange, AbortSignal.any([options.signal, ...signals]))
    }
  }
}

type Exchanger = ReturnType<typeof createExchanger>

async function sendFollowing(
  request: HttpRequest,
  exchange: Exchanger,
  signal: AbortSignal
): Promise<HttpResponse> {
  let { url } = request
  for (let redirects = request.maxRedirects ?? 0; ; redirects--) {
    const authorization = url.origin === request.url.origin ? request.authorization : undefined
    const response = await sendOnce({ ...request, url, authorization }, exchange, signal)
    const location = response.headers.location
    const isRedirect = response.status >= 300 && response.status < 400 && location !== undefined
    if (!isRedirect || request.maxRedirects === undefined || request.maxRedirects === 0)
      return response
    if (redirects <= 0) {
      throw problem({
        what: `${request.url.host} redirects in a circle or too often`,
        expected: `${String(request.maxRedirects)} redirects`
      })
    }
    url = redirectTarget(url, location)
  }
}

/** Where a redirect leads: http or https, and plain http only on the loopback and never from https. */
function redirectTarget(from: URL, location: string): URL {
  const url = URL.parse(location, from.href)
  const isAllowed =
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' && from.protocol === 'http:' && isLoopback(url.host))
  if (url === null || !isAllowed || url.username !== '' || url.password !== '') {
    throw problem({
      what: `${from.host} redirects to where this action does not go`,
      value: url === null ? location : `${url.protocol}//${url.host}`,
      expected: 'https, or plain http on the loopback'
    })
  }
  return url
}

function checkScheme({ protocol, host }: URL): void {
  if (protocol !== 'http:' || isLoopback(host)) return
  throw problem({ what: 'Plain http is used on the loopback only', value: host, expected: 'https' })
}

async function sendOnce(
  request: HttpRequest,
  exchange: Exchanger,
  signal: AbortSignal
): Promise<HttpResponse> {
  const { url, authorization, maxBytes } = request
  checkScheme(url)
  try {
    const { status, headers, body } = await exchange({
      url,
      method: request.method ?? 'GET',
      headers: { ...request.headers, ...(authorization === undefined ? {} : { authorization }) },
      idleTimeoutMs: IDLE_TIMEOUT_MS,
      totalTimeoutMs: TOTAL_TIMEOUT_MS,
      maxBytes,
      tooLong: () => sendsTooMuch(request),
      signal
    })
    return { url, status, headers, body }
  } catch (error) {
    if (error instanceof ActionError) throw error
    throw problem({ what: `No answer from ${url.host}`, value: describe(error) }, error)
  }
}

function sendsTooMuch({ url, maxBytes }: HttpRequest): ActionError {
  return problem({
    what: `${url.host} sends more than expected`,
    expected: `at most ${String(maxBytes)} bytes`
  })
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message || cause.name : String(cause)
}
