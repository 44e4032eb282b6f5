import { messageOf } from '../../runner/errors.js'
import type { ListedImage } from '../rules/inventory.js'
import type { PlannedDeletion } from '../rules/plan-retention.js'
import type { DeletionOutcome } from './deletion-outcome.js'
import { findImages } from './find-images.js'
import type { ImageLookup } from './find-images.js'

/**
 * Finds out which deletions succeeded when the response does not report it. The other ones failed, for the reason of
 * `reasonOf`.
 *
 * @throws only if the run is cancelled
 */
export async function settleDeletions(
  lookup: ImageLookup,
  deletions: readonly PlannedDeletion[],
  reasonOf: (deletion: PlannedDeletion) => string,
  signal: AbortSignal
): Promise<Map<PlannedDeletion, DeletionOutcome>> {
  const outcomes = new Map<PlannedDeletion, DeletionOutcome>()
  try {
    const open = await settleByDigest(lookup, deletions, reasonOf, outcomes)
    const tagged = await findImages(
      lookup,
      open.map(({ row }) => ({ imageTag: row.tag }))
    )
    for (const deletion of open) outcomes.set(deletion, outcomeByTag(deletion, tagged, reasonOf))
  } catch (error) {
    signal.throwIfAborted()
    for (const deletion of deletions) {
      if (outcomes.has(deletion)) continue
      const reason = `${reasonOf(deletion)}; its current state could not be read: ${messageOf(error)}`
      outcomes.set(deletion, failed(reason))
    }
  }
  return outcomes
}

/** Settles deletions by the existence of the image. Returns the deletions whose tag has to be looked up. */
async function settleByDigest(
  lookup: ImageLookup,
  deletions: readonly PlannedDeletion[],
  reasonOf: (deletion: PlannedDeletion) => string,
  outcomes: Map<PlannedDeletion, DeletionOutcome>
): Promise<PlannedDeletion[]> {
  const byDigest = deletions.filter(({ kind }) => kind !== 'tag')
  const images = await findImages(
    lookup,
    byDigest.map(({ row }) => ({ imageDigest: row.digest }))
  )
  const tagsOf = new Map(images.map(({ digest, tags }) => [digest, tags]))
  const open = deletions.filter(({ kind }) => kind === 'tag')
  for (const deletion of byDigest) {
    const { kind, row } = deletion
    const tags = tagsOf.get(row.digest)
    if (tags === undefined) outcomes.set(deletion, { kind: 'deleted' })
    else if (kind === 'image' || tags.includes(row.tag ?? '')) {
      outcomes.set(deletion, failed(reasonOf(deletion)))
    } else {
      // The image still exists without the tag, which was either deleted or moved.
      open.push(deletion)
    }
  }
  return open
}

function outcomeByTag(
  deletion: PlannedDeletion,
  tagged: readonly ListedImage[],
  reasonOf: (deletion: PlannedDeletion) => string
): DeletionOutcome {
  const { tag = '', digest } = deletion.row
  const image = tagged.find(({ tags }) => tags.includes(tag))
  if (image === undefined) return { kind: 'deleted' }
  if (image.digest === digest) return failed(reasonOf(deletion))
  return {
    kind: 'kept',
    reason: `it was moved to ${image.digest} after it was listed`,
    isGone: false
  }
}

function failed(reason: string): DeletionOutcome {
  return { kind: 'failed', reason }
}
