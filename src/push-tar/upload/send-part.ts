import { isWorthRetrying } from '../../ecr-public/retry-strategy.js'
import { retryDelay } from '../../http/retry-delay.js'
import { messageOf, problem } from '../../runner/errors.js'
import type { PushContext } from '../push-context.js'
import { bodySize, PartBody } from './part-body.js'
import type { FinishedBody, PartFields } from './part-body.js'

/** Thrown if an upload cannot continue, but a new upload of the same layer can succeed. */
export class UploadLostError extends Error {
  override readonly name = 'UploadLostError'
}

const MAX_DELAY_MS = 20_000

/** A part that is being sent. */
export interface SentPart {
  /** Resolves to `true` if the service received the whole part in the first attempt after the previous part. Never rejects. */
  readonly isFirstAttemptEnough: Promise<boolean>
  /** Resolves when the service has received the whole part. */
  readonly received: Promise<void>
}

/**
 * Sends a part until the service has received all of it. A part may have been received although the connection broke.
 * The service then answers the next attempt with the last byte that it received, and the upload continues there.
 *
 * The service accepts parts only in order, and starts to process a part when its request is complete. The first attempt
 * therefore starts before the previous part is received, and holds back the end of its request until then. `received`
 * rejects with an UploadLostError if the upload no longer exists, or the service expects a byte outside of this part.
 *
 * @param previous the previous part of the same upload
 */
export function sendPart(
  part: PartBody,
  fields: PartFields,
  context: PushContext,
  previous?: SentPart
): SentPart {
  const mayEnd = previous?.isFirstAttemptEnough.then((isEnough) => {
    if (!isEnough) throw new Error('The previous part must be sent again')
  })
  const started = attemptPart(part, fields, context, mayEnd)
  const first = firstInOrder(started, previous, () => attemptPart(part, fields, context))
  // The errors are thrown by `completePart`. Until then, they must not be unhandled rejections.
  for (const promise of [mayEnd, started, first]) promise?.catch(() => undefined)
  return {
    isFirstAttemptEnough: first.then(
      ({ lastByteReceived }) => lastByteReceived === fields.partLastByte,
      () => false
    ),
    received: completePart(part, fields, context, first)
  }
}

/** Returns the outcome of the attempt that has started, or of a new one if the previous part had to be sent again. */
async function firstInOrder(
  started: Promise<AttemptOutcome>,
  previous: SentPart | undefined,
  attemptAgain: () => Promise<AttemptOutcome>
): Promise<AttemptOutcome> {
  if (previous === undefined || (await previous.isFirstAttemptEnough)) return started
  await previous.received
  return attemptAgain()
}

async function completePart(
  part: PartBody,
  fields: PartFields,
  context: PushContext,
  first: Promise<AttemptOutcome>
): Promise<void> {
  const { partFirstByte, partLastByte } = fields
  let nextByte = partFirstByte
  let outcome = await first
  for (let attempt = 1; ; attempt++) {
    if (outcome.lastByteReceived !== undefined) {
      nextByte = outcome.lastByteReceived + 1
      if (nextByte === partLastByte + 1) return
      if (nextByte < partFirstByte || nextByte > partLastByte) {
        throw new UploadLostError(
          `ECR Public expects byte ${nextByte} of the layer, but the part starts at byte ${partFirstByte}`
        )
      }
    }
    if (attempt >= context.partAttempts) throw outcome.error
    await waitBeforeRetry(attempt, outcome.error, context)
    outcome = await attemptPart(part, { ...fields, partFirstByte: nextByte }, context)
  }
}

/** The outcome of one attempt. */
interface AttemptOutcome {
  readonly lastByteReceived?: number | undefined
  /** The error to throw if this is the last attempt. */
  readonly error: unknown
}

async function attemptPart(
  part: PartBody,
  fields: PartFields,
  context: PushContext,
  mayEnd?: Promise<unknown>
): Promise<AttemptOutcome> {
  const { uploadId, partLastByte } = fields
  context.signal.throwIfAborted()
  try {
    const received = await context.layerApi.uploadPart(bodyOf(part, fields), uploadId, mayEnd)
    const error = problem({
      what: 'ECR Public received only a part of the bytes that were sent',
      value: `byte ${received ?? 'unknown'}`,
      expected: `The last byte is ${partLastByte}.`
    })
    return { lastByteReceived: received ?? partLastByte, error }
  } catch (error) {
    context.signal.throwIfAborted()
    const name = error instanceof Error ? error.name : ''
    if (name === 'UploadNotFoundException') {
      throw new UploadLostError('The upload no longer exists', { cause: error })
    }
    if (name === 'InvalidLayerPartException') {
      return { lastByteReceived: lastValidByte(error), error }
    }
    if (!isWorthRetrying(error)) throw error
    return { error }
  }
}

/** Returns the body of the part, or of its end if the service has already received its beginning. */
function bodyOf(part: PartBody, fields: PartFields): FinishedBody {
  const skipped = part.length - (fields.partLastByte - fields.partFirstByte + 1)
  if (skipped === 0) return part.finish(fields)
  const bytes = part.bytesFrom(skipped)
  const rest = new PartBody(Buffer.allocUnsafeSlow(bodySize(bytes.length)), bytes.length)
  rest.append(bytes)
  return rest.finish(fields)
}

/**
 * Returns the last byte that the service has received. If the response does not have a member for it, its message may
 * name the next byte (`First byte of the layer part is 0 instead of 11304960`, apple/container#1895).
 */
function lastValidByte(error: unknown): number | undefined {
  const { lastValidByteReceived } = error as { lastValidByteReceived?: unknown }
  if (typeof lastValidByteReceived === 'number') return lastValidByteReceived
  const next = /First byte .*\binstead of (\d{1,15})/.exec(messageOf(error))?.[1]
  return next === undefined ? undefined : Number(next) - 1
}

/** Waits with full jitter. If the service only reported which byte it expects, the next attempt starts immediately. */
async function waitBeforeRetry(
  attempt: number,
  error: unknown,
  { log, random, sleep }: PushContext
): Promise<void> {
  if (error instanceof Error && error.name === 'InvalidLayerPartException') return
  const wait = retryDelay(attempt, MAX_DELAY_MS, random())
  const seconds = (wait / 1000).toFixed(1)
  log.info(`Sending a part of a layer failed (${messageOf(error)}). Retrying in ${seconds} s`)
  await sleep(wait)
}
