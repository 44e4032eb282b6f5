import { createHmac, timingSafeEqual } from 'node:crypto'

/** The owner of a token: an anonymous client or the account of the registry. */
export type Holder = 'anonymous' | 'account'

/** The result of checking a token. */
export type TokenState =
  | { readonly state: 'valid'; readonly holder: Holder }
  | { readonly state: 'expired'; readonly holder: Holder }
  | { readonly state: 'invalid' }

/** Issues and checks tokens. Only the key is stored. */
export interface Tokens {
  /**
   * Creates a token in the format of the service: base64 of a JSON object with `payload`,
   * `datakey`, `version`, `type` and `expiration` (seconds). It does not contain a colon.
   *
   * @param expiresAt in milliseconds since 1970
   */
  issue(holder: Holder, expiresAt: number): string
  /** Checks a token or password. Both have the same format. */
  read(token: string, now: number): TokenState
  /**
   * Checks base64-encoded `AWS:PASSWORD` credentials, from basic authentication or
   * GetAuthorizationToken.
   */
  readCredentials(base64: string, now: number): TokenState
}

/** The user name of all ECR passwords. */
export const USER_NAME = 'AWS'

/** GetAuthorizationToken: "valid for 12 hours" (API reference). In milliseconds. */
export const PASSWORD_LIFETIME_MS = 12 * 60 * 60 * 1000

/** Lifetime of the tokens of `/token/` (oras-project/oras-go#1227). In milliseconds. */
export const BEARER_LIFETIME_MS = 60 * 60 * 1000

/**
 * Creates tokens that are signed with this key. They remain valid after a restart if the key does
 * not change.
 */
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
