import type { IncomingMessage } from 'node:http'
import type { EmulatorContext } from '../context.js'
import { tooManyRequests } from './refusal-error.js'
import type { Holder } from './tokens.js'

/** The number of reads that a client has left at a point in time. */
interface Allowance {
  reads: number
  /** Milliseconds since 1970. */
  at: number
}

const allowances = new WeakMap<EmulatorContext, Map<string, Allowance>>()

/**
 * Counts a read towards the rate of its IP address (anonymous) or of the account
 * (public-service-quotas: pulls per second).
 *
 * @throws RegistryError 429 if the rate is exceeded
 */
export function countRead(
  request: IncomingMessage,
  holder: Holder,
  context: EmulatorContext
): void {
  const { anonymousReadsPerSecond, accountReadsPerSecond } = context.settings.limits
  const perSecond = holder === 'anonymous' ? anonymousReadsPerSecond : accountReadsPerSecond
  if (perSecond === Infinity) return
  const readers = allowances.get(context) ?? new Map<string, Allowance>()
  allowances.set(context, readers)
  const reader = holder === 'anonymous' ? (request.socket.remoteAddress ?? '') : 'account'
  const at = context.now().getTime()
  const before = readers.get(reader) ?? { reads: perSecond, at }
  // The clock can be set to an earlier time.
  const refilled = before.reads + (Math.max(0, at - before.at) / 1000) * perSecond
  const reads = Math.min(perSecond, refilled)
  readers.set(reader, { reads: reads < 1 ? reads : reads - 1, at })
  if (reads < 1) throw tooManyRequests()
}
