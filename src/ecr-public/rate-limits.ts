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
 * clocks that differ. For operations that are not listed no rate is published; those of
 * GetAuthorizationToken (200 calls a second) are few in any step.
 */
const CALLS_PER_SECOND: Readonly<Record<string, number>> = {
  BatchCheckLayerAvailability: 180,
  CompleteLayerUpload: 9,
  InitiateLayerUpload: 9,
  PutImage: 9,
  UploadLayerPart: 234
}

/** Holds every attempt of a call back until the service's rate for it has room. */
export function limitRates(client: ECRPUBLICClient): void {
  const waits = new Map<string, () => Promise<void>>()
  const waitFor = async (operation: string): Promise<void> => {
    const limit = CALLS_PER_SECOND[operation]
    if (limit === undefined) return
    const wait = waits.get(operation) ?? createWait(limit)
    waits.set(operation, wait)
    await wait()
  }
  const limitRate: FinalizeRequestMiddleware<ServiceInputTypes, ServiceOutputTypes> =
    (next, context) => async (args) => {
      await waitFor(context.commandName?.replace(/Command$/, '') ?? '')
      return next(args)
    }
  // Inside the retries, so that each attempt is counted; before the signature, whose time must be fresh.
  client.middlewareStack.addRelativeTo(limitRate, {
    name: 'limitRates',
    relation: 'before',
    toMiddleware: 'httpSigningMiddleware'
  })
}

function createWait(limit: number): () => Promise<void> {
  return pThrottle({ limit, interval: 1000, strict: true })(() => Promise.resolve())
}
