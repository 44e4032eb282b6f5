import type { RepositoryAddress } from '../../ecr-public/listings.js'
import { isWorthRetrying } from '../../ecr-public/retry-strategy.js'
import { messageOf, problem } from '../../runner/errors.js'
import { MAX_LAYER_SIZE_BYTES, MAX_PARTS } from '../limits.js'
import type { PartBody } from './part-body.js'
import type { PartStream, StreamTotal } from './part-stream.js'
import type { PushContext } from '../push-context.js'
import { sendPart, UploadLostError } from './send-part.js'

/** Bytes on their way to the registry. */
export interface BlobSource {
  /** What it is called in errors. */
  readonly name: string
  /**
   * Its parts from the first one on; called once more for each upload that has to start anew.
   *
   * @param partSize the most bytes that a part may have
   */
  open(partSize: number): PartStream | Promise<PartStream>
  /** Where it is known; bytes that do not hash to it are never completed. */
  readonly digest?: string | undefined
}

/** How often the upload of one blob is begun. */
const MAX_UPLOADS = 3
/**
 * What another upload of the same bytes may not meet. A part is too small where the service took only the
 * beginning of one before it, and the rest then came on its own.
 */
const BEGIN_ANEW: ReadonlySet<string> = new Set([
  'UploadNotFoundException',
  'InvalidLayerException',
  'LayerPartTooSmallException'
])

/**
 * Uploads a blob: initiate, parts in order, complete. While one part is sent the next is made. An upload
 * that the service has lost is begun anew.
 */
export async function uploadBlob(
  source: BlobSource,
  repository: RepositoryAddress,
  context: PushContext
): Promise<StreamTotal> {
  await context.mayWrite()
  for (let begun = 1; ; begun++) {
    context.signal.throwIfAborted()
    try {
      return await uploadOnce(source, repository, context)
    } catch (error) {
      if (!(error instanceof UploadLostError) || begun === MAX_UPLOADS)
        throw finalError(source, error)
      context.deps.log.info(`The upload of ${source.name} starts anew: ${error.message}`)
    }
  }
}

function finalError(source: BlobSource, error: unknown): unknown {
  if (!(error instanceof UploadLostError)) return error
  return problem(
    {
      what: `${source.name} could not be uploaded, though it was begun ${MAX_UPLOADS} times`,
      value: error.message,
      fix: 'run the step again'
    },
    error.cause
  )
}

async function uploadOnce(
  source: BlobSource,
  repository: RepositoryAddress,
  context: PushContext
): Promise<StreamTotal> {
  const { uploadId, partSize } = await context.api.initiate()
  const parts = await source.open(partSize)
  const sender = new PartSender(repository, uploadId, context)
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
  checkDigest(source, total.digest)
  await complete(uploadId, total.digest, context)
  return total
}

function checkSize(source: BlobSource, { size, capacity }: PartStream): void {
  const limit = Math.min(MAX_LAYER_SIZE_BYTES, MAX_PARTS * capacity)
  if (size <= limit) return
  throw problem({
    what: `${source.name} is larger than ECR Public takes`,
    expected: `at most ${limit} bytes compressed (a quota that cannot be raised)`,
    fix: 'split the step of the build that makes it'
  })
}

function checkDigest(source: BlobSource, digest: string): void {
  if (source.digest === undefined || source.digest === digest) return
  throw problem({
    what: `${source.name} was changed while it was pushed: its bytes hash to another digest`,
    value: digest,
    expected: source.digest
  })
}

/** Sends the parts of one upload, one after the other; the next may be made while one is under way. */
class PartSender {
  private underWay: Promise<void> = Promise.resolve()
  private next = 0

  constructor(
    private readonly repository: RepositoryAddress,
    private readonly uploadId: string,
    private readonly context: PushContext
  ) {}

  /** Begins to send a part, once the one before has arrived. */
  async send(part: PartBody): Promise<void> {
    try {
      await this.underWay
    } catch (error) {
      this.context.buffers.release(part.memory)
      throw error
    }
    const partFirstByte = this.next
    this.next += part.length
    const place = {
      repository: this.repository,
      uploadId: this.uploadId,
      partFirstByte,
      partLastByte: this.next - 1
    }
    this.underWay = sendPart(part, place, this.context)
      .then(() => this.context.progress.sent(part.length))
      .finally(() => this.context.buffers.release(part.memory))
    // It is awaited before the next one; until then, a failure of it is nobody's.
    this.underWay.catch(() => undefined)
  }

  /** Resolves when all parts have arrived. */
  end(): Promise<void> {
    return this.underWay
  }

  /** Resolves when nothing is under way any more. */
  async settle(): Promise<void> {
    await Promise.allSettled([this.underWay])
  }
}

/** Completes an upload; where the answer leaves it open whether it worked, the service is asked. */
async function complete(uploadId: string, digest: string, context: PushContext): Promise<void> {
  try {
    await context.api.complete(uploadId, digest)
  } catch (error) {
    context.signal.throwIfAborted()
    const name = error instanceof Error ? error.name : ''
    if (name === 'LayerAlreadyExistsException') return
    const isOpen = name === 'UploadNotFoundException' || isWorthRetrying(error)
    if (isOpen && (await context.api.check([digest])).has(digest)) return
    if (BEGIN_ANEW.has(name)) {
      throw new UploadLostError(messageOf(error), { cause: error })
    }
    throw error
  }
}
