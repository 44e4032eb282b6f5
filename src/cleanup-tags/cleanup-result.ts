import type { FinalOutcome } from './deletion/deletion-outcome.js'
import { formatCount } from './format.js'
import type { CleanupPlan } from './plan-cleanup.js'
import type { RetentionRow } from './rules/plan-retention.js'

/** The result for one tag or untagged image. */
export interface RowResult {
  readonly repository: string
  readonly row: RetentionRow
  /** `delete` also with `dry-run` and if the deletion limit is exceeded. The deletion is only planned then. */
  readonly decision: 'delete' | 'failed' | 'keep'
  readonly reason: string
}

/** The results for one repository. */
export interface CleanupResult {
  readonly repository: string
  readonly rows: readonly RowResult[]
}

/**
 * Combines the plan of a repository with the outcomes of its deletions.
 *
 * @param outcomes by row, or `undefined` if the deletions were not carried out
 */
export function createCleanupResult(
  plan: CleanupPlan,
  outcomes: ReadonlyMap<RetentionRow, FinalOutcome> | undefined
): CleanupResult {
  const repository = plan.repository.repositoryName
  const rows = plan.rows.map((row): RowResult => {
    const { action, reason } = row.decision
    if (action === 'keep') return { repository, row, decision: 'keep', reason }
    const outcome = outcomes?.get(row)
    switch (outcome?.kind) {
      case undefined:
      case 'deleted':
        return { repository, row, decision: 'delete', reason: deletionReason(row) }
      case 'kept':
        return { repository, row, decision: 'keep', reason: outcome.reason }
      case 'failed':
        return { repository, row, decision: 'failed', reason: outcome.reason }
    }
  })
  return { repository, rows }
}

/** Returns the reason of a deletion with its effects on images. */
function deletionReason({ decision, deletesImage, orphans }: RetentionRow): string {
  const parts = [decision.reason]
  if (deletesImage) parts.push('the image is deleted with its last tag')
  if (orphans.length > 0) {
    const images = formatCount(orphans.length, 'image is', 'images are')
    parts.push(`${images} no longer referenced`)
  }
  return parts.join('; ')
}

/** Returns `team/app:v1` or `team/app@sha256:…`. */
export function targetOf({ repository, row }: Pick<RowResult, 'repository' | 'row'>): string {
  return row.tag === undefined ? `${repository}@${row.digest}` : `${repository}:${row.tag}`
}

/**
 * Returns the sum of the sizes of the deleted images in bytes. It is an upper limit: the service keeps layers that other
 * images share, and does not report which.
 */
export function freedBytes(results: readonly RowResult[]): number {
  const deleted = results.filter(({ decision, row }) => {
    return decision === 'delete' && !row.isIndex && (row.tag === undefined || row.deletesImage)
  })
  return deleted.reduce((sum, { row }) => sum + row.sizeBytes, 0)
}
