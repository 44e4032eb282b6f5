import { createHmac, timingSafeEqual } from 'node:crypto'

/** Whom a token speaks for: nobody, or the account that owns the registry. */
export type Holder = 'anonymous' | 'account'

/** What a presented token turned out to be. */
export type TokenState =
  | { readonly state: 'valid'; readonly holder: Holder }
  | { readonly state: 'expired'; readonly holder: Holder }
  | { readonly state: 'invalid' }

/** Issues and reads the tokens of one registry; nothing is remembered but the key. */
export interface Tokens {
  /**
   * A token in the form of the service's own: base64 of a JSON object with `payload`, `datakey`,
   * `version`, `type` and `expiration` (seconds), which holds no colon.
   *
   * @param expiresAt in milliseconds since the epoch
   */
  issue(holder: Holder, expiresAt: number): string
  /** Reads a token, or the password of one: both are the same text. */
  read(token: string, now: number): TokenState
  /** Reads `AWS:PASSWORD`, as it comes base64-encoded in Basic and in GetAuthorizationToken. */
  readCredentials(base64: string, now: number): TokenState
}

/** The user name that goes with every password of ECR. */
export const USER_NAME = 'AWS'

/** GetAuthorizationToken: "valid for 12 hours" (API reference). In milliseconds. */
export const PASSWORD_LIFETIME_MS = 12 * 60 * 60 * 1000

/** The tokens of `/token/` live for one hour (oras-project/oras-go#1227). In milliseconds. */
export const BEARER_LIFETIME_MS = 60 * 60 * 1000

/** The tokens that this key seals. With a key that lasts they are still good after a restart. */
export function createTokens(key: Uint8Array): Tokens {
  const seal = (payload: string): Buffer => createHmac('sha256', key).update(payload).digest()

  const read = (token: string, now: number): TokenState => {
    const { payload, datakey } = parseToken(token)
    if (payload === undefined || datakey === undefined) return { state: 'invalid' }
    const expected = seal(payload)
    const given = Buffer.from(datakey, 'base64')
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      return { state: 'invalid' }
    }
    const [holder, expiresAt] = Buffer.from(payload, 'base64').toString().split('/')
    if (holder !== 'anonymous' && holder !== 'account') return { state: 'invalid' }
    return { state: Number(expiresAt) > now ? 'valid' : 'expired', holder }
  }

  return {
    issue: (holder, expiresAt) => {
      const payload = Buffer.from(`${holder}/${String(expiresAt)}`).toString('base64')
      const json = {
        payload,
        datakey: seal(payload).toString('base64'),
        version: '3',
        type: 'DATA_KEY',
        expiration: Math.floor(expiresAt / 1000)
      }
      return Buffer.from(JSON.stringify(json)).toString('base64')
    },
    read,
    readCredentials: (base64, now) => {
      const text = Buffer.from(base64, 'base64').toString()
      const colon = text.indexOf(':')
      if (colon === -1 || text.slice(0, colon) !== USER_NAME) return { state: 'invalid' }
      return read(text.slice(colon + 1), now)
    }
  }
}

function parseToken(token: string): { payload?: string; datakey?: string } {
  try {
    const json: unknown = JSON.parse(Buffer.from(token, 'base64').toString())
    if (typeof json !== 'object' || json === null) return {}
    const { payload, datakey } = json as { payload?: unknown; datakey?: unknown }
    return typeof payload === 'string' && typeof datakey === 'string' ? { payload, datakey } : {}
  } catch {
    return {}
  }
}
