import type {
  ECRPUBLICClient,
  ServiceInputTypes,
  ServiceOutputTypes
} from '@aws-sdk/client-ecr-public'
import type { FinalizeRequestMiddleware } from '@smithy/types'
import { createRateLimiter } from '../http/rate-limiter.js'

/**
 * The rate limits of an account in calls per second, less 10 % for differences between clocks. AWS publishes no limits
 * for other operations, except for GetAuthorizationToken (200), which a step calls only a few times.
 *
 * Source: https://docs.aws.amazon.com/AmazonECR/latest/public/public-service-quotas.html
 */
const CALLS_PER_SECOND: Readonly<Record<string, number>> = {
  BatchCheckLayerAvailability: 180,
  CompleteLayerUpload: 9,
  InitiateLayerUpload: 9,
  PutImage: 9,
  UploadLayerPart: 234
}

/**
 * Delays each attempt of a call until the quota of its operation allows it.
 *
 * @param signal rejects all delayed attempts with its reason
 */
export function limitRates(client: ECRPUBLICClient, signal: AbortSignal): void {
  const waits = new Map(
    Object.entries(CALLS_PER_SECOND).map(([operation, calls]) => [
      operation,
      createRateLimiter({ calls, intervalMilliseconds: 1000 }, signal)
    ])
  )
  const limitRate: FinalizeRequestMiddleware<ServiceInputTypes, ServiceOutputTypes> =
    (next, context) => async (args) => {
      await waits.get(context.commandName?.replace(/Command$/, '') ?? '')?.()
      return next(args)
    }
  // After the retry middleware, to count each attempt, and before the signature, which contains the time.
  client.middlewareStack.addRelativeTo(limitRate, {
    name: 'limitRates',
    relation: 'before',
    toMiddleware: 'httpSigningMiddleware'
  })
}
