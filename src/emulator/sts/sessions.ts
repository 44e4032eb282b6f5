import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { ApiError } from '../api-error.js'
import type { EmulatorContext } from '../context.js'
import { isObject } from '../is-object.js'

/** A session of an assumed role. */
export interface Session {
  readonly role: string
  readonly name: string
  /** In milliseconds since 1970. */
  readonly expiresAt: number
}

/** Returns the session token of a session. It contains the session and a signature of it. */
export function issueSessionToken(session: Session, key: Uint8Array): string {
  const payload = Buffer.from(JSON.stringify(session)).toString('base64url')
  return `${payload}.${seal(payload, key).toString('base64url')}`
}

/** Returns the session of a request, or `undefined` if it is not signed with credentials of an assumed role. */
export function findSession(
  request: IncomingMessage,
  { store }: Pick<EmulatorContext, 'store'>
): Session | undefined {
  const token = String(request.headers['x-amz-security-token'] ?? '')
  const [payload = '', signature = ''] = token.split('.')
  const expected = seal(payload, store.key)
  const given = Buffer.from(signature, 'base64url')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  const session: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
  return isObject(session) ? (session as unknown as Session) : undefined
}

/** @throws ApiError (ExpiredTokenException) if the request is signed with a session that has expired */
export function checkSession(request: IncomingMessage, context: EmulatorContext): void {
  const session = findSession(request, context)
  if (session === undefined || session.expiresAt > context.now().getTime()) return
  throw new ApiError(
    'ExpiredTokenException',
    'The security token included in the request is expired'
  )
}

function seal(payload: string, key: Uint8Array): Buffer {
  return createHmac('sha256', key).update(`session ${payload}`).digest()
}
