import { shortDigest } from '../oci/digest.js'
import type { Change } from '../runner/plan.js'
import type { Report } from '../runner/report.js'
import type { SummaryBlock } from '../runner/summary.js'
import { freedBytes, targetOf } from './cleanup-result.js'
import type { RepositoryResult, RowResult } from './cleanup-result.js'
import { formatAge, formatBytes, formatCount } from './format.js'

/** What the report needs beside the results. */
export interface ReportContext {
  readonly now: number
  readonly dryRun: boolean
  /** Set where the brake stopped everything before the first deletion. */
  readonly stopped: string | undefined
  /** Repositories that could not be looked at, each with the reason. */
  readonly unreachable: readonly { readonly repository: string; readonly reason: string }[]
  /** What else is to be said, a paragraph each. */
  readonly notes: readonly string[]
}

/** Rows of the table in the summary; the plan file has all of them. */
const MAX_SUMMARY_ROWS = 500
const MAX_NEXT_ROWS = 10
/** Orphans that one row of the plan names. */
const MAX_ORPHANS = 20

/** The report of mode cleanup-tags: the same for a dry run, which only says "would". */
export function reportCleanup(
  repositories: readonly RepositoryResult[],
  context: ReportContext
): Report {
  const results = repositories.flatMap(({ rows }) => rows)
  const planned = results.filter(({ decision }) => decision === 'delete')
  const failed = results.filter(({ decision }) => decision === 'failed')
  const deleted = context.stopped === undefined ? planned : []
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
  const { tag, digest, sizeBytes, since, verdict, orphans, takesImage } = row
  const isKept = decision === 'keep'
  return {
    action: isKept ? 'keep' : 'delete',
    kind: tag === undefined ? 'image' : 'tag',
    target: targetOf(result),
    reason,
    digest,
    sizeBytes,
    [tag === undefined ? 'pushedAt' : 'createdAt']: isoOf(since),
    deletesImage: !isKept && takesImage ? true : undefined,
    orphans: !isKept && orphans.length > 0 ? orphans.slice(0, MAX_ORPHANS) : undefined,
    goesAt: isKept ? isoOf(verdict.goesAt) : undefined,
    failed: decision === 'failed' ? true : undefined
  }
}

function isoOf(instant: number | undefined): string | undefined {
  // Beyond this no date has an ISO form (ECMA-262, "Time Values and Time Range").
  if (instant === undefined || Math.abs(instant) > 8.64e15) return undefined
  return new Date(instant).toISOString()
}

function failureOf(
  results: readonly RowResult[],
  failed: readonly RowResult[],
  { stopped, unreachable }: ReportContext
): string | undefined {
  if (stopped !== undefined) return stopped
  const parts: string[] = []
  const [firstFailed] = failed
  if (firstFailed !== undefined) {
    const planned = results.filter(({ decision }) => decision !== 'keep').length
    parts.push(
      `${failed.length} of ${formatCount(planned, 'deletion')} failed – first ${targetOf(firstFailed)} – ${firstFailed.reason}`
    )
  }
  const [first] = unreachable
  if (first !== undefined) {
    parts.push(
      `${formatCount(unreachable.length, 'repository', 'repositories')} could not be looked at, where nothing was deleted – first ${first.repository} – ${first.reason}`
    )
  }
  return parts.length === 0 ? undefined : parts.join('; ')
}

function summarize(
  repositories: readonly RepositoryResult[],
  results: readonly RowResult[],
  context: ReportContext
): SummaryBlock[] {
  const blocks: SummaryBlock[] = [
    { kind: 'paragraph', text: totals(repositories, results, context) },
    ...context.notes.map((text): SummaryBlock => ({ kind: 'paragraph', text }))
  ]
  for (const { repository, reason } of context.unreachable) {
    blocks.push({ kind: 'paragraph', text: `${repository} could not be looked at: ${reason}` })
  }
  if (results.length > 0) blocks.push(...decisionTable(results, context))
  const next = nextTable(results, context.now)
  if (next !== undefined) {
    blocks.push({ kind: 'paragraph', text: 'Next to go, if nothing else changes:' }, next)
  }
  return blocks
}

function totals(
  repositories: readonly RepositoryResult[],
  results: readonly RowResult[],
  { dryRun, stopped }: ReportContext
): string {
  const going = results.filter(({ decision }) => decision === 'delete')
  const failed = results.filter(({ decision }) => decision === 'failed').length
  const tags = going.filter(({ row }) => row.tag !== undefined).length
  const what = `${formatCount(tags, 'tag')} and ${formatCount(going.length - tags, 'untagged image')}`
  const would = dryRun || stopped !== undefined
  const verb = stopped !== undefined ? 'planned and not deleted' : would ? 'would go' : 'deleted'
  const where = `in ${formatCount(repositories.length, 'repository', 'repositories')}`
  const free = `up to ${formatBytes(freedBytes(results))} ${would ? 'would become' : 'become'} free (an estimate: layers that other images share stay)`
  const rest = `${results.length - going.length - failed} kept, ${failed} failed`
  return `${what} ${verb} ${where}; ${rest}; ${free}.${stopped === undefined ? '' : ` ${stopped}.`}`
}

/** What goes and what failed first, then what stays. */
function decisionTable(results: readonly RowResult[], context: ReportContext): SummaryBlock[] {
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
  return [
    table,
    { kind: 'paragraph', text: `… and ${more} more; output plan-file names the file with all.` }
  ]
}

function decisionText(decision: RowResult['decision'], context: ReportContext): string {
  if (decision !== 'delete') return decision
  if (context.stopped !== undefined) return 'delete (stopped)'
  return context.dryRun ? 'would delete' : 'deleted'
}

function nextTable(results: readonly RowResult[], now: number): SummaryBlock | undefined {
  const next = results
    .flatMap((result) => {
      const { goesAt } = result.row.verdict
      return result.decision === 'keep' && goesAt !== undefined ? [{ result, goesAt }] : []
    })
    .sort((a, b) => a.goesAt - b.goesAt)
    .slice(0, MAX_NEXT_ROWS)
  if (next.length === 0) return undefined
  return {
    kind: 'table',
    columns: ['what', 'when', 'in'],
    rows: next.map(({ result, goesAt }) => [
      targetOf(result),
      isoOf(goesAt) ?? 'never',
      formatAge(goesAt - now)
    ])
  }
}
