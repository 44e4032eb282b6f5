import { isWorthRetrying } from '../../ecr-public/retry-strategy.js'
import type { StreamDigest } from '../../oci/digest.js'
import { MAX_LAYER_SIZE_BYTES } from '../../oci/manifest.js'
import { messageOf, problem } from '../../runner/errors.js'
import { MAX_PARTS } from '../limits.js'
import type { PushContext } from '../push-context.js'
import { checkDigest } from '../verify.js'
import type { PartBody } from './part-body.js'
import type { PartStream } from './part-stream.js'
import { sendPart, UploadLostError } from './send-part.js'

/** The bytes to upload. */
export interface BlobSource {
  /** The name in errors. */
  readonly name: string
  /**
   * Opens the stream of parts. It is called again for each upload that is restarted.
   *
   * @param partSize the maximum size of a part in bytes
   */
  open(partSize: number): PartStream
  /** The digest, if it is known. An upload with another digest is not completed. */
  readonly digest?: string | undefined
}

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
 * Uploads a blob: initiates the upload, sends the parts in order, and completes it. While one part is sent, the next one
 * is built. An upload that the service has lost is restarted.
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
  const { uploadId, partSize } = await context.layerApi.initiate()
  const parts = source.open(partSize)
  const sender = new PartSender(uploadId, context)
  try {
    for (let part = await parts.next(); part !== undefined; part = await parts.next()) {
      await sender.send(part)
      checkSize(source, parts)
    }
    await sender.end()
  } finally {
    await parts.close()
    await sender.settle()
  }
  const total = parts.total()
  checkDigest(source, total)
  await complete(uploadId, total.digest, context)
  return total
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

/** Sends the parts of one upload, one after another. The next part can be built while one is sent. */
class PartSender {
  private sending: Promise<void> = Promise.resolve()
  private nextByte = 0

  constructor(
    private readonly uploadId: string,
    private readonly context: PushContext
  ) {}

  /** Starts to send a part when the previous part has been received. */
  async send(part: PartBody): Promise<void> {
    const { buffers, layerApi, progress } = this.context
    try {
      await this.sending
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
    this.sending = sendPart(part, fields, this.context)
      .then(() => progress.sent(part.length))
      .finally(() => buffers.release(part.memory))
    // The error is thrown when the next part is sent. Until then, it must not be an unhandled rejection.
    this.sending.catch(() => undefined)
  }

  /** Resolves when all parts have been received. */
  end(): Promise<void> {
    return this.sending
  }

  /** Resolves when no part is being sent. Never rejects. */
  async settle(): Promise<void> {
    await Promise.allSettled([this.sending])
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
