const BASE_DELAY_MS = 500

/** Returns the delay after failed attempt number `attempt` in milliseconds: exponential, with full jitter. */
export function retryDelay(attempt: number, maxDelayMs: number, random: number): number {
  return random * Math.min(maxDelayMs, BASE_DELAY_MS * 2 ** (attempt - 1))
}
