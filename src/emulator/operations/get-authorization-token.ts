import { PASSWORD_LIFETIME_MS, USER_NAME } from '../registry/tokens.js'
import type { Operation } from './operation.js'

/** GetAuthorizationToken returns a user name and password for the registry, valid for 12 hours. */
export const getAuthorizationToken: Operation<'GetAuthorizationToken'> = (_input, { context }) => {
  const expiresAt = new Date(context.now().getTime() + PASSWORD_LIFETIME_MS)
  const password = context.tokens.issue('account', expiresAt.getTime())
  const authorizationToken = Buffer.from(`${USER_NAME}:${password}`).toString('base64')
  return { authorizationData: { authorizationToken, expiresAt } }
}
