import { messageOf } from '../runner/errors.js'
import type { ListedImage } from './rules/inventory.js'
import type { Deletion } from './rules/retention-plan.js'
import { lookUpImages } from './look-up-images.js'
import type { LookUpScope } from './look-up-images.js'
import type { Outcome } from './outcome.js'

/**
 * Looks which of the deletions took place, where the service did not say; the others have failed, for the reason
 * given.
 *
 * @throws only where the run is cancelled
 */
export async function settleDeletions(
  scope: LookUpScope,
  deletions: readonly Deletion[],
  reasonOf: (deletion: Deletion) => string,
  signal: AbortSignal
): Promise<Map<Deletion, Outcome>> {
  const outcomes = new Map<Deletion, Outcome>()
  try {
    const open = await settleByDigest(scope, deletions, reasonOf, outcomes)
    const tagged = await lookUpImages(
      scope,
      open.map(({ row }) => ({ imageTag: row.tag }))
    )
    for (const deletion of open) outcomes.set(deletion, outcomeByTag(deletion, tagged, reasonOf))
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

/** Settles what the existence of the image tells; resolves to those of which the tag has to be looked at. */
async function settleByDigest(
  scope: LookUpScope,
  deletions: readonly Deletion[],
  reasonOf: (deletion: Deletion) => string,
  outcomes: Map<Deletion, Outcome>
): Promise<Deletion[]> {
  const byDigest = deletions.filter(({ kind }) => kind !== 'tag')
  const images = await lookUpImages(
    scope,
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
      // The image is there without the tag, which went alone or was moved.
      open.push(deletion)
    }
  }
  return open
}

function outcomeByTag(
  deletion: Deletion,
  tagged: readonly ListedImage[],
  reasonOf: (deletion: Deletion) => string
): Outcome {
  const { tag = '', digest } = deletion.row
  const image = tagged.find(({ tags }) => tags.includes(tag))
  if (image === undefined) return { kind: 'deleted' }
  if (image.digest === digest) return failed(reasonOf(deletion))
  return { kind: 'left', reason: `it moved to ${image.digest} meanwhile`, isGone: false }
}

function failed(reason: string): Outcome {
  return { kind: 'failed', reason }
}
