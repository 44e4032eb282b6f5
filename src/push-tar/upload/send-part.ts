import type { RepositoryAddress } from '../../ecr-public/listings.js'
import { isWorthRetrying } from '../../ecr-public/retry-strategy.js'
import { messageOf, problem } from '../../runner/errors.js'
import { bodySize, PartBody } from './part-body.js'
import type { PushContext } from '../push-context.js'

/** Where a part belongs. */
export interface PartPlace {
  readonly repository: RepositoryAddress
  readonly uploadId: string
  readonly partFirstByte: number
  readonly partLastByte: number
}

/** Thrown where an upload cannot go on, but a new one of the same layer can do it. */
export class UploadLostError extends Error {
  override readonly name = 'UploadLostError'
}

const BASE_DELAY_MS = 500
const MAX_DELAY_MS = 20_000

/**
 * Sends a part until the service has it. Where the connection broke, the part may have arrived all the
 * same: the service then answers to the next attempt which byte it has last, and the upload goes on from
 * there.
 *
 * @throws UploadLostError where the service knows the upload no more, or is at a byte outside of this part
 */
export async function sendPart(
  part: PartBody,
  place: PartPlace,
  context: PushContext
): Promise<void> {
  const { partFirstByte, partLastByte } = place
  // The next byte that the service waits for.
  let next = partFirstByte
  for (let attempt = 1; ; attempt++) {
    context.signal.throwIfAborted()
    const outcome = await attemptPart(part, { ...place, partFirstByte: next }, context)
    if (outcome.received !== undefined) {
      next = outcome.received + 1
      if (next === partLastByte + 1) return
      if (next < partFirstByte || next > partLastByte) {
        throw new UploadLostError(
          `the service waits for byte ${next} of the layer, not for ${partFirstByte}`
        )
      }
    }
    if (attempt >= context.partAttempts) throw outcome.error
    await waitBefore(attempt, outcome.error, context)
  }
}

/** What came of sending a part once. */
interface PartOutcome {
  /** The last byte that the service says it has, where it says so. */
  readonly received?: number | undefined
  readonly error: unknown
}

async function attemptPart(
  part: PartBody,
  place: PartPlace,
  context: PushContext
): Promise<PartOutcome> {
  try {
    const body = bodyOf(part, place)
    const received = await context.api.uploadPart(body, place.uploadId)
    const error = problem({
      what: 'The service took less of a layer than was sent',
      value: `byte ${received ?? 'unknown'}`,
      expected: `byte ${place.partLastByte}`
    })
    return { received: received ?? place.partLastByte, error }
  } catch (error) {
    context.signal.throwIfAborted()
    const name = error instanceof Error ? error.name : ''
    if (name === 'UploadNotFoundException') {
      throw new UploadLostError('the service knows the upload no more', { cause: error })
    }
    if (name === 'InvalidLayerPartException') return { received: lastValidByte(error), error }
    if (!isWorthRetrying(error)) throw error
    return { error }
  }
}

/** The part as it was made, or, where the service has its beginning already, the rest of it. */
function bodyOf(part: PartBody, place: PartPlace): Buffer {
  const { repository, uploadId, partFirstByte, partLastByte } = place
  const { registryId, repositoryName } = repository
  const fields = { registryId, repositoryName, uploadId, partFirstByte, partLastByte }
  const skipped = part.length - (partLastByte - partFirstByte + 1)
  if (skipped === 0) return part.finish(fields)
  const bytes = part.bytesFrom(skipped)
  const rest = new PartBody(Buffer.allocUnsafeSlow(bodySize(bytes.length)), bytes.length)
  rest.append(bytes)
  return rest.finish(fields)
}

/**
 * The last byte that the service has of an upload. Where the answer lacks the member for it, its text may
 * name the next byte (`First byte of the layer part is 0 instead of 11304960`, apple/container#1895).
 */
function lastValidByte(error: unknown): number | undefined {
  const { lastValidByteReceived } = error as { lastValidByteReceived?: unknown }
  if (typeof lastValidByteReceived === 'number') return lastValidByteReceived
  const next = /First byte .*\binstead of (\d{1,15})/.exec(messageOf(error))?.[1]
  return next === undefined ? undefined : Number(next) - 1
}

/** Full jitter; an answer that only says where to go on is followed at once. */
async function waitBefore(attempt: number, error: unknown, context: PushContext): Promise<void> {
  const { deps } = context
  if (error instanceof Error && error.name === 'InvalidLayerPartException') return
  const wait = deps.random() * Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** (attempt - 1))
  deps.log.info(
    `A part of a layer was not taken (${messageOf(error)}), sent again in ${(wait / 1000).toFixed(1)} s`
  )
  await deps.sleep(wait)
}
