import type { IncomingMessage } from 'node:http'
import type { Refusal } from '../faults.js'
import { RegistryError } from './registry-error.js'

/** Returns the error of the registry for a fault. */
export function refusalError(
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
      if (operation === 'GetToken') return expiredPassword()
      return invalidToken()
    case 'clock-skew':
    case 'invalid-signature':
      return invalidToken()
  }
}

/** Creates the error for reads that exceed the rate. */
export function tooManyRequests(): RegistryError {
  return new RegistryError('TOOMANYREQUESTS', 'Rate exceeded')
}

/**
 * Creates the error for an expired password: 403 (amazon-ecr-credential-helper#286, karpenter-provider-aws#3441). Public
 * reports show it for requests to `/v2/` by clients that have received a token.
 */
export function expiredPassword(): RegistryError {
  return new RegistryError(
    'DENIED',
    'Your authorization token has expired. Reauthenticate and try again.'
  )
}

/**
 * Creates the error for an expired token and for basic authentication: 400 without a challenge
 * (aws/containers-roadmap#2835).
 */
export function invalidToken(): RegistryError {
  return new RegistryError('DENIED', 'Your Authorization Token is invalid.', { status: 400 })
}
