import type {
  ECRPUBLICClient,
  ServiceInputTypes,
  ServiceOutputTypes
} from '@aws-sdk/client-ecr-public'
import type { FinalizeRequestMiddleware } from '@smithy/types'
import { createRateLimiter } from '../http/rate-limiter.js'

/**
 * The maximum number of calls per second and operation: the quota of an account
 * (https://docs.aws.amazon.com/AmazonECR/latest/public/public-service-quotas.html), less 10 % to allow for clock
 * differences. Other operations are not limited, because their quotas are not published or not reached by a
 * step (GetAuthorizationToken).
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
  // Inside the retries, so that each attempt counts. Before the signature, which is valid for a limited time.
  client.middlewareStack.addRelativeTo(limitRate, {
    name: 'limitRates',
    relation: 'before',
    toMiddleware: 'httpSigningMiddleware'
  })
}
