import type { Change } from '../runner/plan.js'
import type { Report } from '../runner/report.js'
import { targetOf } from './cleanup-result.js'
import type { CleanupResult, RowResult } from './cleanup-result.js'
import { formatCount, isoOf } from './format.js'
import type { CleanupReportContext } from './report-context.js'
import { summarizeCleanup } from './summarize-cleanup.js'

/** The maximum number of orphans per row of the plan. */
const MAX_ORPHANS = 20

/** Creates the report of mode cleanup-tags. With `dry-run`, only the wording of the summary differs. */
export function reportCleanup(
  results: readonly CleanupResult[],
  context: CleanupReportContext
): Report<Iterable<Change>> {
  const isLimited = context.limitError !== undefined
  const plannedCount = sum(results.map(({ deletedCount }) => deletedCount))
  const deletedCount = isLimited ? 0 : plannedCount
  const keptCount = sum(results.map((result) => result.keptCount))
  const failed = results.flatMap((result) => result.failed)
  return {
    changed: deletedCount > 0,
    plan: { [Symbol.iterator]: () => createChanges(results) },
    repositories: results.map(({ repository }) => repository),
    outputs: {
      ...(isLimited ? { 'deleted-tags': [], 'deleted-images': [] } : listDeleted(results)),
      'deleted-count': deletedCount,
      'kept-count': keptCount + plannedCount - deletedCount,
      'failed-count': failed.length
    },
    summary: summarizeCleanup(results, context),
    failure: failureOf(plannedCount + failed.length, failed, context)
  }
}

function* createChanges(results: readonly CleanupResult[]): Generator<Change> {
  for (const { rows } of results) for (const result of rows()) yield toChange(result)
}

/** Returns the lists of the outputs. Their items are created when they are read, because there can be many. */
function listDeleted(results: readonly CleanupResult[]): {
  readonly 'deleted-tags': Iterable<unknown>
  readonly 'deleted-images': Iterable<unknown>
} {
  return {
    'deleted-tags': { [Symbol.iterator]: () => createDeleted(results, true) },
    'deleted-images': { [Symbol.iterator]: () => createDeleted(results, false) }
  }
}

function* createDeleted(results: readonly CleanupResult[], isTagged: boolean): Generator {
  for (const { repository, rows } of results) {
    for (const { decision, row } of rows()) {
      const { tag, digest } = row
      if (decision !== 'delete' || isTagged !== (tag !== undefined)) continue
      yield tag === undefined ? { repository, digest } : { repository, tag, digest }
    }
  }
}

function toChange(result: RowResult): Change {
  const { row, decision, reason } = result
  const { tag, digest, sizeBytes, since, orphans, deletesImage } = row
  const isKept = decision === 'keep'
  return {
    action: isKept ? 'keep' : 'delete',
    kind: tag === undefined ? 'image' : 'tag',
    target: targetOf(result),
    reason,
    digest,
    sizeBytes,
    [tag === undefined ? 'pushedAt' : 'createdAt']: isoOf(since),
    deletesImage: !isKept && deletesImage ? true : undefined,
    orphans: !isKept && orphans.length > 0 ? orphans.slice(0, MAX_ORPHANS) : undefined,
    goesAt: isKept ? isoOf(row.decision.dueAt) : undefined,
    failed: decision === 'failed' ? true : undefined
  }
}

function failureOf(
  plannedCount: number,
  failed: readonly RowResult[],
  { limitError, unreadable }: CleanupReportContext
): string | undefined {
  if (limitError !== undefined) return limitError
  const parts: string[] = []
  const [firstFailed] = failed
  if (firstFailed !== undefined) {
    parts.push(
      `${failed.length} of ${formatCount(plannedCount, 'deletion')} failed. First failure: "${targetOf(firstFailed)}": ${toSentence(firstFailed.reason)}`
    )
  }
  const [first] = unreadable
  if (first !== undefined) {
    const count = formatCount(unreadable.length, 'repository', 'repositories')
    parts.push(
      `${count} could not be read, so nothing was deleted there. First failure: "${first.repository}": ${toSentence(first.reason)}`
    )
  }
  return parts.length === 0 ? undefined : parts.join(' ')
}

function toSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
