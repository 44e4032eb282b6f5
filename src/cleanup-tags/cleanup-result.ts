import type { Row } from './rules/retention-plan.js'
import type { FinalOutcome } from './deletion-run.js'
import type { RepositoryPlan } from './look-at-repository.js'

/** What became of one tag or untagged image, or would become of it in a dry run. */
export interface RowResult {
  readonly repository: string
  readonly row: Row
  /** `delete`: deleted (in a dry run and behind the brake: planned). */
  readonly decision: 'delete' | 'failed' | 'keep'
  readonly reason: string
}

/** What became of a repository. */
export interface RepositoryResult {
  readonly repository: string
  readonly rows: readonly RowResult[]
}

/**
 * Puts the plan of a repository and what came of it together.
 *
 * @param outcomes by row; `undefined` where nothing was carried out
 */
export function resultOf(
  plan: RepositoryPlan,
  outcomes: ReadonlyMap<Row, FinalOutcome> | undefined
): RepositoryResult {
  const repository = plan.repository.repositoryName
  const rows = plan.rows.map((row): RowResult => {
    const { reason } = row.verdict
    if (!row.verdict.goes) return { repository, row, decision: 'keep', reason }
    const outcome = outcomes?.get(row)
    switch (outcome?.kind) {
      case undefined:
      case 'deleted':
        return { repository, row, decision: 'delete', reason: goingReason(row) }
      case 'left':
        return { repository, row, decision: 'keep', reason: outcome.reason }
      case 'failed':
        return { repository, row, decision: 'failed', reason: outcome.reason }
    }
  })
  return { repository, rows }
}

/** Why it goes, and what goes with it or is left behind. */
function goingReason({ verdict, takesImage, orphans }: Row): string {
  const parts = [verdict.reason]
  if (takesImage) parts.push('the last tag of its image, which goes with it')
  if (orphans.length > 0) {
    const images = orphans.length === 1 ? '1 image' : `${orphans.length} images`
    parts.push(`leaves ${images} that nothing refers to`)
  }
  return parts.join('; ')
}

/** `team/app:v1` or `team/app@sha256:…`. */
export function targetOf({ repository, row }: Pick<RowResult, 'repository' | 'row'>): string {
  return row.tag === undefined ? `${repository}@${row.digest}` : `${repository}:${row.tag}`
}

/**
 * Bytes that become free at the most: the sizes of the images that go. Layers that another image shares stay, and
 * nobody but the service knows which.
 */
export function freedBytes(results: readonly RowResult[]): number {
  const going = results.filter(({ decision, row }) => {
    return decision === 'delete' && !row.isIndex && (row.tag === undefined || row.takesImage)
  })
  return going.reduce((sum, { row }) => sum + row.sizeBytes, 0)
}
