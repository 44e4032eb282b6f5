import type { IncomingMessage } from 'node:http'
import type { EmulatorContext } from '../context.js'
import { invalidToken } from './refuse.js'
import { notAuthorized } from './registry-error.js'
import type { Holder, TokenState } from './tokens.js'

/**
 * Whom the `Authorization` of a request to `/v2/` speaks for. Taken are the tokens of `/token/` and, as
 * a Bearer as well, the `authorizationToken` of GetAuthorizationToken (API reference).
 *
 * @throws RegistryError 401 with a challenge where there is none, 400 where it is no good token
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
    for (const state of states) if (state.state === 'valid') return state.holder
  }
  throw invalidToken()
}
