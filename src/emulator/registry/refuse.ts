import type { IncomingMessage } from 'node:http'
import type { Refusal } from '../faults.js'
import { RegistryError } from './registry-error.js'

/** What the registry side answers in the place of a fault that is set. */
export function refusalOf(
  refusal: Refusal,
  operation: string,
  request: IncomingMessage
): RegistryError {
  switch (refusal) {
    case 'throttle':
      return tooManyRequests()
    case 'server-error':
      return new RegistryError('UNKNOWN', 'Internal Server Error')
    case 'access-denied':
      return new RegistryError(
        'DENIED',
        `User is not authorized to perform ${operation} on resource: ${request.url ?? ''}`
      )
    case 'expired-token':
      if (operation === 'GetToken') return expiredToken()
      return invalidToken()
    case 'clock-skew':
    case 'invalid-signature':
      return invalidToken()
  }
}

/** What whoever reads too fast gets. */
export function tooManyRequests(): RegistryError {
  return new RegistryError('TOOMANYREQUESTS', 'Rate exceeded')
}

/** `/token/` with a password past its 12 hours (weaveworks/eksdemo#68, aws/karpenter#3441). */
export function expiredToken(): RegistryError {
  return new RegistryError(
    'DENIED',
    'Your authorization token has expired. Reauthenticate and try again.'
  )
}

/** 400 and no challenge, for expired tokens and for Basic too (aws/containers-roadmap#2835). */
export function invalidToken(): RegistryError {
  return new RegistryError('DENIED', 'Your Authorization Token is invalid.', { status: 400 })
}
