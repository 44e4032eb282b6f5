import pThrottle from 'p-throttle'

/** The maximum number of calls in any interval of this length. */
export interface RateLimit {
  readonly calls: number
  readonly intervalMilliseconds: number
}

/**
 * Creates a function that resolves when the next call is allowed, in the order of its calls.
 *
 * @param signal rejects all waiting calls with its reason
 */
export function createRateLimiter(
  { calls, intervalMilliseconds }: RateLimit,
  signal?: AbortSignal
): () => Promise<void> {
  const options = { limit: calls, interval: intervalMilliseconds, strict: true }
  let wait: (() => Promise<void>) | undefined
  return async () => {
    // p-throttle throws if it is created with an aborted signal, and ignores the signal of later calls.
    signal?.throwIfAborted()
    wait ??= pThrottle(signal === undefined ? options : { ...options, signal })(() =>
      Promise.resolve()
    )
    await wait()
  }
}
