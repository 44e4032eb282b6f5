import type { IncomingMessage } from 'node:http'
import type { EmulatorContext } from '../context.js'
import { tooManyRequests } from './refuse.js'
import type { Holder } from './tokens.js'

/** What is left of a reader's allowance, and when that was so. */
interface Allowance {
  reads: number
  /** Milliseconds since 1970. */
  at: number
}

const allowances = new WeakMap<EmulatorContext, Map<string, Allowance>>()

/**
 * Takes one read from a reader's allowance: an address that has not logged in, or the account
 * (public-service-quotas: pulls a second, anonymous for each address, authenticated for each account).
 *
 * @throws RegistryError 429 where it is used up
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
  const refilled = before.reads + ((at - before.at) / 1000) * perSecond
  const reads = Math.min(perSecond, refilled)
  readers.set(reader, { reads: reads < 1 ? reads : reads - 1, at })
  if (reads < 1) throw tooManyRequests()
}
