import type { IncomingMessage } from 'node:http'
import type { BodyMemory } from './body-memory.js'
import type { Faults } from './faults.js'
import type { Settings } from './options.js'
import type { Tokens } from './registry/tokens.js'
import type { RequestLog } from './request-log.js'
import type { Store } from './store/store.js'
import type { IdentityTokens } from './sts/identity-tokens.js'

/** The state and settings that all request handlers share. */
export interface EmulatorContext {
  readonly settings: Settings
  readonly store: Store
  readonly faults: Faults
  readonly log: RequestLog
  readonly tokens: Tokens
  readonly identityTokens: IdentityTokens
  readonly bodies: BodyMemory
  readonly now: () => Date
}

/**
 * Returns the host for URIs in responses: `registryHost` if it is set, otherwise the host of the
 * request.
 */
export function registryHostOf(context: EmulatorContext, request: IncomingMessage): string {
  return context.settings.registryHost ?? request.headers.host ?? 'localhost'
}
