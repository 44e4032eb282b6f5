import { TimeoutError } from './timeout-error.js'

/**
 * Limits how long a server can stall, over all requests and attempts: a run must not wait for a server that accepts
 * requests and does not respond. A slow server that responds, or that keeps receiving a request, does not stall.
 */
export interface StallLimit {
  /** Returns the remaining time for a server in milliseconds. @throws TimeoutError if the limit is reached */
  readonly remainingMs: (server: string) => number
  /** Records a failed request. Returns its error, or the error of the limit if the server has reached it. */
  readonly failed: (server: string, error: unknown) => unknown
  /** Records a response of the server. */
  readonly responded: (server: string) => void
}

/** Longer than an idle timeout, so that each request has at least two attempts, and short enough for 110 s per run. */
const LIMIT_MS = 90_000
/** The maximum time between two stalls that count as one. The delay before a retry is at most 20 s. */
const MAX_GAP_MS = 30_000
/** With less time, no attempt is sent. A timer of Node.js can end a millisecond early, which would leave that time. */
const MIN_ATTEMPT_MS = 5
/** The timeouts during which the server sent and received nothing. */
const STALLS: readonly TimeoutError['kind'][] = ['connect', 'idle']

/** The consecutive stalls of a server. */
interface Stall {
  readonly totalMs: number
  readonly endedAt: number
  readonly isConnecting: boolean
}

/** Creates a limit without any stalls. @param now returns the time of a monotonic clock in milliseconds */
export function createStallLimit(limitMs = LIMIT_MS, now = monotonicMs): StallLimit {
  const stalls = new Map<string, Stall>()
  const totalOf = (server: string, startedAt: number): number => {
    const { totalMs, endedAt } = stalls.get(server) ?? { totalMs: 0, endedAt: 0 }
    // The delay between two attempts is a part of the stall. Stalls of concurrent requests overlap.
    return startedAt - endedAt > MAX_GAP_MS ? 0 : totalMs && totalMs + startedAt - endedAt
  }
  const exceeded = (server: string): TimeoutError =>
    new TimeoutError('stalled', limitMs, stalls.get(server)?.isConnecting)
  return {
    remainingMs: (server) => {
      const remaining = limitMs - totalOf(server, now())
      if (remaining < MIN_ATTEMPT_MS) throw exceeded(server)
      return remaining
    },
    failed: (server, error) => {
      if (!(error instanceof TimeoutError) || !STALLS.includes(error.kind)) return error
      const endedAt = now()
      const totalMs = error.milliseconds + totalOf(server, endedAt - error.milliseconds)
      stalls.set(server, { totalMs, endedAt, isConnecting: error.isConnecting })
      return limitMs - totalMs < MIN_ATTEMPT_MS ? exceeded(server) : error
    },
    responded: (server) => void stalls.delete(server)
  }
}

/** The first use of the global `performance` would load nine modules of Node.js, at the start of every run. */
function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
