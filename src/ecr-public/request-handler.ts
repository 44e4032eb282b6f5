import { buildQueryString, HttpResponse } from '@smithy/core/protocols'
import type { HttpHandlerOptions, HttpRequest, RequestHandlerMetadata } from '@smithy/types'
import type { ReceivedResponse } from '../http/check-sender.js'
import { createRequestSender } from '../http/request-sender.js'
import type { BoundedRequest } from '../http/request-sender.js'
import { codeOf, problem } from '../runner/errors.js'

/** The idle timeout of a connection in milliseconds. The SDK does not have one by default. */
const IDLE_TIMEOUT_MS = 60_000
/** The timeout of one attempt in milliseconds. It is sufficient for a layer part of 10 MiB on a slow connection. */
const ATTEMPT_TIMEOUT_MS = 300_000
/** The maximum size of a response. The largest ones contain manifests (up to 4 MiB) or 1,000 rows. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024

/** The request handler interface of the SDK. */
export interface RequestHandler {
  readonly metadata: RequestHandlerMetadata
  handle(
    request: HttpRequest,
    options?: HttpHandlerOptions
  ): Promise<{ readonly response: HttpResponse }>
}

/**
 * Creates the handler that sends the requests of the SDK, including those for STS credentials, through this action's
 * HTTP client. Responses are not streamed, since no operation returns a stream.
 */
export function createRequestHandler(
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
  sendRequest = createRequestSender(env)
): RequestHandler {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async (request) => {
      checkHeaders(request.headers)
      const url = urlOf(request)
      const received = await sendRequest({
        url,
        method: request.method,
        headers: request.headers,
        body: request.body as BoundedRequest['body'],
        idleTimeoutMs: IDLE_TIMEOUT_MS,
        totalTimeoutMs: ATTEMPT_TIMEOUT_MS,
        maxBytes: MAX_RESPONSE_BYTES,
        tooLong,
        signal,
        isGenuine
      }).catch((error: unknown) => {
        throw withHost(error, url)
      })
      const { status, reason, headers, body } = received
      const texts: Record<string, string> = {}
      for (const [name, value] of Object.entries(headers)) texts[name] = String(value)
      return { response: new HttpResponse({ statusCode: status, reason, headers: texts, body }) }
    }
  }
}

/** Adds the host to an error of a connection, which Node.js does not do for TLS errors. */
function withHost(error: unknown, { host }: URL): unknown {
  if (!(error instanceof Error) || codeOf(error) === undefined) return error
  const hasPeer = ['host', 'hostname', 'address'].some((name) => name in error)
  return hasPeer ? error : Object.assign(error, { host })
}

function urlOf({ protocol, hostname, port, path, query }: HttpRequest): URL {
  const url = new URL(`${protocol}//${hostname}${path}`)
  if (port !== undefined) url.port = String(port)
  if (query !== undefined) url.search = buildQueryString(query)
  return url
}

const tooLong = (): Error => new Error(`The response is larger than ${MAX_RESPONSE_BYTES} bytes`)

/** Checks that the credentials of a profile or a provider do not contain characters that a header cannot contain. */
function checkHeaders(headers: HttpRequest['headers']): void {
  for (const [name, value] of Object.entries(headers)) {
    if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) continue
    throw problem({
      what: `The request has an invalid header: ${name}`,
      reason: 'The AWS credentials contain a line break or another invalid character.',
      fix: 'Correct the credentials of the profile or credential provider.'
    })
  }
}

/**
 * Returns `false` if a proxy sent the response: every response of AWS has a request ID. Other implementations of the
 * API can omit it, but respond with an object, or with an error that has a code.
 */
function isGenuine({ status, headers, body }: ReceivedResponse): boolean {
  if (headers['x-amzn-requestid'] !== undefined) return true
  const pattern = status < 300 ? /^\s*(?:\{|<\w*Response\b)/ : /"__type"|<ErrorResponse/
  return pattern.test(body.toString('latin1', 0, 2048))
}
