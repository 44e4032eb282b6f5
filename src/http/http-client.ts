import type { IncomingHttpHeaders } from 'node:http'
import { ActionError, problem } from '../runner/errors.js'
import { isLoopback } from './loopback.js'
import { collectBody } from './read-body.js'
import { checkSenderIfProxy, createRequestSender } from './request-sender.js'
import type { OpenRequest, RequestSender, SenderOptions } from './request-sender.js'
import { createResponseOpener } from './response-opener.js'
import type { ResponseOpener } from './response-opener.js'

/** A request with limits for the size of the response and the number of redirects. */
export interface HttpRequest {
  readonly url: URL
  readonly method?: 'GET' | 'HEAD'
  readonly headers?: Readonly<Record<string, string>>
  /** A credential. It is sent to the origin of `url` only, not to the target of a redirect on another origin. */
  readonly authorization?: string | undefined
  /** The maximum size of the response body, in bytes. */
  readonly maxBytes: number
  /** The maximum number of redirects to follow. With 0, the first redirect is returned as the response. */
  readonly maxRedirects?: number
  /** Aborts this request only. The signal of the client aborts all requests. */
  readonly signal?: AbortSignal | undefined
}

/** The response of an HTTP server. */
export interface HttpResponse {
  /** The URL that sent the response, after redirects. */
  readonly url: URL
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** A response whose body is a stream if its status is 200 or 206. Otherwise, `body` is the whole body. */
export interface HttpStream extends HttpResponse {
  /** Throws if the connection breaks. It must be read to its end or closed with `return`. */
  readonly stream: AsyncIterable<Buffer>
}

/** Sends requests through the proxies that the environment sets. */
export interface HttpClient {
  /**
   * Sends a request. A response with any status is a result, not an error.
   *
   * @throws ActionError if the server cannot be reached, is too slow, redirects to a forbidden target or sends more
   * than `maxBytes`
   */
  send(request: HttpRequest): Promise<HttpResponse>
  /** Sends a request and returns a successful response before its body arrives. `maxBytes` is for other responses. */
  open(request: HttpRequest): Promise<HttpStream>
}

type Env = Readonly<Record<string, string | undefined>>

/** How long a connection may be idle, in milliseconds. */
const IDLE_TIMEOUT_MS = 30_000
/** How long one request may take, in milliseconds. Each redirect is a new request. */
const TOTAL_TIMEOUT_MS = 120_000

/** Creates the HTTP client for all requests except the API calls, which the SDK sends. */
export function createHttpClient(
  { env, signal: runSignal }: Readonly<{ env: Env; signal: AbortSignal }>,
  options: SenderOptions = {}
): HttpClient {
  const sendRequest = createRequestSender(env, options)
  const openResponse = createResponseOpener(env, options)
  const signalOf = ({ signal }: HttpRequest): AbortSignal =>
    signal === undefined ? runSignal : AbortSignal.any([runSignal, signal])
  return {
    send: (request) =>
      sendFollowing(request, (each) => sendOnce(each, sendRequest, signalOf(request))),
    open: (request) =>
      sendFollowing(request, (each) => openOnce(each, openResponse, signalOf(request), env))
  }
}

async function sendFollowing<Response extends HttpResponse>(
  request: HttpRequest,
  sendOne: (request: HttpRequest) => Promise<Response>
): Promise<Response> {
  const { maxRedirects } = request
  let { url } = request
  for (let redirects = maxRedirects ?? 0; ; redirects--) {
    const authorization = url.origin === request.url.origin ? request.authorization : undefined
    const response = await sendOne({ ...request, url, authorization })
    const location = response.headers.location
    const isRedirect = response.status >= 300 && response.status < 400 && location !== undefined
    if (!isRedirect || maxRedirects === undefined || maxRedirects === 0) return response
    if (redirects <= 0) {
      throw problem({
        what: `${request.url.host} redirects too often`,
        expected: `At most ${String(maxRedirects)} redirects are followed.`
      })
    }
    url = redirectTarget(url, location)
  }
}

/** Returns the target of a redirect: https, or http from http to the loopback interface. */
function redirectTarget(from: URL, location: string): URL {
  const url = URL.parse(location, from.href)
  const isAllowed =
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' && from.protocol === 'http:' && isLoopback(url.host))
  if (url === null || !isAllowed || url.username !== '' || url.password !== '') {
    throw problem({
      what: `${from.host} redirects to a URL that is not allowed`,
      value: url === null ? location : `${url.protocol}//${url.host}`,
      expected:
        'A redirect must lead to an https URL without a user name and password. HTTP without TLS is allowed on the loopback interface only.'
    })
  }
  return url
}

function checkScheme({ protocol, host }: URL): void {
  if (protocol !== 'http:' || isLoopback(host)) return
  throw problem({
    what: 'HTTP without TLS is allowed on the loopback interface only',
    value: host,
    fix: 'Use https.'
  })
}

async function sendOnce(
  request: HttpRequest,
  sendRequest: RequestSender,
  signal: AbortSignal
): Promise<HttpResponse> {
  const { url, maxBytes } = request
  const bounds = { ...boundsOf(request, signal), maxBytes, tooLong: () => tooLarge(request) }
  const { status, headers, body } = await sendRequest(bounds).catch(async (error: unknown) => {
    throw await noResponse(url, error)
  })
  return { url, status, headers, body }
}

async function openOnce(
  request: HttpRequest,
  openResponse: ResponseOpener,
  signal: AbortSignal,
  env: Env
): Promise<HttpStream> {
  const { url, maxBytes } = request
  try {
    const response = await openResponse(boundsOf(request, signal))
    const { status, headers, body: stream } = response
    if (status === 200 || status === 206) {
      return { url, status, headers, body: Buffer.alloc(0), stream }
    }
    const body = await collectBody(stream, maxBytes, () => tooLarge(request))
    await checkSenderIfProxy({ status, headers, body }, { url }, env)
    return { url, status, headers, body, stream }
  } catch (error) {
    throw await noResponse(url, error)
  }
}

function boundsOf(request: HttpRequest, signal: AbortSignal): OpenRequest {
  const { url, authorization, headers, method = 'GET' } = request
  checkScheme(url)
  return {
    url,
    method,
    headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    totalTimeoutMs: TOTAL_TIMEOUT_MS,
    signal
  }
}

async function noResponse(url: URL, error: unknown): Promise<ActionError> {
  if (error instanceof ActionError) return error
  const { describeFailure } = await import('./explain-connection.js')
  const { reason, fix } = describeFailure(error, url.host)
  return problem({ what: `No response from ${url.host}`, reason, fix }, error)
}

function tooLarge({ url, maxBytes }: HttpRequest): ActionError {
  return problem({
    what: `The response of ${url.host} is too large`,
    expected: `At most ${String(maxBytes)} bytes are accepted.`,
    fix: 'Check the endpoint and the proxy.'
  })
}
