import { BatchDeleteImageCommand } from '@aws-sdk/client-ecr-public'
import type {
  BatchDeleteImageCommandOutput,
  ImageFailure,
  ImageIdentifier
} from '@aws-sdk/client-ecr-public'
import { messageOf } from '../errors.js'
import type { Deletion } from '../retention/retention-plan.js'
import { lookUpImages } from './look-up-images.js'
import type { LookUpScope } from './look-up-images.js'

/** What came of one deletion. */
export type Outcome =
  | { readonly kind: 'deleted' }
  /** The service refused it because an index refers to the image; or (`isWaiting`) it has to go after such a one. */
  | { readonly kind: 'refused'; readonly reason: string; readonly isWaiting: boolean }
  | { readonly kind: 'failed'; readonly reason: string }
  /** Nothing was tried, as it changed since it was listed. `isGone`: the image is no more. */
  | { readonly kind: 'left'; readonly reason: string; readonly isGone: boolean }

export const DELETED: Outcome = { kind: 'deleted' }

/** A batch, and what came of each of its deletions. */
export interface BatchResult {
  readonly outcomes: ReadonlyMap<Deletion, Outcome>
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
    const outcomes = await settle(scope, batch, () => messageOf(error), signal)
    return { outcomes, error }
  }
  return { outcomes: await readAnswer(scope, batch, answer, signal) }
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
      outcomes.set(deletion, { kind: 'refused', reason: textOf(failure), isWaiting: false })
    } else if (failure === undefined && isDone) {
      outcomes.set(deletion, DELETED)
    } else {
      unclear.set(deletion, failure === undefined ? 'the service did not say' : textOf(failure))
    }
  }
  const settled = await settle(scope, [...unclear.keys()], (one) => unclear.get(one) ?? '', signal)
  for (const [deletion, outcome] of settled) outcomes.set(deletion, outcome)
  return outcomes
}

function isAbout({ imageId }: ImageFailure, { row }: Deletion): boolean {
  if (row.tag !== undefined) return imageId?.imageTag === row.tag
  return imageId?.imageDigest === row.digest
}

function textOf({ failureCode, failureReason }: ImageFailure): string {
  return [failureCode, failureReason].filter((part) => part !== undefined).join(': ')
}

/** Looks which of the deletions took place; the others have failed, for the reason given. */
async function settle(
  scope: LookUpScope,
  deletions: readonly Deletion[],
  reasonOf: (deletion: Deletion) => string,
  signal: AbortSignal
): Promise<Map<Deletion, Outcome>> {
  const outcomes = new Map<Deletion, Outcome>()
  const byTag = deletions.filter(({ kind }) => kind === 'tag')
  const byDigest = deletions.filter(({ kind }) => kind !== 'tag')
  try {
    const tagged = await lookUpImages(
      scope,
      byTag.map(({ row }) => ({ imageTag: row.tag }))
    )
    for (const deletion of byTag) {
      const { tag = '', digest } = deletion.row
      const image = tagged.find(({ tags }) => tags.includes(tag))
      if (image === undefined) outcomes.set(deletion, DELETED)
      else if (image.digest === digest) outcomes.set(deletion, failed(reasonOf(deletion)))
      else {
        const reason = `it moved to ${image.digest} meanwhile`
        outcomes.set(deletion, { kind: 'left', reason, isGone: false })
      }
    }
    const existing = await lookUpImages(
      scope,
      byDigest.map(({ row }) => ({ imageDigest: row.digest }))
    )
    const digests = new Set(existing.map(({ digest }) => digest))
    for (const deletion of byDigest) {
      const isThere = digests.has(deletion.row.digest)
      outcomes.set(deletion, isThere ? failed(reasonOf(deletion)) : DELETED)
    }
  } catch (error) {
    signal.throwIfAborted()
    for (const deletion of deletions) {
      if (outcomes.has(deletion)) continue
      const reason = `${reasonOf(deletion)}; whether it was deleted could not be looked at: ${messageOf(error)}`
      outcomes.set(deletion, failed(reason))
    }
  }
  return outcomes
}

function failed(reason: string): Outcome {
  return { kind: 'failed', reason }
}
