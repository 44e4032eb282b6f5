import type {
  ECRPUBLICClient,
  ServiceInputTypes,
  ServiceOutputTypes
} from '@aws-sdk/client-ecr-public'
import type { FinalizeRequestMiddleware } from '@smithy/types'
import pThrottle from 'p-throttle'

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

/** Delays each attempt of a call so that the client does not exceed the service's rate limits. */
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
  // After the retry middleware, to count each attempt, and before the signature, which contains the time.
  client.middlewareStack.addRelativeTo(limitRate, {
    name: 'limitRates',
    relation: 'before',
    toMiddleware: 'httpSigningMiddleware'
  })
}

function createWait(limit: number): () => Promise<void> {
  return pThrottle({ limit, interval: 1000, strict: true })(() => Promise.resolve())
}
