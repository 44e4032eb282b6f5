const MESSAGES = {
  connect: 'The server did not accept a connection within',
  idle: 'The server did not send data for',
  total: 'The request took longer than',
  stalled: 'The server did not respond for'
} as const

/** A request that took too long. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError'
  readonly code = 'ETIMEDOUT'

  /**
   * @param kind `stalled` if the host has not responded to several attempts. All other kinds are worth a retry
   * @param milliseconds the exceeded limit
   * @param isConnecting `true` if the (last) attempt did not get a connection
   */
  constructor(
    readonly kind: keyof typeof MESSAGES,
    readonly milliseconds: number,
    readonly isConnecting = kind === 'connect'
  ) {
    super(`${MESSAGES[kind]} ${String(milliseconds / 1000)} s`)
  }
}

/** Returns `true` for the error of a host that has stalled for too long, and for errors that it caused. */
export function isStalled(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false
  return (thrown instanceof TimeoutError && thrown.kind === 'stalled') || isStalled(thrown.cause)
}
