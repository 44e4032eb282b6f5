import { ECRPUBLICClient } from '@aws-sdk/client-ecr-public'
import type { Log } from '../deps.js'

/**
 * The ECR Public API as the modes see it: `send` of the SDK's client, with retries, rate limits and
 * time-outs already in it.
 */
export type EcrPublicApi = Pick<ECRPUBLICClient, 'send'>

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
}

/**
 * The SDK's client, always in us-east-1 whatever `AWS_REGION` says, because only there does the API
 * serve every operation (https://docs.aws.amazon.com/general/latest/gr/ecr-public.html).
 */
export function createEcrPublicClient(options: EcrPublicClientOptions): ECRPUBLICClient {
  return new ECRPUBLICClient({ region: 'us-east-1', maxAttempts: options.maxAttempts })
}
