import type {
  ECRPUBLICClient,
  ServiceInputTypes,
  ServiceOutputTypes
} from '@aws-sdk/client-ecr-public'
import type { FinalizeRequestMiddleware } from '@smithy/types'
import pThrottle from 'p-throttle'

/**
 * How many calls a second the service takes of one account
 * (https://docs.aws.amazon.com/AmazonECR/latest/public/public-service-quotas.html), less a tenth for
 * clocks that differ. For operations that are not listed no rate is published.
 */
const CALLS_PER_SECOND: Readonly<Record<string, number>> = {
  BatchCheckLayerAvailability: 180,
  CompleteLayerUpload: 9,
  GetAuthorizationToken: 180,
  InitiateLayerUpload: 9,
  PutImage: 9,
  UploadLayerPart: 234
}

/** Holds every attempt of a call back until the service's rate for it has room. */
export function limitRates(client: ECRPUBLICClient): void {
  const waits = new Map(
    Object.entries(CALLS_PER_SECOND).map(([operation, limit]) => [
      `${operation}Command`,
      pThrottle({ limit, interval: 1000, strict: true })(() => Promise.resolve())
    ])
  )
  const limitRate: FinalizeRequestMiddleware<ServiceInputTypes, ServiceOutputTypes> =
    (next, context) => async (args) => {
      await waits.get(context.commandName ?? '')?.()
      return next(args)
    }
  // Inside the retries, so that each attempt is counted; before the signature, whose time must be fresh.
  client.middlewareStack.addRelativeTo(limitRate, {
    name: 'limitRates',
    relation: 'before',
    toMiddleware: 'httpSigningMiddleware'
  })
}
