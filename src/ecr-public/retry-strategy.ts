import { setTimeout as wait } from 'node:timers/promises'
import type { RetryErrorInfo, RetryErrorType, RetryStrategyV2, RetryToken } from '@smithy/types'
import { ActionError, codeOf } from '../runner/errors.js'
import type { Log } from '../runner/deps.js'
import { ProxyError } from '../http/proxy-error.js'
import { isStalled } from '../http/timeout-error.js'

/**
 * Returns the time to wait before the next attempt, in milliseconds.
 *
 * @param attempt the number of failed attempts
 */
export type Backoff = (attempt: number, errorType: RetryErrorType) => number

const BASE_DELAY_MS: Readonly<Record<RetryErrorType, number>> = {
  THROTTLING: 500,
  TRANSIENT: 100,
  SERVER_ERROR: 100,
  CLIENT_ERROR: 100
}
const MAX_DELAY_MS = 20_000

/**
 * Returns a random time up to a limit that doubles with each attempt, so that throttled jobs do not retry at the same
 * time (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/, "full jitter").
 */
export const fullJitter: Backoff = (attempt, errorType) =>
  Math.random() * Math.min(MAX_DELAY_MS, BASE_DELAY_MS[errorType] * 2 ** attempt)

/** A quota error, which the SDK treats as throttling. A retry cannot succeed. */
const QUOTA_ERROR = 'LimitExceededException'

/** The errors of a signature whose time differs too much from the service's clock. */
const CLOCK_ERRORS: ReadonlySet<string> = new Set([
  'InvalidSignatureException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch'
])

/** The names of throttling errors of AWS services. */
const THROTTLE_ERROR = /Throttl|TooManyRequests|SlowDown|RequestLimitExceeded/

/** The errors of a service that did not receive a request in time. The AWS SDKs and the AWS CLI retry them as well. */
const REQUEST_TIMEOUTS: ReadonlySet<string> = new Set(['RequestTimeout', 'RequestTimeoutException'])

/**
 * Returns `true` if STS could not reach the OIDC provider or retrieve its key, which STS documents as retryable
 * (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html). The SDK adds `Exception`
 * to the names.
 */
function isProviderOutage({ name, message }: Error): boolean {
  return (
    name.startsWith('IDPCommunicationError') ||
    (name.startsWith('InvalidIdentityToken') && /verification key/i.test(message))
  )
}

/**
 * Returns `false` if the service or a proxy rejected the call and would reject it again, or if this action rejected it.
 * Lost connections and incomplete responses are retried.
 */
export function isWorthRetrying(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return true
  if (isStalled(thrown)) return false
  if (thrown instanceof ProxyError) return thrown.isTransient
  if (thrown instanceof ActionError) return false
  const { name } = thrown
  if (name === QUOTA_ERROR) return false
  const { $fault: fault, $metadata: metadata } = thrown as Error & {
    readonly $fault?: string
    readonly $metadata?: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean }
  }
  if (fault !== 'client') return true
  return (
    isProviderOutage(thrown) ||
    THROTTLE_ERROR.test(name) ||
    REQUEST_TIMEOUTS.has(name) ||
    metadata?.httpStatusCode === 429 ||
    // The SDK has corrected its clock, so that the next signature is valid. It also marks other errors.
    (metadata?.clockSkewCorrected === true && CLOCK_ERRORS.has(name))
  )
}

/**
 * Creates a strategy with up to `maxAttempts` attempts per call, and logs every retry. Unlike the SDK's strategies, it
 * does not share a retry budget between calls, so that throttling does not make later calls fail.
 *
 * @param signal ends the delay between two attempts
 * @param service the name of the service in the log
 */
export function createRetryStrategy(
  maxAttempts: number,
  backoff: Backoff,
  log: Log,
  signal: AbortSignal,
  service = 'ECR Public'
): RetryStrategyV2 {
  return {
    acquireInitialRetryToken: () => Promise.resolve(tokenAfter(0)),
    refreshRetryTokenForRetry: async (token, errorInfo) => {
      const failed = token.getRetryCount() + 1
      const name = nameOf(errorInfo)
      signal.throwIfAborted()
      if (failed >= maxAttempts || !isWorthRetrying(errorInfo.error)) {
        throw new Error('No attempts left')
      }
      const delay = Math.max(backoff(failed, typeOf(errorInfo)), hintedDelay(errorInfo))
      const seconds = (delay / 1000).toFixed(1)
      log.info(
        `${service}: attempt ${failed} of ${maxAttempts} failed with ${name}. Retrying in ${seconds} s.`
      )
      if (delay > 0) await wait(delay, undefined, { signal })
      return tokenAfter(failed)
    },
    recordSuccess: () => undefined
  }
}

/** The delay is 0, since it has passed when the SDK receives the token. */
function tokenAfter(failedAttempts: number): RetryToken {
  return { getRetryCount: () => failedAttempts, getRetryDelay: () => 0 }
}

/** An OIDC provider is usually unreachable for seconds, so its errors are retried as slowly as throttling errors. */
function typeOf({ error, errorType }: RetryErrorInfo): RetryErrorType {
  return error instanceof Error && isProviderOutage(error) ? 'THROTTLING' : errorType
}

/** Returns the name of the error, such as `ThrottlingException` or `ECONNRESET`. */
function nameOf({ error, errorType }: RetryErrorInfo): string {
  return codeOf(error) ?? (error instanceof Error ? error.name : errorType)
}

/** Returns the delay that the service requests with `Retry-After`, up to the maximum. */
function hintedDelay({ retryAfterHint }: RetryErrorInfo): number {
  if (retryAfterHint === undefined) return 0
  return Math.min(MAX_DELAY_MS, Math.max(0, retryAfterHint.getTime() - Date.now()))
}
