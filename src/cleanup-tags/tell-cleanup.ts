import type { Log } from '../runner/deps.js'
import { shortDigest } from '../oci/digest.js'
import { targetOf } from './cleanup-result.js'
import type { RepositoryResult } from './cleanup-result.js'
import { formatCount } from './format.js'
import type { RepositoryPlan } from './look-at-repository.js'

/** Lines of the log that one repository takes for its plan; the plan file has all rows. */
const MAX_LINES = 200
/** Annotations that a run should not have more of for one repository. */
const MAX_WARNINGS = 10

/** Tells what is to go in a repository, before anything goes. */
export async function tellPlan(plan: RepositoryPlan, log: Log): Promise<void> {
  const repository = plan.repository.repositoryName
  for (const digest of plan.unreadable) {
    log.warning(
      `${repository}: index ${shortDigest(digest)} could not be read, so no image of the repository goes`
    )
  }
  const going = plan.rows.filter(({ verdict }) => verdict.goes)
  const title = `${repository}: ${going.length} of ${plan.rows.length} go`
  await log.group(title, () => {
    for (const row of going.slice(0, MAX_LINES)) {
      log.info(`delete ${targetOf({ repository, row })} – ${row.verdict.reason}`)
    }
    if (going.length > MAX_LINES) log.info(`… and ${going.length - MAX_LINES} more`)
    return Promise.resolve()
  })
}

/** Tells what did not go as planned. */
export function tellResult({ repository, rows }: RepositoryResult, log: Log): void {
  const failed = rows.filter(({ decision }) => decision === 'failed')
  const left = rows.filter(({ decision, row }) => decision === 'keep' && row.verdict.goes)
  for (const result of failed.slice(0, MAX_WARNINGS)) {
    log.warning(`${targetOf(result)} was not deleted: ${result.reason}`)
  }
  for (const result of left.slice(0, MAX_LINES)) {
    log.info(`${targetOf(result)} is left: ${result.reason}`)
  }
  const more = Math.max(0, failed.length - MAX_WARNINGS) + Math.max(0, left.length - MAX_LINES)
  if (more > 0) log.info(`${repository}: … and ${more} more`)
}

/** What the summary says of a repository beside the table. */
export function notesOf({ repository, unreadable, uncheckedCount }: RepositoryPlan): string[] {
  const notes = unreadable.map(
    (digest) =>
      `${repository.repositoryName}: index ${digest} could not be read, so no image that it may refer to goes.`
  )
  if (uncheckedCount > 0) {
    notes.push(
      `${repository.repositoryName}: ${formatCount(uncheckedCount, 'image')} taken for container images by the media type of their config; whether one of them refers to another image was not read.`
    )
  }
  return notes
}
