import type { ECRPUBLICClient } from '@aws-sdk/client-ecr-public'
import type { Role } from './role.js'

/** The errors for credentials that have expired, also before their expiration time. */
const EXPIRED = ['ExpiredTokenException', 'ExpiredToken', 'TokenRefreshRequired']

/** Repeats a call once with new credentials of the role if the service reports that the credentials have expired. */
export function renewCredentials(
  client: Pick<ECRPUBLICClient, 'middlewareStack'>,
  role: Role
): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const credentials = await role.getCredentials()
      try {
        return await next(args)
      } catch (error) {
        if (!(error instanceof Error) || !EXPIRED.includes(error.name)) throw error
        role.discard(credentials)
        return next(args)
      }
    },
    { step: 'initialize', priority: 'low', name: 'renewCredentials' }
  )
}
