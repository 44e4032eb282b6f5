import { ActionError, problem } from '../runner/errors.js'
import type { HttpRequest, HttpResponse } from '../http/http-client.js'
import { ProxyError } from '../http/proxy-error.js'
import { retryDelay } from '../http/retry-delay.js'
import { isStalled } from '../http/timeout-error.js'
import type { Deps, RetryOptions } from '../runner/deps.js'

const MAX_DELAY_MS = 10_000

/** The response body does not hash to the requested digest. */
export class DigestMismatchError extends ActionError {}

/**
 * Sends a GET request and retries it while the registry throttles (429) or fails (5xx), or while the connection
 * breaks. The delays are random and grow
 * (full jitter, https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), and are at least as long
 * as `Retry-After`.
 *
 * @param check throws `DigestMismatchError` if the response is damaged, which is retried as well
 * @returns the last response, with any status
 * @throws ActionError if the last attempt did not get a response
 */
export async function getWithRetries<Response extends HttpResponse>(
  send: (request: HttpRequest) => Promise<Response>,
  request: HttpRequest,
  deps: Pick<Deps, 'signal' | 'log' | 'now' | 'random' | 'sleep'>,
  retryOptions: RetryOptions,
  check: (response: Response) => void = () => undefined
): Promise<Response> {
  const start = deps.now().getTime()
  const cancellable = { ...request, signal: retryOptions.signal }
  for (let attempt = 1; ; attempt++) {
    deps.signal.throwIfAborted()
    retryOptions.signal?.throwIfAborted()
    const isLast = attempt >= retryOptions.maxAttempts
    const { response, error } = await attemptGet(send, cancellable, check)
    if (response !== undefined && (isLast || !isTransientStatus(response.status))) return response
    if (error !== undefined && (isLast || !isTransientError(error))) throw error
    const delay = delayAfter(attempt, response, deps.random())
    if (deps.now().getTime() + delay - start > retryOptions.budgetMilliseconds) {
      if (error !== undefined) throw error
      return response
    }
    deps.log.debug(
      `Retrying the request to ${request.url.host} in ${String(Math.round(delay))} ms: ${error === undefined ? `status ${String(response.status)}` : error.message}`
    )
    await deps.sleep(delay)
  }
}

type Attempt<Response> =
  | { readonly response: Response; readonly error?: undefined }
  | { readonly response?: undefined; readonly error: Error }

async function attemptGet<Response extends HttpResponse>(
  send: (request: HttpRequest) => Promise<Response>,
  request: HttpRequest,
  check: (response: Response) => void
): Promise<Attempt<Response>> {
  try {
    const response = await send(request)
    if (response.status === 200) check(response)
    return { response }
  } catch (error) {
    return { error: error instanceof Error ? error : problem({ what: String(error) }) }
  }
}

function isTransientStatus(status: number): boolean {
  return status === 429 || status === 408 || status >= 500
}

/** The HTTP client sets `cause` only if a connection failed, not if it rejects a request or response itself. */
function isTransientError(error: Error): boolean {
  if (error instanceof ProxyError) return error.isTransient
  if (isStalled(error)) return false
  return error.cause !== undefined || error instanceof DigestMismatchError
}

/** Returns the delay after an attempt in milliseconds. */
function delayAfter(attempt: number, response: HttpResponse | undefined, random: number): number {
  const retryAfter = Number(response?.headers['retry-after'] ?? 0) * 1000
  return Math.max(
    retryDelay(attempt, MAX_DELAY_MS, random),
    Number.isFinite(retryAfter) ? Math.min(retryAfter, MAX_DELAY_MS) : 0
  )
}
