import { BatchDeleteImageCommand } from '@aws-sdk/client-ecr-public'
import type {
  BatchDeleteImageCommandOutput,
  ImageFailure,
  ImageIdentifier
} from '@aws-sdk/client-ecr-public'
import { messageOf } from '../../runner/errors.js'
import type { PlannedDeletion } from '../rules/plan-retention.js'
import type { DeletionOutcome, DeletionRefusal } from './deletion-outcome.js'
import type { ImageLookup } from './find-images.js'
import { settleDeletions } from './settle-deletions.js'

/** The result of one BatchDeleteImage call. */
export interface BatchResult {
  readonly outcomes: ReadonlyMap<PlannedDeletion, DeletionOutcome>
  /** Warnings about tags that were created after the last check and were deleted too, one sentence each. */
  readonly unexpected: readonly string[]
  /** The error of the call if the call itself failed. */
  readonly error?: unknown
}

/**
 * Deletes at most 100 tags and images with one call. Looks up the deletions whose outcome is not in the response: an
 * attempt whose connection failed can have succeeded, and its retry then reports missing images.
 *
 * @throws only if the run is cancelled
 */
export async function deleteBatch(
  lookup: ImageLookup,
  batch: readonly PlannedDeletion[],
  signal: AbortSignal
): Promise<BatchResult> {
  let response: BatchDeleteImageCommandOutput
  try {
    response = await lookup.api.send(
      new BatchDeleteImageCommand({ ...lookup.repository, imageIds: batch.map(toImageId) })
    )
  } catch (error) {
    signal.throwIfAborted()
    const outcomes = await settleDeletions(lookup, batch, () => messageOf(error), signal)
    return { outcomes, unexpected: [], error }
  }
  const outcomes = await readResponse(lookup, batch, response, signal)
  return { outcomes, unexpected: listUnexpected(batch, response.imageIds ?? []) }
}

function toImageId({ kind, row }: PlannedDeletion): ImageIdentifier {
  switch (kind) {
    case 'tag':
      return { imageTag: row.tag }
    case 'image-by-tag':
      return { imageTag: row.tag, imageDigest: row.digest }
    case 'image':
      return { imageDigest: row.digest }
    default:
      return kind satisfies never
  }
}

async function readResponse(
  lookup: ImageLookup,
  batch: readonly PlannedDeletion[],
  { imageIds = [], failures = [] }: BatchDeleteImageCommandOutput,
  signal: AbortSignal
): Promise<Map<PlannedDeletion, DeletionOutcome>> {
  const deletedTags = new Set(imageIds.map(({ imageTag }) => imageTag))
  const deletedDigests = new Set(imageIds.map(({ imageDigest }) => imageDigest))
  const outcomes = new Map<PlannedDeletion, DeletionOutcome>()
  const unclear = new Map<PlannedDeletion, string>()
  for (const deletion of batch) {
    const { kind, row } = deletion
    const failure = failures.find((candidate) => isFailureOf(candidate, deletion))
    const isDeleted = kind === 'image' ? deletedDigests.has(row.digest) : deletedTags.has(row.tag)
    if (failure?.failureCode === 'ImageReferencedByManifestList') {
      outcomes.set(deletion, toRefusal(failure))
    } else if (failure === undefined && isDeleted) {
      outcomes.set(deletion, { kind: 'deleted' })
    } else {
      const reason = failure === undefined ? 'the response does not contain it' : textOf(failure)
      unclear.set(deletion, reason)
    }
  }
  const settled = await settleDeletions(
    lookup,
    [...unclear.keys()],
    (deletion) => unclear.get(deletion) ?? '',
    signal
  )
  for (const [deletion, outcome] of settled) outcomes.set(deletion, outcome)
  return outcomes
}

function isFailureOf({ imageId = {} }: ImageFailure, { kind, row }: PlannedDeletion): boolean {
  if (imageId.imageTag !== undefined) return kind !== 'image' && imageId.imageTag === row.tag
  return kind !== 'tag' && imageId.imageDigest === row.digest
}

function toRefusal(failure: ImageFailure): DeletionRefusal {
  // "Requested image referenced by manifest list: [sha256:…]". Older responses do not have the list.
  const holders = failure.failureReason?.match(/sha256:[0-9a-f]{64}/g) ?? []
  return { kind: 'refused', reason: textOf(failure), isWaiting: false, holders }
}

/** Lists tags that were created or moved between the last check and the call, and that the call deleted. */
function listUnexpected(
  batch: readonly PlannedDeletion[],
  deleted: readonly ImageIdentifier[]
): string[] {
  const requested = new Map(batch.map(({ row }) => [row.tag, row.digest]))
  return deleted.flatMap(({ imageTag, imageDigest = 'an unknown image' }) => {
    if (imageTag === undefined || requested.get(imageTag) === imageDigest) return []
    return `Tag ${imageTag} of ${imageDigest} was created just before the deletion and was deleted too.`
  })
}

function textOf({ failureCode, failureReason }: ImageFailure): string {
  return [failureCode, failureReason].filter((part) => part !== undefined).join(': ')
}
