import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EmulatorContext } from '../context.js'
import { expiredToken } from './refusal-error.js'
import { RegistryError } from './registry-error.js'
import { BEARER_LIFETIME_MS } from './tokens.js'
import type { Holder } from './tokens.js'

/**
 * Handles `GET /token/`: returns an anonymous token, or a token of the account for the password of
 * GetAuthorizationToken. Like public.ecr.aws, it ignores `service`, `scope` and other parameters.
 */
export function handleToken(
  request: IncomingMessage,
  response: ServerResponse,
  { tokens, now }: EmulatorContext
): void {
  const time = now().getTime()
  const holder = holderOf(request.headers.authorization, (credentials) =>
    tokens.readCredentials(credentials, time)
  )
  const body = `${JSON.stringify({ token: tokens.issue(holder, time + BEARER_LIFETIME_MS) })}\n`
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body)
  })
  response.end(body)
}

function holderOf(
  authorization: string | undefined,
  read: (credentials: string) => ReturnType<EmulatorContext['tokens']['readCredentials']>
): Holder {
  if (authorization === undefined) return 'anonymous'
  const basic = /^basic +(\S+)$/i.exec(authorization.trim())?.[1]
  const state = basic === undefined ? ({ state: 'invalid' } as const) : read(basic)
  if (state.state === 'valid') return state.holder
  if (state.state === 'expired') throw expiredToken()
  throw new RegistryError('DENIED', 'Not Authorized')
}
