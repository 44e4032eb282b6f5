import { createCleanupResult } from '../../src/cleanup-tags/cleanup-result.js'
import type { CleanupResult } from '../../src/cleanup-tags/cleanup-result.js'
import type { CleanupReportContext } from '../../src/cleanup-tags/report-context.js'
import { decideDelete, decideKeep } from '../../src/cleanup-tags/rules/decision.js'
import type { RetentionRow } from '../../src/cleanup-tags/rules/retention-row.js'

const DAY_MS = 86_400_000

/** The time at which the results of these tests were created. */
export const NOW = Date.parse('2026-06-01T00:00:00Z')

/** The facts of a dry run without warnings. */
export const DRY_RUN: CleanupReportContext = {
  now: NOW,
  dryRun: true,
  limitError: undefined,
  unreadable: [],
  warnings: []
}

/** Returns the row of a tag of this age. It is deleted with its image if it is older than 30 days. */
export function rowOf(
  tag: string,
  days: number,
  changes: Partial<RetentionRow> = {}
): RetentionRow {
  const isOld = days > 30
  return {
    digest: `sha256:${days.toString(16).padStart(64, 'a')}`,
    tag,
    sizeBytes: 12_345_678,
    since: NOW - days * DAY_MS,
    decision: isOld
      ? decideDelete(
          `older than 30d, not among the 10 most recent images (rank ${String(days)} by creation time)`
        )
      : decideKeep('not older than 30d', NOW + (30 - days) * DAY_MS),
    deletesImage: isOld,
    isIndex: false,
    orphans: [],
    ...changes
  }
}

/** Returns the result of a dry run for a repository with these rows. */
export function resultOf(repository: string, rows: readonly RetentionRow[]): CleanupResult {
  const plan = {
    repository: { repositoryName: repository },
    rows,
    deletions: [],
    referrersFirst: [],
    notices: [],
    images: new Map(),
    imageCount: rows.length,
    imageBytes: rows.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    unreadableIndexes: [],
    unreadableArtifacts: [],
    uncheckedCount: 0
  }
  return createCleanupResult(plan, undefined)
}
