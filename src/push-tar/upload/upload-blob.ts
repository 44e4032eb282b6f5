import { isWorthRetrying } from '../../ecr-public/retry-strategy.js'
import type { StreamDigest } from '../../oci/digest.js'
import { MAX_LAYER_SIZE_BYTES } from '../../oci/manifest.js'
import { messageOf, problem } from '../../runner/errors.js'
import { limitMemory } from '../../runner/limit-memory.js'
import { MAX_PARTS } from '../limits.js'
import type { PushContext } from '../push-context.js'
import { checkDigest } from '../verify.js'
import type { PartBody } from './part-body.js'
import type { PartStream } from './part-stream.js'
import { sendPart, UploadLostError } from './send-part.js'
import type { SentPart } from './send-part.js'

/** The bytes to upload. */
export interface BlobSource {
  /** The name in errors. */
  readonly name: string
  /** Opens the stream of parts. It is called again for each upload that is restarted. */
  open(): PartStream
  /** The digest, if it is known. An upload with another digest is not completed. */
  readonly digest?: string | undefined
}

/** The size of heap and buffers in bytes from which garbage is collected between two parts. At most 55 MiB of it are in use. */
const MEMORY_BYTES = 68 * 1024 * 1024

/** The maximum number of uploads that are started for one blob. */
const MAX_UPLOADS = 3
/**
 * Errors that may not occur in another upload of the same bytes. A part is too small if the service received only the
 * beginning of the previous part, and the rest of it was sent as a part of its own.
 */
const RESTART_ERRORS: ReadonlySet<string> = new Set([
  'UploadNotFoundException',
  'InvalidLayerException',
  'LayerPartTooSmallException'
])

/**
 * Uploads a blob: initiates the upload, sends the parts in order, and completes it. The first part is built while the
 * upload is initiated, and each other part while the previous one is sent. An upload that the service has lost is restarted.
 */
export async function uploadBlob(source: BlobSource, context: PushContext): Promise<StreamDigest> {
  for (let uploads = 1; ; uploads++) {
    context.signal.throwIfAborted()
    try {
      return await uploadOnce(source, context)
    } catch (error) {
      if (!(error instanceof UploadLostError)) throw error
      if (uploads === MAX_UPLOADS) throw uploadFailed(source, error)
      context.log.info(`Restarting the upload of ${source.name}: ${error.message}`)
    }
  }
}

function uploadFailed({ name }: BlobSource, { message, cause }: UploadLostError): Error {
  return problem(
    {
      what: `The upload of ${name} failed ${MAX_UPLOADS} times`,
      value: message,
      fix: 'Run the step again.'
    },
    cause
  )
}

async function uploadOnce(source: BlobSource, context: PushContext): Promise<StreamDigest> {
  const parts = source.open()
  const prepared = parts.prepare()
  // The error is thrown after the call. Until then, it must not be an unhandled rejection.
  prepared.catch(() => undefined)
  try {
    const { uploadId, partSize } = await context.layerApi.initiate()
    await prepared
    parts.limitPartSize(partSize)
    await sendParts(source, parts, uploadId, context)
    const total = parts.total()
    checkDigest(source, total)
    await complete(uploadId, total.digest, context)
    return total
  } finally {
    await parts.close()
  }
}

async function sendParts(
  source: BlobSource,
  parts: PartStream,
  uploadId: string,
  context: PushContext
): Promise<void> {
  const sender = new PartSender(uploadId, context)
  try {
    for (let part = await parts.next(); part !== undefined; part = await parts.next()) {
      await sender.send(part)
      checkSize(source, parts)
      await limitMemory(MEMORY_BYTES)
    }
    await sender.end()
  } finally {
    await sender.settle()
  }
}

function checkSize({ name }: BlobSource, { size, capacity }: PartStream): void {
  const limit = Math.min(MAX_LAYER_SIZE_BYTES, MAX_PARTS * capacity)
  if (size <= limit) return
  throw problem({
    what: `${name} is too large for ECR Public`,
    expected: `An uploaded layer can have at most ${limit} bytes.`,
    fix: 'Split the build step that creates the layer.'
  })
}

/**
 * Sends the parts of one upload in order. While the service processes one part, the next one is transferred, and the one
 * after it can be built.
 */
class PartSender {
  private last: SentPart | undefined
  private beforeLast: SentPart | undefined
  private nextByte = 0

  constructor(
    private readonly uploadId: string,
    private readonly context: PushContext
  ) {}

  /** Starts to send a part when the part before the previous one has been received. */
  async send(part: PartBody): Promise<void> {
    const { buffers, layerApi, progress } = this.context
    try {
      await this.beforeLast?.received
    } catch (error) {
      buffers.release(part.memory)
      throw error
    }
    const { registryId, repositoryName } = layerApi.repository
    const partFirstByte = this.nextByte
    this.nextByte += part.length
    const partLastByte = this.nextByte - 1
    const { uploadId } = this
    const fields = { registryId, repositoryName, uploadId, partFirstByte, partLastByte }
    const sent = sendPart(part, fields, this.context, this.last)
    const received = sent.received
      .then(() => progress.sent(part.length))
      .finally(() => buffers.release(part.memory))
    // The error is thrown when a later part is sent. Until then, it must not be an unhandled rejection.
    received.catch(() => undefined)
    this.beforeLast = this.last
    this.last = { ...sent, received }
  }

  /** Resolves when all parts have been received. */
  async end(): Promise<void> {
    await this.last?.received
  }

  /** Resolves when no part is being sent. Never rejects. */
  async settle(): Promise<void> {
    await Promise.allSettled([this.beforeLast?.received, this.last?.received])
  }
}

/** Completes an upload. If the outcome of the call is unknown, the service is asked whether it has the layer. */
async function complete(
  uploadId: string,
  digest: string,
  { layerApi, signal }: PushContext
): Promise<void> {
  try {
    await layerApi.complete(uploadId, digest)
  } catch (error) {
    signal.throwIfAborted()
    const name = error instanceof Error ? error.name : ''
    if (name === 'LayerAlreadyExistsException') return
    const isOutcomeUnknown = name === 'UploadNotFoundException' || isWorthRetrying(error)
    if (isOutcomeUnknown && (await layerApi.check([digest])).has(digest)) return
    if (RESTART_ERRORS.has(name)) {
      throw new UploadLostError(messageOf(error), { cause: error })
    }
    throw error
  }
}
