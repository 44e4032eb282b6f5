import { shortDigest } from '../oci/digest.js'
import type { Log } from '../runner/deps.js'
import { targetOf } from './cleanup-result.js'
import type { CleanupResult } from './cleanup-result.js'
import { formatCount } from './format.js'
import type { CleanupPlan } from './plan-cleanup.js'
import type { RetentionRow } from './rules/plan-retention.js'

/** The maximum number of log lines for the plan of one repository. The plan file contains all rows. */
const MAX_LINES = 200
/** The maximum number of annotations for one repository. */
const MAX_WARNINGS = 10

/** Logs the planned deletions of a repository. */
export async function logPlan(plan: CleanupPlan, log: Log): Promise<void> {
  const repository = plan.repository.repositoryName
  for (const digest of plan.unreadableIndexes) {
    log.warning(
      `${repository}: Index ${shortDigest(digest)} could not be read. No image of the repository is deleted.`
    )
  }
  for (const notice of plan.notices) log.notice(`${repository}: ${notice}`)
  const deleted = plan.rows.filter(isDeleted)
  await log.group(`${repository}: deleting ${countDeletions(plan.rows)}`, () => {
    for (const row of deleted.slice(0, MAX_LINES)) {
      log.info(`delete ${targetOf({ repository, row })}: ${row.decision.reason}`)
    }
    if (deleted.length > MAX_LINES) log.info(`… and ${deleted.length - MAX_LINES} more`)
    return Promise.resolve()
  })
}

function isDeleted({ decision }: RetentionRow): boolean {
  return decision.action === 'delete'
}

/** Returns `2 of 3 tags`, or `2 of 3 tags and 1 of 4 untagged images` if untagged images were evaluated. */
function countDeletions(rows: readonly RetentionRow[]): string {
  const count = (group: readonly RetentionRow[], noun: string): string =>
    `${group.filter(isDeleted).length} of ${formatCount(group.length, noun)}`
  const tags = rows.filter(({ tag }) => tag !== undefined)
  const untagged = rows.filter(({ tag }) => tag === undefined)
  const images = untagged.length === 0 ? '' : ` and ${count(untagged, 'untagged image')}`
  return `${count(tags, 'tag')}${images}`
}

/** Logs the planned deletions that failed or were not carried out. */
export function logResult({ repository, rows }: CleanupResult, log: Log): void {
  const failed = rows.filter(({ decision }) => decision === 'failed')
  const kept = rows.filter(({ decision, row }) => decision === 'keep' && isDeleted(row))
  for (const result of failed.slice(0, MAX_WARNINGS)) {
    log.warning(`${targetOf(result)} was not deleted: ${result.reason}`)
  }
  for (const result of kept.slice(0, MAX_LINES)) {
    log.info(`${targetOf(result)} was kept: ${result.reason}`)
  }
  const more = Math.max(0, failed.length - MAX_WARNINGS) + Math.max(0, kept.length - MAX_LINES)
  if (more > 0) log.info(`${repository}: … and ${more} more`)
}
