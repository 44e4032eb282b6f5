/** Spaces calls out; `take` resolves when the next one may be made. */
export interface RateLimiter {
  take(): Promise<void>
}

/** What a limiter needs of the step. */
export interface RateLimiterOptions {
  /** Calls a second in the long run. */
  readonly perSecond: number
  /** Calls that may be made at once after a pause. */
  readonly burst: number
  readonly now: () => Date
  readonly sleep: (milliseconds: number) => Promise<void>
}

/** A token bucket; callers are served in the order in which they ask. */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { perSecond, burst, now, sleep } = options
  const interval = 1000 / perSecond
  const tolerance = interval * (Math.max(1, burst) - 1)
  // When the bucket is full again, in milliseconds since the epoch (the generic cell rate algorithm).
  let fullAt = Number.NEGATIVE_INFINITY
  return {
    take: async () => {
      const time = now().getTime()
      fullAt = Math.max(fullAt, time) + interval
      const wait = fullAt - interval - tolerance - time
      if (wait > 0) await sleep(wait)
    }
  }
}
