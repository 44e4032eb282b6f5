import { STSClient } from '@aws-sdk/nested-clients/sts'
import type { AwsCredentialIdentityProvider } from '@smithy/types'
import type { RequestSender } from '../http/request-sender.js'
import type { Log } from '../runner/deps.js'
import type { Endpoints } from './endpoints.js'
import { createRequestHandler } from './request-handler.js'
import { createRetryStrategy, fullJitter } from './retry-strategy.js'
import type { Backoff } from './retry-strategy.js'

/** Options of the client of STS. */
export interface StsClientOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly endpoints: Endpoints
  /** Maximum number of attempts per request. */
  readonly maxAttempts: number
  readonly backoff?: Backoff | undefined
  readonly log: Log
  readonly signal: AbortSignal
  readonly sendRequest?: RequestSender
  /** AssumeRoleWithWebIdentity does not require credentials. */
  readonly credentials?: AwsCredentialIdentityProvider
}

/** Creates the SDK's client of STS, in us-east-1. */
export function createStsClient(options: StsClientOptions): STSClient {
  const { endpoints, env, signal, log, maxAttempts, backoff = fullJitter, credentials } = options
  const { sts: endpoint, useDualStack, useFips } = endpoints
  return new STSClient({
    region: 'us-east-1',
    ...(endpoint === undefined
      ? { useDualstackEndpoint: useDualStack, useFipsEndpoint: useFips }
      : { endpoint, useDualstackEndpoint: false, useFipsEndpoint: false }),
    ...(credentials === undefined ? {} : { credentials }),
    retryStrategy: createRetryStrategy(maxAttempts, backoff, log, signal, 'AWS STS'),
    requestHandler: createRequestHandler(env, signal, options.sendRequest),
    customUserAgent: [['ecr-public-action']]
  })
}
