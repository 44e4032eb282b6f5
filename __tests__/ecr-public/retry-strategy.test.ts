import type { RetryErrorInfo } from '@smithy/types'
import { createRetryStrategy, isWorthRetrying } from '../../src/ecr-public/retry-strategy.js'
import type { Log } from '../../src/runner/log.js'

/** An error as the SDK makes it of an answer of the service. */
function answer(name: string, $fault: 'client' | 'server', httpStatusCode: number): Error {
  return Object.assign(new Error(name), { name, $fault, $metadata: { httpStatusCode } })
}

it.each([
  answer('ThrottlingException', 'client', 400),
  answer('TooManyRequestsException', 'client', 429),
  answer('Unknown', 'client', 429),
  answer('ServerException', 'server', 500),
  Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }),
  new SyntaxError('Unexpected end of JSON input'),
  'no error at all'
])('%s is worth another attempt', (error) => {
  expect(isWorthRetrying(error)).toBe(true)
})

it.each([
  answer('RepositoryNotFoundException', 'client', 400),
  answer('AccessDeniedException', 'client', 400),
  answer('InvalidParameterException', 'client', 400),
  answer('LimitExceededException', 'client', 400)
])('%s is final', (error) => {
  expect(isWorthRetrying(error)).toBe(false)
})

it.each([
  [Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }), 'ECONNRESET'],
  [answer('ThrottlingException', 'client', 400), 'ThrottlingException'],
  [new SyntaxError('Unexpected end of JSON input'), 'SyntaxError']
])('%s is told as %s', async (error, name) => {
  const lines: string[] = []
  const log = { info: (line: string) => void lines.push(line) } as Log
  const strategy = createRetryStrategy(3, () => 0, log, new AbortController().signal)
  const token = await strategy.acquireInitialRetryToken('')
  await strategy.refreshRetryTokenForRetry(token, {
    error: error as NonNullable<RetryErrorInfo['error']>,
    errorType: 'TRANSIENT'
  })
  expect(lines).toEqual([`ECR Public: ${name}, attempt 1 of 3 failed, next in 0.0 s`])
})
