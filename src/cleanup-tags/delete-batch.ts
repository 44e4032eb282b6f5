import { BatchDeleteImageCommand } from '@aws-sdk/client-ecr-public'
import type {
  BatchDeleteImageCommandOutput,
  ImageFailure,
  ImageIdentifier
} from '@aws-sdk/client-ecr-public'
import { messageOf } from '../runner/errors.js'
import type { Deletion } from './rules/retention-plan.js'
import type { LookUpScope } from './look-up-images.js'
import type { Outcome, Refusal } from './outcome.js'
import { settleDeletions } from './settle-deletions.js'

/** A batch, and what came of each of its deletions. */
export interface BatchResult {
  readonly outcomes: ReadonlyMap<Deletion, Outcome>
  /** What went beside what was asked for, a sentence each: nobody can see into the moment before the call. */
  readonly surprises: readonly string[]
  /** Set where the call itself failed: what the service or the network said. */
  readonly error?: unknown
}

/**
 * Deletes at most 100 tags and images in one call. What the answer leaves open is looked at once more: an attempt
 * whose connection broke may have done its work, and the next one then finds nothing.
 *
 * @throws only where the run is cancelled
 */
export async function deleteBatch(
  scope: LookUpScope,
  batch: readonly Deletion[],
  signal: AbortSignal
): Promise<BatchResult> {
  let answer: BatchDeleteImageCommandOutput
  try {
    answer = await scope.api.send(
      new BatchDeleteImageCommand({ ...scope.repository, imageIds: batch.map(toImageId) })
    )
  } catch (error) {
    signal.throwIfAborted()
    const outcomes = await settleDeletions(scope, batch, () => messageOf(error), signal)
    return { outcomes, surprises: [], error }
  }
  const outcomes = await readAnswer(scope, batch, answer, signal)
  return { outcomes, surprises: findSurprises(batch, answer.imageIds ?? []) }
}

function toImageId({ kind, row }: Deletion): ImageIdentifier {
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

async function readAnswer(
  scope: LookUpScope,
  batch: readonly Deletion[],
  { imageIds = [], failures = [] }: BatchDeleteImageCommandOutput,
  signal: AbortSignal
): Promise<Map<Deletion, Outcome>> {
  const doneTags = new Map(imageIds.map(({ imageTag, imageDigest }) => [imageTag, imageDigest]))
  const doneDigests = new Set(imageIds.map(({ imageDigest }) => imageDigest))
  const outcomes = new Map<Deletion, Outcome>()
  const unclear = new Map<Deletion, string>()
  for (const deletion of batch) {
    const { kind, row } = deletion
    const failure = failures.find((candidate) => isAbout(candidate, deletion))
    const isDone = kind === 'image' ? doneDigests.has(row.digest) : doneTags.has(row.tag)
    if (failure?.failureCode === 'ImageReferencedByManifestList') {
      outcomes.set(deletion, refusalOf(failure))
    } else if (failure === undefined && isDone) {
      outcomes.set(deletion, { kind: 'deleted' })
    } else {
      unclear.set(deletion, failure === undefined ? 'the service did not say' : textOf(failure))
    }
  }
  const settled = await settleDeletions(
    scope,
    [...unclear.keys()],
    (one) => unclear.get(one) ?? '',
    signal
  )
  for (const [deletion, outcome] of settled) outcomes.set(deletion, outcome)
  return outcomes
}

function isAbout({ imageId = {} }: ImageFailure, { kind, row }: Deletion): boolean {
  if (imageId.imageTag !== undefined) return kind !== 'image' && imageId.imageTag === row.tag
  return kind !== 'tag' && imageId.imageDigest === row.digest
}

function refusalOf(failure: ImageFailure): Refusal {
  // "Requested image referenced by manifest list: [sha256:…]"; older answers have no list.
  const holders = failure.failureReason?.match(/sha256:[0-9a-f]{64}/g) ?? []
  return { kind: 'refused', reason: textOf(failure), isWaiting: false, holders }
}

/** Tags that somebody set in the moment between the last look and the call, and that went with it. */
function findSurprises(batch: readonly Deletion[], gone: readonly ImageIdentifier[]): string[] {
  const asked = new Map(batch.map(({ row }) => [row.tag, row.digest]))
  return gone.flatMap(({ imageTag, imageDigest = 'an unknown image' }) => {
    if (imageTag === undefined || asked.get(imageTag) === imageDigest) return []
    return `Tag ${imageTag} of ${imageDigest} was set in the moment before its deletion and went too`
  })
}

function textOf({ failureCode, failureReason }: ImageFailure): string {
  return [failureCode, failureReason].filter((part) => part !== undefined).join(': ')
}
