import { setTimeout as wait } from 'node:timers/promises'
import type { RetryErrorInfo, RetryErrorType, RetryStrategyV2, RetryToken } from '@smithy/types'
import { codeOf } from '../runner/errors.js'
import type { Log } from '../runner/log.js'

/**
 * How long to wait before the next attempt, in milliseconds.
 *
 * @param attempt how many attempts have failed so far, from 1 on
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
 * A random time up to a bound that doubles with each attempt, so that jobs that were throttled together
 * do not come back together
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/, "full jitter").
 */
export const fullJitter: Backoff = (attempt, errorType) =>
  Math.random() * Math.min(MAX_DELAY_MS, BASE_DELAY_MS[errorType] * 2 ** attempt)

/** A quota, though its name reads like a throttle to the SDK: trying again does not help. */
const QUOTA_ERROR = 'LimitExceededException'

/** The names under which AWS services say that they were called too often. */
const THROTTLE_ERROR = /Throttl|TooManyRequests|SlowDown|RequestLimitExceeded/

/**
 * `false` where the service refused a call for a reason that will be the same next time. A connection
 * that broke or an answer that was cut short is no refusal, whatever its class: it is tried again.
 */
export function isWorthRetrying(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return true
  const { name } = thrown
  if (name === QUOTA_ERROR) return false
  const { $fault: fault, $metadata: metadata } = thrown as Error & {
    readonly $fault?: string
    readonly $metadata?: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean }
  }
  if (fault !== 'client') return true
  return (
    THROTTLE_ERROR.test(name) ||
    metadata?.httpStatusCode === 429 ||
    // The SDK has set its clock by the answer, so that the next signature is right.
    metadata?.clockSkewCorrected === true
  )
}

/**
 * Tries each call up to `maxAttempts` times. Unlike the SDK's own strategies it has no budget shared
 * between calls, so that a throttled service slows hundreds of calls down instead of failing the later
 * ones. Every retry is told in the log.
 *
 * @param signal ends the waiting between two attempts, which the SDK itself would sit out
 */
export function createRetryStrategy(
  maxAttempts: number,
  backoff: Backoff,
  log: Log,
  signal: AbortSignal
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
      const delay = Math.max(backoff(failed, errorInfo.errorType), hintedDelay(errorInfo))
      const seconds = (delay / 1000).toFixed(1)
      log.info(
        `ECR Public: ${name}, attempt ${failed} of ${maxAttempts} failed, next in ${seconds} s`
      )
      if (delay > 0) await wait(delay, undefined, { signal })
      return tokenAfter(failed)
    },
    recordSuccess: () => undefined
  }
}

/** The time between two attempts has passed when the SDK gets the token. */
function tokenAfter(failedAttempts: number): RetryToken {
  return { getRetryCount: () => failedAttempts, getRetryDelay: () => 0 }
}

/** `ThrottlingException` of the service, `ECONNRESET` of the system. */
function nameOf({ error, errorType }: RetryErrorInfo): string {
  return codeOf(error) ?? (error instanceof Error ? error.name : errorType)
}

/** How long the service asks to wait (`Retry-After`), bounded. */
function hintedDelay({ retryAfterHint }: RetryErrorInfo): number {
  if (retryAfterHint === undefined) return 0
  return Math.min(MAX_DELAY_MS, Math.max(0, retryAfterHint.getTime() - Date.now()))
}
