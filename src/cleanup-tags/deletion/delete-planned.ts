import type { PlannedDeletion, RetentionPlan } from '../rules/plan-retention.js'
import type { RetentionRow } from '../rules/retention-row.js'
import type { FinalOutcome, RefusedDeletion } from './deletion-outcome.js'
import { DeletionRun } from './deletion-run.js'
import type { DeletionScope, ExpectedImage } from './deletion-run.js'

/**
 * Carries out the deletions of one repository, phase by phase and with at most 100 per call. Images are checked right
 * before each call; an image that changed after it was listed is kept, as are the images it needs. Refused deletions are
 * retried once after all others, with referrers first for images that only deleted images refer to.
 *
 * @param images the images as listed, by digest
 * @returns the outcomes of the deletions that did not succeed
 * @throws only if the run is cancelled
 */
export async function deletePlanned(
  plan: Pick<RetentionPlan, 'deletions' | 'referrersFirst'>,
  images: ReadonlyMap<string, ExpectedImage>,
  scope: DeletionScope
): Promise<Map<RetentionRow, FinalOutcome>> {
  const run = new DeletionRun(images, scope)
  await run.deleteAll(plan.deletions)
  const refused = run.takeRefused()
  if (refused.length > 0) {
    const reordered = selectReferrersFirst(refused, (digest) => run.isDeleted(digest))
    const byRow = new Map(plan.referrersFirst.map((deletion) => [deletion.row, deletion]))
    const reorder = ({ deletion }: RefusedDeletion): PlannedDeletion => {
      const { phase, after } = byRow.get(deletion.row) ?? deletion
      return { ...deletion, phase, after }
    }
    await run.deleteAll(refused.filter((entry) => reordered.has(entry)).map(reorder))
    const others = refused.filter((entry) => !reordered.has(entry))
    await run.deleteAll(others.map(({ deletion }) => deletion))
  }
  return run.finish()
}

/**
 * Selects the deletions to retry with referrers first: images that only deleted or selected images refer to, and the
 * deletions that wait for such images. An image that an index of another client lists keeps its referrers.
 */
function selectReferrersFirst(
  refused: readonly RefusedDeletion[],
  isDeleted: (digest: string) => boolean
): Set<RefusedDeletion> {
  const byDigest = new Map<string, RefusedDeletion>()
  for (const entry of refused) {
    if (entry.deletion.kind !== 'tag') byDigest.set(entry.deletion.row.digest, entry)
  }
  const selected = new Set(refused)
  const isSelected = (digest: string): boolean => {
    const entry = byDigest.get(digest)
    return entry !== undefined && selected.has(entry)
  }
  // Removing one can require removing another, so repeat until nothing changes.
  for (let size = -1; size !== selected.size;) {
    size = selected.size
    for (const entry of selected) {
      const { isWaiting, holders } = entry.outcome
      const blockers = isWaiting ? entry.deletion.after : holders
      const hasUnknownHolder = !isWaiting && holders.length === 0
      const isFree = blockers.every((digest) => isDeleted(digest) || isSelected(digest))
      if (hasUnknownHolder || !isFree) selected.delete(entry)
    }
  }
  return selected
}
