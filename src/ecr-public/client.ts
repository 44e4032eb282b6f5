import { ECRPUBLICClient } from '@aws-sdk/client-ecr-public'
import type { Log } from '../runner/deps.js'
import { checkResponses } from './check-responses.js'
import { createCredentials } from './credentials.js'
import { recordOperations } from './operation-names.js'
import { createRequestHandler } from './request-handler.js'
import { createRetryStrategy, fullJitter } from './retry-strategy.js'
import type { Backoff } from './retry-strategy.js'
import { limitRates } from './rate-limits.js'

/** Options of the client. */
export interface EcrPublicClientOptions {
  /** Maximum number of attempts per API call. */
  readonly maxAttempts: number
  /** The environment: endpoint, credentials and proxy. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Ends all calls when the run is cancelled. */
  readonly signal: AbortSignal
  /** Receives one line per retry. */
  readonly log: Log
  /** The AWS credentials. The default is the result of `createCredentials`. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** The time between two attempts. The default is full jitter. */
  readonly backoff?: Backoff
  /** Limits calls to the published rates of the service. The default is `true`. */
  readonly limitsRates?: boolean
}

/**
 * Creates the SDK's client. It ignores `AWS_REGION`, since only us-east-1 supports all operations
 * (https://docs.aws.amazon.com/general/latest/gr/ecr-public.html).
 */
export function createEcrPublicClient(options: EcrPublicClientOptions): ECRPUBLICClient {
  // The SDK prints a warning for Node.js 20, but users of the bundle cannot change the version.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
  const endpoint = options.env.AWS_ENDPOINT_URL_ECR_PUBLIC || options.env.AWS_ENDPOINT_URL
  const credentials = options.credentials ?? createCredentials(options.env)
  const client = new ECRPUBLICClient({
    region: 'us-east-1',
    ...(endpoint ? { endpoint } : {}),
    ...(credentials === undefined ? {} : { credentials }),
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
  checkResponses(client)
  recordOperations(client)
  return client
}
