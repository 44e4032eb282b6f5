import { createHmac, timingSafeEqual } from 'node:crypto'

/** The owner of a token: an anonymous client or the account of the registry. */
export type Holder = 'anonymous' | 'account'

/** The result of checking a token. */
export type TokenState =
  | { readonly state: 'valid'; readonly holder: Holder }
  | { readonly state: 'expired'; readonly holder: Holder }
  | { readonly state: 'invalid' }
  /** A token that `/token/` returned for an expired password. */
  | { readonly state: 'password-expired' }

/** Issues and checks tokens. Only the key is stored. */
export interface Tokens {
  /**
   * Creates a token in the format of the service: base64 of a JSON object with `payload`,
   * `datakey`, `version`, `type` and `expiration` (seconds). It does not contain a colon.
   *
   * @param expiresAt in milliseconds since 1970
   */
  issue(holder: Holder | 'expired-password', expiresAt: number): string
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
 * Size of the JSON in a token, in bytes. Its base64 without padding has 2,714 characters, like a password of the service
 * (aws/containers-roadmap#1589). Such a password does not fit into the credential store of Windows.
 */
const TOKEN_JSON_BYTES = 2035

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
    const [holder, expiresAt] = Buffer.from(payload, 'base64').toString('latin1').split('/')
    if (holder === 'expired-password') return { state: 'password-expired' }
    if (holder !== 'anonymous' && holder !== 'account') return { state: 'invalid' }
    return { state: Number(expiresAt) > now ? 'valid' : 'expired', holder }
  }

  return {
    issue: (holder, expiresAt) => encodeToken(`${holder}/${String(expiresAt)}/`, expiresAt, seal),
    read,
    readCredentials: (base64, now) => {
      const text = Buffer.from(base64, 'base64').toString()
      const colon = text.indexOf(':')
      if (colon === -1 || text.slice(0, colon) !== USER_NAME) return { state: 'invalid' }
      return read(text.slice(colon + 1), now)
    }
  }
}

function encodeToken(text: string, expiresAt: number, seal: (payload: string) => Buffer): string {
  // A multiple of three bytes, so that the base64 does not have padding before the filler.
  const start = Buffer.from(text.padEnd(Math.ceil(text.length / 3) * 3)).toString('base64')
  const jsonOf = (payload: string): string => {
    const datakey = seal(payload).toString('base64')
    const expiration = Math.floor(expiresAt / 1000)
    return JSON.stringify({ payload, datakey, version: '3', type: 'DATA_KEY', expiration })
  }
  const filler = 'A'.repeat(TOKEN_JSON_BYTES - Buffer.byteLength(jsonOf(start)))
  return Buffer.from(jsonOf(start + filler))
    .toString('base64')
    .replace(/=+$/, '')
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
