import type { FinalOutcome } from './deletion/deletion-outcome.js'
import { formatCount } from './format.js'
import type { CleanupPlan } from './plan-cleanup.js'
import type { RetentionRow } from './rules/retention-row.js'

/** The result for one tag or untagged image. */
export interface RowResult {
  readonly repository: string
  readonly row: RetentionRow
  /** `delete` also with `dry-run` and if the deletion limit is exceeded. The deletion is only planned then. */
  readonly decision: 'delete' | 'failed' | 'keep'
  readonly reason: string
}

/** Numbers of tags, images and bytes. */
export interface Counts {
  readonly tags: number
  /** Images, indexes and other artifacts. */
  readonly images: number
  /** The sizes of the images, without indexes. It is an upper limit, because images share layers. */
  readonly bytes: number
}

/** The results for one repository. */
export interface CleanupResult {
  readonly repository: string
  readonly plan: CleanupPlan
  readonly deleted: Counts
  readonly kept: Counts
  /** Tags plus untagged images that were evaluated. */
  readonly deletedCount: number
  readonly keptCount: number
  readonly failed: readonly RowResult[]
  /** Creates the results of all rows, in the order of the plan. They are not stored because there can be many. */
  readonly rows: () => Iterable<RowResult>
}

/**
 * Combines the plan of a repository with the outcomes of its deletions.
 *
 * @param outcomes the deletions that did not succeed, by row. `undefined` if the deletions were not carried out
 */
export function createCleanupResult(
  plan: CleanupPlan,
  outcomes: ReadonlyMap<RetentionRow, FinalOutcome> | undefined
): CleanupResult {
  const repository = plan.repository.repositoryName
  const rows = function* (): Generator<RowResult> {
    for (const row of plan.rows) yield new EvaluatedRow(repository, row, outcomes?.get(row))
  }
  const failed: RowResult[] = []
  const deleted = { tags: 0, images: 0, bytes: 0 }
  let tagCount = 0
  let deletedCount = 0
  for (const result of rows()) {
    const { row, decision } = result
    if (row.tag !== undefined) tagCount++
    if (decision === 'failed') failed.push(result)
    if (decision !== 'delete') continue
    deletedCount++
    if (row.tag !== undefined) deleted.tags++
    if (row.tag !== undefined && !row.deletesImage) continue
    deleted.images++
    if (!row.isIndex) deleted.bytes += row.sizeBytes
  }
  return {
    repository,
    plan,
    deleted,
    kept: {
      tags: tagCount - deleted.tags,
      images: Math.max(0, plan.imageCount - deleted.images),
      bytes: Math.max(0, plan.imageBytes - deleted.bytes)
    },
    deletedCount,
    keptCount: plan.rows.length - deletedCount - failed.length,
    failed,
    rows
  }
}

/** Creates its reason when it is read, because most of the reasons are read only once, and one by one. */
class EvaluatedRow implements RowResult {
  constructor(
    readonly repository: string,
    readonly row: RetentionRow,
    private readonly outcome: FinalOutcome | undefined
  ) {}

  get decision(): RowResult['decision'] {
    if (this.row.decision.action === 'keep') return 'keep'
    switch (this.outcome?.kind) {
      case undefined:
      case 'deleted':
        return 'delete'
      case 'kept':
        return 'keep'
      case 'failed':
        return 'failed'
    }
  }

  get reason(): string {
    const { row, outcome } = this
    if (row.decision.action === 'keep') return row.decision.reason
    if (outcome?.kind === 'kept' || outcome?.kind === 'failed') return outcome.reason
    return deletionReason(row)
  }
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

/** Returns the sum of the counts. */
export function sumCounts(counts: readonly Counts[]): Counts {
  return counts.reduce(
    (sum, { tags, images, bytes }) => ({
      tags: sum.tags + tags,
      images: sum.images + images,
      bytes: sum.bytes + bytes
    }),
    { tags: 0, images: 0, bytes: 0 }
  )
}
