import type { IncomingMessage } from 'node:http'
import type { BodyMemory } from './body-memory.js'
import type { Faults } from './faults.js'
import type { Settings } from './options.js'
import type { Tokens } from './registry/tokens.js'
import type { RequestLog } from './request-log.js'
import type { Store } from './store.js'

/** What everything that answers requests works with. */
export interface EmulatorContext {
  readonly settings: Settings
  readonly store: Store
  readonly faults: Faults
  readonly log: RequestLog
  readonly tokens: Tokens
  readonly bodies: BodyMemory
  /** The clock. */
  readonly now: () => Date
}

/** The host that URIs in answers name: where the client reached the emulator, unless it is set. */
export function registryHostOf(context: EmulatorContext, request: IncomingMessage): string {
  return context.settings.registryHost ?? request.headers.host ?? 'localhost'
}
