import { ActionError, problem } from '../runner/errors.js'
import type { HttpClient, HttpRequest, HttpResponse } from '../http/http-client.js'
import type { RetryOptions } from '../runner/deps.js'
import type { RegistryDeps } from './registry-deps.js'

const BASE_DELAY_MS = 500
const MAX_DELAY_MS = 10_000

/**
 * Sends a GET until it is answered with something that trying again would not change. A registry
 * that limits (429) or fails (5xx), and a connection that breaks, are tried again after a random wait
 * that grows (full jitter, https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/),
 * at the least as long as its `Retry-After`.
 *
 * @param check what a good answer must hold; a rejected one (bytes damaged on their way) is tried again
 * @throws ActionError where no attempt was answered; the last answer is returned whatever its status
 */
export async function patientGet(
  client: HttpClient,
  request: HttpRequest,
  deps: RegistryDeps,
  patience: RetryOptions,
  check: (response: HttpResponse) => void = () => undefined
): Promise<HttpResponse> {
  const start = deps.now().getTime()
  for (let attempt = 1; ; attempt++) {
    deps.signal.throwIfAborted()
    patience.signal?.throwIfAborted()
    const isLast = attempt >= patience.maxAttempts
    const { response, error } = await attemptGet(
      client,
      { ...request, signal: patience.signal },
      check
    )
    if (response !== undefined && (isLast || !isPassing(response.status))) return response
    if (error !== undefined && (isLast || !mayPass(error))) throw error
    const wait = delayBefore(attempt, response, deps.random())
    if (deps.now().getTime() + wait - start > patience.budgetMilliseconds) {
      if (error !== undefined) throw error
      return response
    }
    deps.log.debug(
      `${request.url.host} is read again in ${String(Math.round(wait))} ms: ${error === undefined ? String(response.status) : error.message}`
    )
    await deps.sleep(wait)
  }
}

type Attempt =
  | { readonly response: HttpResponse; readonly error?: undefined }
  | { readonly response?: undefined; readonly error: Error }

async function attemptGet(
  client: HttpClient,
  request: HttpRequest,
  check: (response: HttpResponse) => void
): Promise<Attempt> {
  try {
    const response = await client.send(request)
    if (response.status === 200) check(response)
    return { response }
  } catch (error) {
    return { error: error instanceof Error ? error : problem({ what: String(error) }) }
  }
}

/** Answers that may be another one a moment later. */
function isPassing(status: number): boolean {
  return status === 429 || status === 408 || status >= 500
}

/** The HTTP client keeps the cause where a connection broke; what it refuses itself has none. */
function mayPass(error: Error): boolean {
  return error.cause !== undefined || error instanceof DamagedError
}

/** Bytes that are not those that were asked for. */
export class DamagedError extends ActionError {}

function delayBefore(attempt: number, response: HttpResponse | undefined, random: number): number {
  const ceiling = Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** (attempt - 1))
  const asked = Number(response?.headers['retry-after'] ?? 0) * 1000
  return Math.max(random * ceiling, Number.isFinite(asked) ? Math.min(asked, MAX_DELAY_MS) : 0)
}
