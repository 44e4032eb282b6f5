import * as http from 'node:http'
import * as https from 'node:https'
import type { IncomingHttpHeaders } from 'node:http'
import { ActionError, problem } from '../errors.js'
import { createAgents } from './agents.js'
import type { Agents } from './agents.js'
import { isLoopback } from './loopback.js'
import { readBody } from './read-body.js'

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
/** How long one request may take in all, in milliseconds. */
const TOTAL_TIMEOUT_MS = 120_000

/** The HTTP client for everything but the API, which the SDK speaks to. Nothing is opened before the first request. */
export function createHttpClient(options: {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}): HttpClient {
  let agents: Promise<Agents> | undefined
  return {
    send: async (request) => {
      agents ??= createAgents(options.env)
      const signals = request.signal === undefined ? [] : [request.signal]
      return sendFollowing(request, await agents, AbortSignal.any([options.signal, ...signals]))
    }
  }
}

async function sendFollowing(
  request: HttpRequest,
  agents: Agents,
  signal: AbortSignal
): Promise<HttpResponse> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(TOTAL_TIMEOUT_MS)])
  let { url } = request
  for (let redirects = request.maxRedirects ?? 0; ; redirects--) {
    const authorization = url.origin === request.url.origin ? request.authorization : undefined
    const response = await sendOnce({ ...request, url, authorization }, agents, bounded)
    const location = response.headers.location
    const isRedirect = response.status >= 300 && response.status < 400 && location !== undefined
    if (!isRedirect || request.maxRedirects === undefined || request.maxRedirects === 0)
      return response
    if (redirects <= 0) {
      throw problem({
        what: `${request.url.host} redirects in a circle or too often`,
        allowed: `${String(request.maxRedirects)} redirects`
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
      allowed: 'https, or plain http on the loopback'
    })
  }
  return url
}

function checkScheme({ protocol, host }: URL): void {
  if (protocol !== 'http:' || isLoopback(host)) return
  throw problem({ what: 'Plain http is used on the loopback only', value: host, allowed: 'https' })
}

function sendOnce(
  request: HttpRequest,
  agents: Agents,
  signal: AbortSignal
): Promise<HttpResponse> {
  const { url, authorization } = request
  checkScheme(url)
  const isSecure = url.protocol === 'https:'
  return new Promise((resolve, reject) => {
    const refuse = (cause: unknown): void => {
      if (cause instanceof ActionError) reject(cause)
      else reject(problem({ what: `No answer from ${url.host}`, value: describe(cause) }, cause))
    }
    const outgoing = (isSecure ? https : http).request(
      url,
      {
        method: request.method ?? 'GET',
        headers: { ...request.headers, ...(authorization === undefined ? {} : { authorization }) },
        agent: isSecure ? agents.https : agents.http,
        timeout: IDLE_TIMEOUT_MS,
        signal
      },
      (incoming) => {
        readBody(incoming, request.maxBytes, () => sendsTooMuch(request), signal).then(
          (body) =>
            resolve({ url, status: incoming.statusCode ?? 0, headers: incoming.headers, body }),
          refuse
        )
      }
    )
    outgoing.on('timeout', () =>
      outgoing.destroy(new Error(`silent for ${String(IDLE_TIMEOUT_MS / 1000)} s`))
    )
    outgoing.on('error', refuse)
    outgoing.end()
  })
}

function sendsTooMuch({ url, maxBytes }: HttpRequest): ActionError {
  return problem({
    what: `${url.host} sends more than expected`,
    allowed: `at most ${String(maxBytes)} bytes`
  })
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message || cause.name : String(cause)
}
