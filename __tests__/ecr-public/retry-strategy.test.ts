import type { RetryErrorInfo } from '@smithy/types'
import { createRetryStrategy, isWorthRetrying } from '../../src/ecr-public/retry-strategy.js'
import type { Log } from '../../src/runner/deps.js'

/** Creates an error as the SDK throws it for an error response of the service. */
function serviceError(name: string, $fault: 'client' | 'server', httpStatusCode: number): Error {
  return Object.assign(new Error(name), { name, $fault, $metadata: { httpStatusCode } })
}

it.each([
  serviceError('ThrottlingException', 'client', 400),
  serviceError('TooManyRequestsException', 'client', 429),
  serviceError('Unknown', 'client', 429),
  serviceError('RequestTimeout', 'client', 400),
  serviceError('RequestTimeoutException', 'client', 400),
  serviceError('ServerException', 'server', 500),
  Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }),
  new SyntaxError('Unexpected end of JSON input'),
  'not an error'
])('retries after %s', (error) => {
  expect(isWorthRetrying(error)).toBe(true)
})

/** Creates an error of STS with a message. */
function stsError(name: string, message: string): Error {
  return Object.assign(serviceError(name, 'client', 400), { message })
}

const OUTAGES = [
  stsError('IDPCommunicationError', 'no response'),
  stsError('IDPCommunicationErrorException', 'no response'),
  stsError('InvalidIdentityToken', "Couldn't retrieve verification key from your provider"),
  stsError('InvalidIdentityTokenException', 'Could not retrieve verification key')
]

it.each(OUTAGES)('retries after an outage of the OIDC provider: %s', async (error) => {
  expect(isWorthRetrying(error)).toBe(true)
  const types: string[] = []
  const backoff = (_attempt: number, type: string): number => types.push(type) * 0
  const log = { info: () => undefined } as unknown as Log
  const strategy = createRetryStrategy(2, backoff, log, new AbortController().signal)
  const token = await strategy.acquireInitialRetryToken('')
  const info = {
    error: error as NonNullable<RetryErrorInfo['error']>,
    errorType: 'TRANSIENT' as const
  }
  const second = await strategy.refreshRetryTokenForRetry(token, info)
  expect(types).toEqual(['THROTTLING'])
  await expect(strategy.refreshRetryTokenForRetry(second, info)).rejects.toThrow('No attempts left')
})

it.each([
  stsError('InvalidIdentityToken', 'No OpenIDConnect provider found in your account'),
  stsError('IDPRejectedClaim', 'revoked'),
  serviceError('RepositoryNotFoundException', 'client', 400),
  serviceError('AccessDeniedException', 'client', 400),
  serviceError('InvalidParameterException', 'client', 400),
  serviceError('LimitExceededException', 'client', 400)
])('does not retry after %s', (error) => {
  expect(isWorthRetrying(error)).toBe(false)
})

it.each([
  ['InvalidSignatureException', true],
  ['SignatureDoesNotMatch', true],
  ['AccessDeniedException', false],
  ['ImageNotFoundException', false]
])('after a correction of the clock, retries after %s: %s', (name, expected) => {
  const metadata = { $metadata: { httpStatusCode: 400, clockSkewCorrected: true } }
  const error = Object.assign(serviceError(name, 'client', 400), metadata)
  expect(isWorthRetrying(error)).toBe(expected)
})

it.each([
  [Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }), 'ECONNRESET'],
  [serviceError('ThrottlingException', 'client', 400), 'ThrottlingException'],
  [new SyntaxError('Unexpected end of JSON input'), 'SyntaxError']
])('logs %s as %s', async (error, name) => {
  const lines: string[] = []
  const log = { info: (line: string) => void lines.push(line) } as Log
  const strategy = createRetryStrategy(3, () => 0, log, new AbortController().signal)
  const token = await strategy.acquireInitialRetryToken('')
  await strategy.refreshRetryTokenForRetry(token, {
    error: error as NonNullable<RetryErrorInfo['error']>,
    errorType: 'TRANSIENT'
  })
  expect(lines).toEqual([`ECR Public: attempt 1 of 3 failed with ${name}. Retrying in 0.0 s.`])
})
