import { shortDigest } from '../oci/digest.js'
import type { Change } from '../runner/plan.js'
import type { Report } from '../runner/report.js'
import type { SummaryBlock } from '../runner/summary.js'
import { freedBytes, targetOf } from './cleanup-result.js'
import type { CleanupResult, RowResult } from './cleanup-result.js'
import { formatAge, formatBytes, formatCount } from './format.js'
import type { CleanupPlan } from './plan-cleanup.js'

/** The facts of the run that the report needs in addition to the results. */
export interface CleanupReportContext {
  readonly now: number
  readonly dryRun: boolean
  /** The error if the plan exceeds the deletion limit. Nothing was deleted then. */
  readonly limitError: string | undefined
  readonly plans: readonly CleanupPlan[]
  readonly unreadable: readonly UnreadableRepository[]
}

/** A repository that could not be read, so that nothing was deleted in it. */
export interface UnreadableRepository {
  readonly repository: string
  readonly reason: string
}

/** The maximum number of rows of a table in the summary. The plan file contains all rows. */
const MAX_SUMMARY_ROWS = 500
const MAX_UPCOMING_ROWS = 10
/** The maximum number of orphans per row of the plan. */
const MAX_ORPHANS = 20

/** Creates the report of mode cleanup-tags. With `dry-run`, only the wording of the summary differs. */
export function reportCleanup(
  repositories: readonly CleanupResult[],
  context: CleanupReportContext
): Report {
  const results = repositories.flatMap(({ rows }) => rows)
  const planned = results.filter(({ decision }) => decision === 'delete')
  const failed = results.filter(({ decision }) => decision === 'failed')
  const deleted = context.limitError === undefined ? planned : []
  return {
    changed: deleted.length > 0,
    plan: results.map(toChange),
    repositories: repositories.map(({ repository }) => repository),
    outputs: {
      'deleted-tags': deleted.flatMap(({ repository, row: { tag, digest } }) =>
        tag === undefined ? [] : [{ repository, tag, digest }]
      ),
      'deleted-images': deleted.flatMap(({ repository, row: { tag, digest } }) =>
        tag === undefined ? [{ repository, digest }] : []
      ),
      'deleted-count': deleted.length,
      'kept-count': results.length - deleted.length - failed.length,
      'failed-count': failed.length
    },
    summary: summarize(repositories, results, context),
    failure: failureOf(results, failed, context)
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

function isoOf(instant: number | undefined): string | undefined {
  // Dates beyond this do not have an ISO form (ECMA-262, "Time Values and Time Range").
  if (instant === undefined || Math.abs(instant) > 8.64e15) return undefined
  return new Date(instant).toISOString()
}

function failureOf(
  results: readonly RowResult[],
  failed: readonly RowResult[],
  { limitError, unreadable }: CleanupReportContext
): string | undefined {
  if (limitError !== undefined) return limitError
  const parts: string[] = []
  const [firstFailed] = failed
  if (firstFailed !== undefined) {
    const planned = results.filter(({ decision }) => decision !== 'keep').length
    parts.push(
      `${failed.length} of ${formatCount(planned, 'deletion')} failed. First failure: "${targetOf(firstFailed)}": ${toSentence(firstFailed.reason)}`
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

function summarize(
  repositories: readonly CleanupResult[],
  results: readonly RowResult[],
  context: CleanupReportContext
): SummaryBlock[] {
  const texts = [
    totals(repositories, results, context),
    ...context.plans.flatMap(notesOf),
    ...context.unreadable.map(
      ({ repository, reason }) => `${repository} could not be read: ${reason}`
    )
  ]
  const blocks = texts.map((text): SummaryBlock => ({ kind: 'paragraph', text }))
  if (results.length > 0) blocks.push(...decisionTable(results, context))
  const upcoming = upcomingTable(results, context.now)
  if (upcoming !== undefined) {
    blocks.push({ kind: 'paragraph', text: 'Next deletions if nothing else changes:' }, upcoming)
  }
  return blocks
}

/** Returns the limitations of the reference analysis of a repository, one per paragraph. */
function notesOf({ repository, unreadableIndexes, uncheckedCount }: CleanupPlan): string[] {
  const name = repository.repositoryName
  const notes = unreadableIndexes.map(
    (digest) =>
      `${name}: Index ${digest} could not be read. No image that it might refer to is deleted.`
  )
  if (uncheckedCount > 0) {
    const images = formatCount(uncheckedCount, 'image')
    notes.push(
      `${name}: For ${images}, it was not checked whether the manifest refers to another image. The media type of the config is of a container image.`
    )
  }
  return notes
}

function totals(
  repositories: readonly CleanupResult[],
  results: readonly RowResult[],
  { dryRun, limitError }: CleanupReportContext
): string {
  const deleted = results.filter(({ decision }) => decision === 'delete')
  const failed = results.filter(({ decision }) => decision === 'failed').length
  const tags = deleted.filter(({ row }) => row.tag !== undefined).length
  const isOnlyPlanned = dryRun || limitError !== undefined
  const what = `${formatCount(tags, 'tag')} and ${formatCount(deleted.length - tags, 'untagged image')}`
  const where = formatCount(repositories.length, 'repository', 'repositories')
  return [
    `${isOnlyPlanned ? 'Would delete' : 'Deleted'} ${what} in ${where}.`,
    `Kept: ${results.length - deleted.length - failed}. Failed: ${failed}.`,
    `${isOnlyPlanned ? 'Would free' : 'Frees'} up to ${formatBytes(freedBytes(results))}. Layers that other images share are not freed.`,
    ...(limitError === undefined ? [] : [limitError])
  ].join(' ')
}

/** Returns the table of all rows: failures first, then deletions, then kept rows. */
function decisionTable(
  results: readonly RowResult[],
  context: CleanupReportContext
): SummaryBlock[] {
  const order = ['failed', 'delete', 'keep'] as const
  const sorted = order.flatMap((decision) => results.filter((one) => one.decision === decision))
  const shown = sorted.slice(0, MAX_SUMMARY_ROWS)
  const table: SummaryBlock = {
    kind: 'table',
    columns: ['repository', 'tag', 'age', 'size', 'decision', 'reason'],
    rows: shown.map(({ repository, row, decision, reason }) => [
      repository,
      row.tag ?? `(untagged) ${shortDigest(row.digest)}`,
      row.since === undefined ? 'unknown' : formatAge(context.now - row.since),
      formatBytes(row.sizeBytes),
      decisionText(decision, context),
      reason
    ])
  }
  const more = sorted.length - shown.length
  if (more === 0) return [table]
  const text = `… and ${more} more. Output plan-file contains the path of a file with all rows.`
  return [table, { kind: 'paragraph', text }]
}

function decisionText(decision: RowResult['decision'], context: CleanupReportContext): string {
  if (decision !== 'delete') return decision
  if (context.limitError !== undefined) return 'delete (limit exceeded)'
  return context.dryRun ? 'would delete' : 'deleted'
}

/** Returns the table of kept rows that only their age keeps, the next deletion first. */
function upcomingTable(results: readonly RowResult[], now: number): SummaryBlock | undefined {
  const upcoming = results
    .flatMap((result) => {
      const { dueAt } = result.row.decision
      return result.decision === 'keep' && dueAt !== undefined ? [{ result, dueAt }] : []
    })
    .sort((a, b) => a.dueAt - b.dueAt)
    .slice(0, MAX_UPCOMING_ROWS)
  if (upcoming.length === 0) return undefined
  return {
    kind: 'table',
    columns: ['tag or image', 'time', 'in'],
    rows: upcoming.map(({ result, dueAt }) => [
      targetOf(result),
      isoOf(dueAt) ?? 'never',
      formatAge(dueAt - now)
    ])
  }
}
