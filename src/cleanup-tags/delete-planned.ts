import type { Deletion, RetentionPlan, Row } from './rules/retention-plan.js'
import { DeletionRun } from './deletion-run.js'
import type { DeletionScope, Entry, ExpectedImage, FinalOutcome } from './deletion-run.js'

/**
 * Carries the deletions of one repository out, wave by wave, at most 100 a call. Right before each call its images
 * are looked at once more: what is not as it was listed is left, and so is what such an image needs. What the
 * service refuses as still referenced is tried once more after all others; where it is referred to by images that
 * go too, after those.
 *
 * @param expected the images of the deletions as they were listed; kept up to date here
 * @throws only where the run is cancelled
 */
export async function deletePlanned(
  plan: Pick<RetentionPlan, 'deletions' | 'referrersFirst'>,
  expected: Map<string, ExpectedImage>,
  scope: DeletionScope
): Promise<Map<Row, FinalOutcome>> {
  const run = new DeletionRun(expected, scope)
  await run.pass(plan.deletions)
  const refused = run.takeRefused()
  if (refused.length > 0) {
    const turned = findTurned(refused, (digest) => run.hasGone(digest))
    const places = new Map(plan.referrersFirst.map((deletion) => [deletion.row, deletion]))
    const turn = ({ deletion }: Entry): Deletion => {
      const { wave, after } = places.get(deletion.row) ?? deletion
      return { ...deletion, wave, after }
    }
    await run.pass(refused.filter((entry) => turned.has(entry)).map(turn))
    await run.pass(refused.filter((entry) => !turned.has(entry)).map(({ deletion }) => deletion))
  }
  return run.finish()
}

/**
 * What has to be tried with referrers first: images that nothing holds but what is gone by now or is tried with
 * them, and what waits for such images alone. What somebody else's index holds stays whole, with its referrers.
 */
function findTurned(refused: readonly Entry[], isGone: (digest: string) => boolean): Set<Entry> {
  const whole = new Map<string, Entry>()
  for (const entry of refused) {
    if (entry.deletion.kind !== 'tag') whole.set(entry.deletion.row.digest, entry)
  }
  const turned = new Set(refused)
  const isTurned = (digest: string): boolean => {
    const entry = whole.get(digest)
    return entry !== undefined && turned.has(entry)
  }
  // Each that falls out may take others with it, until none does.
  for (let size = -1; size !== turned.size;) {
    size = turned.size
    for (const entry of turned) {
      const { isWaiting, holders } = entry.outcome
      const { after } = entry.deletion
      const isHeld = !isWaiting && holders.length === 0
      const inTheWay = isWaiting ? after : holders
      if (isHeld || !inTheWay.every((digest) => isGone(digest) || isTurned(digest))) {
        turned.delete(entry)
      }
    }
  }
  return turned
}
