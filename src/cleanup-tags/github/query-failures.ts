import { isWorthRetrying } from '../../ecr-public/retry-strategy.js'
import { retryDelay } from '../../http/retry-delay.js'
import { isStalled } from '../../http/timeout-error.js'
import type { Deps } from '../../runner/deps.js'
import { ActionError, messageOf, problem } from '../../runner/errors.js'

const MAX_DELAY_MS = 10_000

/** The maximum time to wait for a rate limit. A primary rate limit can last for an hour. */
const MAX_RATE_LIMIT_WAIT_MS = 60_000

/** The status and headers of a failed response, as far as the error contains them. */
interface FailedResponse {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string | undefined>>
}

/** Returns how long to wait before the next attempt in milliseconds, or `undefined` if it would fail as well. */
export function waitBeforeRetry(
  error: unknown,
  attempt: number,
  { random, now }: Pick<Deps, 'random' | 'now'>
): number | undefined {
  if (isStalled(error) || !isWorthRetrying((error as Error).cause)) return undefined
  const delay = retryDelay(attempt, MAX_DELAY_MS, random())
  const response = responseOf(error)
  if (isRateLimit(error, response)) {
    const limit = rateLimitWait(response, now())
    if (limit === undefined) return delay
    return limit <= MAX_RATE_LIMIT_WAIT_MS ? Math.max(limit, delay) : undefined
  }
  const { status } = response
  return status === undefined || status === 408 || status >= 500 ? delay : undefined
}

/** Returns the error for a query that was not answered. Its message does not contain the request or the token. */
export async function explainFailure(
  error: unknown,
  host: string,
  now: Date
): Promise<ActionError> {
  const what = `Cannot read the pull requests from ${host}`
  const response = responseOf(error)
  if (response.status === undefined && !isRateLimit(error, response)) {
    return explainLoss(error, what, host)
  }
  const value = response.status === undefined ? undefined : `status ${String(response.status)}`
  const reason = `${toSentence(messageOf(error))} Nothing was deleted.`.trim()
  if (isRateLimit(error, response)) {
    const wait = rateLimitWait(response, now)
    const until =
      wait === undefined ? 'later' : `after ${new Date(now.getTime() + wait).toISOString()}`
    const fix = `Run the job again ${until}, because the rate limit of the token is exceeded.`
    return problem({ what, value, reason, fix }, error)
  }
  return problem({ what, value, reason, fix: fixOf(response.status) }, error)
}

/** Explains an error without a response. Octokit wraps the error of the connection. */
async function explainLoss(error: unknown, what: string, host: string): Promise<ActionError> {
  const { cause = error } = error as { readonly cause?: unknown }
  if (cause instanceof ActionError) {
    return problem({ what, reason: `${cause.message} Nothing was deleted.` }, error)
  }
  const { describeFailure } = await import('../../http/explain-connection.js')
  const { reason, fix = 'Run the job again.' } = describeFailure(cause, host)
  return problem({ what, reason: `${reason} Nothing was deleted.`, fix }, error)
}

/** How to give the token its permission, for errors. */
export const PERMISSION_FIX =
  'Add the permission "pull-requests: read" to the job, or check input "github-token".'

function fixOf(status: number | undefined): string {
  if (status === 401) return 'Check input "github-token": GitHub does not accept the token.'
  if (status === 403 || status === 404) return PERMISSION_FIX
  if (status === undefined || status >= 500) return 'Run the job again.'
  return 'Check the environment variable GITHUB_GRAPHQL_URL.'
}

/** An error in a response of GraphQL. */
interface ResponseError {
  readonly type?: string | undefined
  readonly message: string
}

/** The documented type of a rate limit, and the one that GitHub also returns (octokit/plugin-throttling.js#848). */
const RATE_LIMIT_TYPES: ReadonlySet<string | undefined> = new Set(['RATE_LIMITED', 'RATE_LIMIT'])

/** Returns whether one of the errors is a rate limit. The one of a secondary rate limit can lack a type. */
export function containsRateLimit(errors: readonly ResponseError[]): boolean {
  return errors.some(({ type, message }) => {
    return RATE_LIMIT_TYPES.has(type) || (type === undefined && /rate limit/i.test(message))
  })
}

/** The messages of temporary failures (octokit/plugin-retry.js#395, googleapis/release-please#2905). */
const TEMPORARY =
  /something went wrong while executing your query|couldn't respond to your request in time/i

/** Returns whether one of the errors is a temporary failure of GitHub, which it reports with status 200 and without a type. */
export function containsTemporary(errors: readonly ResponseError[]): boolean {
  return errors.some(({ message }) => TEMPORARY.test(message))
}

/**
 * Returns whether the request exceeded a primary or secondary rate limit
 * (https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api).
 */
function isRateLimit(error: unknown, { status, headers }: FailedResponse): boolean {
  const { errors = [] } = error as { readonly errors?: readonly ResponseError[] }
  if (containsRateLimit(errors)) return true
  if (status === 429) return true
  if (status !== 403) return false
  return (
    headers['retry-after'] !== undefined ||
    headers['x-ratelimit-remaining'] === '0' ||
    /rate limit/i.test(messageOf(error))
  )
}

/** Returns the time until the end of a rate limit in milliseconds, or `undefined` if the response does not contain it. */
function rateLimitWait({ headers }: FailedResponse, now: Date): number | undefined {
  const retryAfter = Number(headers['retry-after'] ?? NaN)
  if (retryAfter >= 0) return retryAfter * 1000
  const reset = Number(headers['x-ratelimit-reset'] ?? NaN) * 1000
  if (headers['x-ratelimit-remaining'] !== '0' || !(Math.abs(reset) < 8e15)) return undefined
  return Math.max(0, reset - now.getTime())
}

/** Reads the errors of Octokit. One for a connection that failed has status 500 and no response. */
function responseOf(error: unknown): FailedResponse {
  const { status, response, headers } = error as {
    readonly status?: number
    readonly response?: { readonly headers?: FailedResponse['headers'] }
    readonly headers?: FailedResponse['headers']
  }
  return {
    status: response === undefined ? undefined : status,
    headers: response?.headers ?? headers ?? {}
  }
}

function toSentence(text: string): string {
  return text === '' || /[.!?]$/.test(text) ? text : `${text}.`
}
