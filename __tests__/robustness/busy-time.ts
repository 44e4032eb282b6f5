const TICK_MS = 1000

/**
 * Calls back after so much time in which this process had its turns. A process that is stopped for a while, or a
 * machine that sleeps, lets clocks run on, and what did nothing wrong would count as hanging.
 *
 * @returns what takes it back
 */
export function afterBusyTime(milliseconds: number, call: () => void): () => void {
  let left = Math.ceil(milliseconds / TICK_MS)
  const timer = setInterval(() => {
    if (--left > 0) return
    clearInterval(timer)
    call()
  }, TICK_MS)
  timer.unref()
  return () => clearInterval(timer)
}
