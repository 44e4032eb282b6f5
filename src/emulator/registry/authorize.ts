import type { IncomingMessage } from 'node:http'
import type { EmulatorContext } from '../context.js'
import { expiredPassword, invalidToken } from './refusal-error.js'
import { notAuthorized } from './registry-error.js'
import type { Holder, TokenState } from './tokens.js'

/**
 * Returns the account that the `Authorization` header of a request to `/v2/` belongs to. It accepts
 * tokens of `/token/` and, as a bearer token, the `authorizationToken` of GetAuthorizationToken
 * (API reference).
 *
 * @throws RegistryError 401 with a challenge if the header is missing, 400 if the token is not
 * valid, 403 if the password behind the token has expired
 */
export function authorize(
  request: IncomingMessage,
  origin: string,
  { tokens, now }: EmulatorContext
): Holder {
  const { authorization } = request.headers
  if (authorization === undefined) throw notAuthorized(origin)
  const bearer = /^bearer +(\S+)$/i.exec(authorization.trim())?.[1]
  if (bearer !== undefined) {
    const time = now().getTime()
    const states: TokenState[] = [tokens.read(bearer, time), tokens.readCredentials(bearer, time)]
    for (const state of states) {
      if (state.state === 'valid') return state.holder
      if (state.state === 'password-expired') throw expiredPassword()
    }
  }
  throw invalidToken()
}
