import type { ServerResponse } from 'node:http'
import { ApiError } from '../api-error.js'
import type { EmulatorContext } from '../context.js'
import type { FaultRule, Refusal } from '../faults.js'
import type { OperationName } from '../model/operations.js'
import { accessDenied } from './check-allowed.js'

/** How far the clock of the service seems to be ahead, in milliseconds. */
const SKEW_MS = 20 * 60 * 1000
const TOLERANCE_MS = 5 * 60 * 1000

/** Creates the error that the API returns for a fault. */
export function refusalError(
  context: EmulatorContext,
  fault: {
    readonly refusal: Refusal
    readonly rule: FaultRule
    readonly operation: OperationName
    readonly response: ServerResponse
  }
): ApiError {
  const { refusal, rule, operation, response } = fault
  switch (refusal) {
    case 'throttle':
      return new ApiError('ThrottlingException', 'Rate exceeded')
    case 'server-error':
      return new ApiError(
        'ServerException',
        'These errors are usually caused by a server-side issue.'
      )
    case 'expired-token':
      return new ApiError(
        'ExpiredTokenException',
        'The security token included in the request is expired'
      )
    case 'access-denied':
      return accessDenied(context, operation, rule.action ?? `ecr-public:${operation}`)
    case 'invalid-signature':
      return new ApiError(
        'InvalidSignatureException',
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'
      )
    case 'clock-skew':
      return clockSkew(context.now(), response)
  }
}

/**
 * Creates the error of a client whose clock is late. SDKs correct their clock by the `Date` header
 * of the response.
 */
function clockSkew(now: Date, response: ServerResponse): ApiError {
  const server = new Date(now.getTime() + SKEW_MS)
  response.setHeader('date', server.toUTCString())
  const limit = new Date(server.getTime() - TOLERANCE_MS)
  return new ApiError(
    'InvalidSignatureException',
    `Signature expired: ${compact(now)} is now earlier than ${compact(limit)} (${compact(server)} - 5 min.)`
  )
}

/** Formats a date as `20260102T030405Z`. */
function compact(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d+/g, '')
}
