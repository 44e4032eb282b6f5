import { buildQueryString, HttpResponse } from '@smithy/core/protocols'
import type { HttpHandlerOptions, HttpRequest, RequestHandlerMetadata } from '@smithy/types'
import { createRequestSender } from '../http/request-sender.js'

/** How long a connection may stay silent, in milliseconds; the SDK's default is for ever. */
const IDLE_TIMEOUT_MS = 60_000
/** How long one attempt may take in all, in milliseconds: a part of 10 MiB on a slow link included. */
const ATTEMPT_TIMEOUT_MS = 300_000
/** The longest answer that is read; the largest real ones are manifests (4 MiB, quoted) and pages of 1,000. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024

/** What the SDK needs of whoever sends its requests. */
export interface RequestHandler {
  readonly metadata: RequestHandlerMetadata
  handle(
    request: HttpRequest,
    options?: HttpHandlerOptions
  ): Promise<{ readonly response: HttpResponse }>
}

/**
 * How the SDK sends its requests, those for credentials by STS too: as all others of this action are sent. Answers
 * are given whole: no operation has one to stream.
 */
export function createRequestHandler(
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal
): RequestHandler {
  const sendRequest = createRequestSender(env)
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async (request) => {
      const { status, reason, headers, body } = await sendRequest({
        url: urlOf(request),
        method: request.method,
        headers: request.headers,
        body: request.body as string | Uint8Array | undefined,
        idleTimeoutMs: IDLE_TIMEOUT_MS,
        totalTimeoutMs: ATTEMPT_TIMEOUT_MS,
        maxBytes: MAX_RESPONSE_BYTES,
        tooLong,
        signal
      })
      const texts: Record<string, string> = {}
      for (const [name, value] of Object.entries(headers)) texts[name] = String(value)
      return { response: new HttpResponse({ statusCode: status, reason, headers: texts, body }) }
    }
  }
}

function urlOf({ protocol, hostname, port, path, query }: HttpRequest): URL {
  const url = new URL(`${protocol}//${hostname}${path}`)
  if (port !== undefined) url.port = String(port)
  if (query !== undefined) url.search = buildQueryString(query)
  return url
}

const tooLong = (): Error => new Error(`The answer is longer than ${MAX_RESPONSE_BYTES} bytes`)
