import { shortDigest } from '../oci/digest.js'
import type { Log } from '../runner/deps.js'
import { targetOf } from './cleanup-result.js'
import type { CleanupResult } from './cleanup-result.js'
import { formatCount } from './format.js'
import type { CleanupPlan } from './plan-cleanup.js'
import type { RetentionRow } from './rules/retention-row.js'

/** The maximum number of repositories whose deletions are logged one by one. */
const MAX_GROUPS = 10
/** The maximum number of log lines for the deletions of all repositories. The plan file contains all rows. */
const MAX_LINES = 200
/** The maximum number of annotations for failed deletions. */
const MAX_WARNINGS = 10

/** Logs the planned deletions: one line per repository, and each deletion if there are few repositories. */
export async function logPlans(plans: readonly CleanupPlan[], log: Log): Promise<void> {
  for (const { repository, unreadableIndexes, unreadableArtifacts, notices } of plans) {
    const name = repository.repositoryName
    for (const digest of unreadableIndexes) {
      log.warning(
        `${name}: Index ${shortDigest(digest)} could not be read. No image of the repository is deleted.`
      )
    }
    for (const digest of unreadableArtifacts) {
      log.warning(
        `${name}: Artifact ${shortDigest(digest)} could not be read. No untagged image of the repository is deleted.`
      )
    }
    for (const notice of notices) log.notice(`${name}: ${notice}`)
  }
  const changing = plans.filter(({ deletions }) => deletions.length > 0)
  for (const plan of changing) {
    const title = `${plan.repository.repositoryName}: deleting ${countDeletions(plan.rows)}`
    if (changing.length > MAX_GROUPS) log.info(title)
    else await logGroup(title, plan, Math.floor(MAX_LINES / changing.length), log)
  }
  const unchanged = plans.length - changing.length
  if (unchanged > 0) {
    log.info(`Nothing to delete in ${formatCount(unchanged, 'repository', 'repositories')}`)
  }
}

async function logGroup(
  title: string,
  { repository, rows }: CleanupPlan,
  maxLines: number,
  log: Log
): Promise<void> {
  const name = repository.repositoryName
  const deleted = rows.filter(isDeleted)
  await log.group(title, () => {
    for (const row of deleted.slice(0, maxLines)) {
      log.info(`delete ${targetOf({ repository: name, row })}: ${row.decision.reason}`)
    }
    if (deleted.length > maxLines) log.info(`… and ${deleted.length - maxLines} more`)
    return Promise.resolve()
  })
}

function isDeleted({ decision }: RetentionRow): boolean {
  return decision.action === 'delete'
}

/** Returns `2 of 3 tags`, or `2 of 3 tags and 1 of 4 untagged images` if untagged images were evaluated. */
function countDeletions(rows: readonly RetentionRow[]): string {
  const tags = { deleted: 0, all: 0 }
  const untagged = { deleted: 0, all: 0 }
  for (const row of rows) {
    const count = row.tag === undefined ? untagged : tags
    count.all++
    if (isDeleted(row)) count.deleted++
  }
  const text = `${tags.deleted} of ${formatCount(tags.all, 'tag')}`
  if (untagged.all === 0) return text
  return `${text} and ${untagged.deleted} of ${formatCount(untagged.all, 'untagged image')}`
}

/** Logs the planned deletions that failed or were not carried out. */
export function logResults(results: readonly CleanupResult[], log: Log): void {
  const failed = results.flatMap((result) => result.failed)
  for (const result of failed.slice(0, MAX_WARNINGS)) {
    log.warning(`${targetOf(result)} was not deleted: ${result.reason}`)
  }
  let keptCount = 0
  for (const { rows } of results) {
    for (const result of rows()) {
      if (result.decision !== 'keep' || !isDeleted(result.row)) continue
      if (++keptCount <= MAX_LINES) log.info(`${targetOf(result)} was kept: ${result.reason}`)
    }
  }
  const more = Math.max(0, failed.length - MAX_WARNINGS) + Math.max(0, keptCount - MAX_LINES)
  if (more > 0) log.info(`… and ${more} more`)
}
