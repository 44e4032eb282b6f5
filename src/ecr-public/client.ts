import { ECRPUBLICClient } from '@aws-sdk/client-ecr-public'
import type { Log } from '../runner/deps.js'
import { checkResponses } from './check-responses.js'
import { createCredentials } from './credentials.js'
import type { Endpoints } from './endpoints.js'
import { recordOperations } from './operation-names.js'
import { recordProviderErrors } from './provider-errors.js'
import { createRequestHandler } from './request-handler.js'
import { createRetryStrategy, fullJitter } from './retry-strategy.js'
import type { Backoff } from './retry-strategy.js'
import { limitRates } from './rate-limits.js'
import { renewCredentials } from './role/renew-credentials.js'
import type { Role } from './role/role.js'

/** Options of the client. */
export interface EcrPublicClientOptions {
  /** Maximum number of attempts per API call. */
  readonly maxAttempts: number
  /** The environment: credentials and proxy. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** The endpoints, as `readEndpoints` returns them. */
  readonly endpoints: Pick<Endpoints, 'api' | 'sts' | 'useDualStack'>
  /** Ends all calls when the run is cancelled. */
  readonly signal: AbortSignal
  /** Receives one line per retry. */
  readonly log: Log
  /** The role of `role-to-assume`. It wins over all other credentials. */
  readonly role?: Role | undefined
  /** The profile whose credentials are used, as `findProfile` returns it. */
  readonly profile?: string | undefined
  /** The AWS credentials. The default is the result of `createCredentials`. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** The time between two attempts. The default is full jitter. */
  readonly backoff?: Backoff
  /** Limits calls to the published rates of the service. The default is `true`. */
  readonly limitsRates?: boolean
}

/** Options of the STS client of the SDK's credential providers, which reject these switches with an endpoint. */
const CUSTOM_STS = { useDualstackEndpoint: false, useFipsEndpoint: false }

/**
 * Creates the SDK's client. It ignores `AWS_REGION`, since only us-east-1 supports all operations
 * (https://docs.aws.amazon.com/general/latest/gr/ecr-public.html).
 */
export function createEcrPublicClient(options: EcrPublicClientOptions): ECRPUBLICClient {
  // The SDK prints a warning for Node.js 20, but users of the bundle cannot change the version.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
  const { api: endpoint, useDualStack } = options.endpoints
  const { profile } = options
  const credentials = options.credentials ?? createCredentials(options.env, options.role, profile)
  const client = new ECRPUBLICClient({
    region: 'us-east-1',
    ...(endpoint === undefined ? {} : { endpoint }),
    useDualstackEndpoint: endpoint === undefined && useDualStack,
    useFipsEndpoint: false,
    ...(credentials === undefined ? {} : { credentials }),
    ...(options.endpoints.sts === undefined ? {} : { clientConfig: CUSTOM_STS }),
    retryStrategy: createRetryStrategy(
      options.maxAttempts,
      options.backoff ?? fullJitter,
      options.log,
      options.signal
    ),
    requestHandler: createRequestHandler(options.env, options.signal),
    customUserAgent: [['ecr-public-action']]
  })
  if (credentials === undefined || profile !== undefined) recordProviderErrors(client, profile)
  if (options.limitsRates !== false) limitRates(client, options.signal)
  checkResponses(client)
  if (options.role !== undefined) renewCredentials(client, options.role)
  recordOperations(client)
  return client
}
