import { ECRPUBLICClient } from '@aws-sdk/client-ecr-public'
import type { Log } from '../runner/log.js'
import { checkAnswers } from './check-answers.js'
import { nameOperations } from './operation-names.js'
import { createRequestHandler } from './request-handler.js'
import { createRetryStrategy, fullJitter } from './retry-strategy.js'
import type { Backoff } from './retry-strategy.js'
import { limitRates } from './rate-limits.js'

/** How the client behaves. */
export interface EcrPublicClientOptions {
  /** How often one call is tried before its error is final. */
  readonly maxAttempts: number
  /** The environment: endpoint, credentials and proxy. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Ends every call when the run is cancelled. */
  readonly signal: AbortSignal
  /** Where retries are told. */
  readonly log: Log
  /** The AWS credentials; found as the SDK finds them where they are left out. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** How long to wait between two attempts; full jitter where it is left out. */
  readonly backoff?: Backoff
  /** Whether calls are held back to the service's published rates; `true` where it is left out. */
  readonly limitsRates?: boolean
}

/**
 * The SDK's client, always in us-east-1 whatever `AWS_REGION` says, because only there does the API
 * serve every operation (https://docs.aws.amazon.com/general/latest/gr/ecr-public.html).
 */
export function createEcrPublicClient(options: EcrPublicClientOptions): ECRPUBLICClient {
  // The SDK warns at every start under Node 20, which the user of a bundle can do nothing about.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
  const endpoint = options.env.AWS_ENDPOINT_URL_ECR_PUBLIC || options.env.AWS_ENDPOINT_URL
  const client = new ECRPUBLICClient({
    region: 'us-east-1',
    ...(endpoint ? { endpoint } : {}),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
    retryStrategy: createRetryStrategy(
      options.maxAttempts,
      options.backoff ?? fullJitter,
      options.log,
      options.signal
    ),
    requestHandler: createRequestHandler(options.env, options.signal),
    customUserAgent: [['ecr-public-action']]
  })
  if (options.limitsRates !== false) limitRates(client, options.signal)
  checkAnswers(client)
  nameOperations(client)
  return client
}
