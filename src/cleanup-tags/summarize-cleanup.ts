import type { SummaryBlock, SummaryRow } from '../runner/summary.js'
import { sumCounts } from './cleanup-result.js'
import type { CleanupResult, Counts, RowResult } from './cleanup-result.js'
import {
  formatAge,
  formatBytes,
  formatCount,
  formatNumber,
  formatTime,
  shortenDigests,
  shortenTag
} from './format.js'
import type { CleanupReportContext } from './report-context.js'
import { selectFirst, takeFirst } from './select-first.js'

/** The maximum number of rows of all lists of deletions. They take about half of the runner's limit of 1 MiB. */
const MAX_DELETION_ROWS = 2000
const MAX_ATTENTION_ROWS = 200
/** The maximum number of repositories that one message of several repositories names. */
const MAX_NAMES_PER_MESSAGE = 3
const MAX_KEPT_ROWS = 500
const MAX_UPCOMING_ROWS = 10

/** Above this number of repositories, the first table has fewer columns, so that it has a row for each of them. */
const MAX_WIDE_ROWS = 3000

/**
 * Creates the job summary: a table with one row per repository, the deletions of each repository, what needs the
 * attention of a person, and the kept tags and images. Lists of rows are collapsed.
 */
export function summarizeCleanup(
  results: readonly CleanupResult[],
  context: CleanupReportContext
): SummaryBlock[] {
  const sorted = results.toSorted(
    (a, b) => b.deletedCount - a.deletedCount || (a.repository < b.repository ? -1 : 1)
  )
  return [
    repositoryTable(sorted, context),
    { kind: 'paragraph', text: describeTotals(sorted, context) },
    ...deletionSections(sorted, context),
    ...attentionTable(sorted, context),
    ...keptSection(sorted, context)
  ]
}

/** Returns whether the deletions are only planned. */
function isOnlyPlanned({ dryRun, limitError }: CleanupReportContext): boolean {
  return dryRun || limitError !== undefined
}

function repositoryTable(
  results: readonly CleanupResult[],
  context: CleanupReportContext
): SummaryBlock {
  const [action, keep] = ['delete', 'keep']
  const unreadable = context.unreadable.map(({ repository }) => [repository, 'not read'])
  if (results.length + unreadable.length > MAX_WIDE_ROWS) {
    const rows = results.map((one) => [
      one.repository,
      formatNumber(one.deletedCount),
      formatNumber(one.keptCount)
    ])
    return { kind: 'table', columns: ['repository', action, keep], rows: [...rows, ...unreadable] }
  }
  const rowOf = (name: string, deleted: Counts, kept: Counts): SummaryRow => {
    return [name, ...countCells(deleted), ...countCells(kept)]
  }
  const rows = results.map(({ repository, deleted, kept }) => rowOf(repository, deleted, kept))
  if (results.length > 1) {
    const deleted = sumCounts(results.map((result) => result.deleted))
    rows.unshift(rowOf('(all)', deleted, sumCounts(results.map(({ kept }) => kept))))
  }
  const nouns = ['tags', 'images', 'size']
  const columns = [action, keep].flatMap((verb) => nouns.map((noun) => `${verb}: ${noun}`))
  return { kind: 'table', columns: ['repository', ...columns], rows: [...rows, ...unreadable] }
}

function countCells({ tags, images, bytes }: Counts): string[] {
  return [formatNumber(tags), formatNumber(images), formatBytes(bytes)]
}

function describeTotals(results: readonly CleanupResult[], context: CleanupReportContext): string {
  const { tags, bytes } = sumCounts(results.map(({ deleted }) => deleted))
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
  const untagged = sum(results.map(({ deletedCount }) => deletedCount)) - tags
  const kept = sum(results.map(({ keptCount }) => keptCount))
  const failed = sum(results.map((result) => result.failed.length))
  const isPlanned = isOnlyPlanned(context)
  const what = `${formatCount(tags, 'tag')} and ${formatCount(untagged, 'untagged image')}`
  const where = formatCount(results.length, 'repository', 'repositories')
  return [
    `${isPlanned ? 'Would delete' : 'Deleted'} ${what} in ${where}.`,
    `Kept: ${formatNumber(kept)}. Failed: ${formatNumber(failed)}.`,
    `${isPlanned ? 'Would free' : 'Frees'} up to ${formatBytes(bytes)}. Layers that other images share are not freed.`
  ].join(' ')
}

/** Returns a collapsed list per repository, the newest deletion first. */
function deletionSections(
  results: readonly CleanupResult[],
  context: CleanupReportContext
): SummaryBlock[] {
  const changing = results.filter(({ deletedCount }) => deletedCount > 0)
  const shown = changing.slice(0, MAX_DELETION_ROWS / 10)
  const maxRows = Math.floor(MAX_DELETION_ROWS / Math.max(1, shown.length))
  const sections = shown.map((result) => deletionSection(result, maxRows, context))
  const more = changing.length - shown.length
  if (more === 0) return sections
  const text = `… and deletions in ${formatCount(more, 'more repository', 'more repositories')}. ${WHOLE_PLAN}`
  return [...sections, { kind: 'paragraph', text }]
}

const WHOLE_PLAN = 'Output plan-file contains the path of a file with all rows.'

function deletionSection(
  { repository, deletedCount, rows }: CleanupResult,
  maxRows: number,
  context: CleanupReportContext
): SummaryBlock {
  const deleted = selectFirst(
    selectRows(rows(), ({ decision }) => decision === 'delete'),
    maxRows,
    (a, b) => (b.row.since ?? 0) - (a.row.since ?? 0)
  )
  const blocks: SummaryBlock[] = [
    {
      kind: 'table',
      columns: ['tag', 'age', 'size', 'reason'],
      rows: deleted.map((result) => rowCells(result, context))
    }
  ]
  if (deletedCount > maxRows) {
    blocks.push({
      kind: 'paragraph',
      text: `… and ${formatNumber(deletedCount - maxRows)} more. ${WHOLE_PLAN}`
    })
  }
  const title = `${repository}: ${formatCount(deletedCount, 'deletion')}`
  return { kind: 'section', title, blocks }
}

function* selectRows(
  rows: Iterable<RowResult>,
  isSelected: (result: RowResult) => boolean
): Generator<RowResult> {
  for (const result of rows) if (isSelected(result)) yield result
}

function rowCells({ row, reason }: RowResult, { now }: CleanupReportContext): string[] {
  return [
    row.tag === undefined ? shortenDigests(row.digest) : shortenTag(row.tag),
    row.since === undefined ? 'unknown' : formatAge(now - row.since),
    formatBytes(row.sizeBytes),
    shortenDigests(reason)
  ]
}

/** Returns the table of everything that a person should check. */
function attentionTable(
  results: readonly CleanupResult[],
  { limitError, unreadable, warnings }: CleanupReportContext
): SummaryBlock[] {
  const rows: [string, string][] = [
    ...(limitError === undefined ? [] : [['(all)', limitError] as [string, string]]),
    ...warnings.map((text): [string, string] => ['(all)', text]),
    ...unreadable.map(({ repository, reason }): [string, string] => [
      repository,
      `The repository could not be read: ${reason}`
    ]),
    ...results.flatMap(notesOf)
  ]
  if (rows.length === 0) return []
  const grouped = groupMessages(rows)
  const blocks: SummaryBlock[] = [
    { kind: 'heading', text: 'Needs attention' },
    {
      kind: 'table',
      columns: ['repository', 'message'],
      rows: grouped.slice(0, MAX_ATTENTION_ROWS).map((row) => row.map(shortenDigests))
    }
  ]
  const more = grouped.length - MAX_ATTENTION_ROWS
  if (more > 0)
    blocks.push({ kind: 'paragraph', text: `… and ${formatNumber(more)} more messages.` })
  return blocks
}

/** Combines the rows with equal messages, each in place of the first one. */
function groupMessages(rows: readonly [string, string][]): [string, string][] {
  const groups = new Map<string, string[]>()
  for (const [repository, message] of rows) {
    const group = groups.get(message)
    if (group === undefined) groups.set(message, [repository])
    else group.push(repository)
  }
  return [...groups].map(([message, repositories]) => {
    const more = repositories.length - MAX_NAMES_PER_MESSAGE
    const names = repositories.slice(0, MAX_NAMES_PER_MESSAGE).join(', ')
    return [more > 0 ? `${names} and ${formatNumber(more)} more` : names, message]
  })
}

/** Returns the limitations of a plan, and the deletions that failed or were not carried out. */
function notesOf({ repository, plan, failed, rows }: CleanupResult): [string, string][] {
  const notes = [
    ...plan.unreadableIndexes.map((digest) => {
      return `Index ${digest} could not be read. No image that it might refer to is deleted.`
    }),
    ...plan.unreadableArtifacts.map((digest) => {
      return `Artifact ${digest} could not be read. No untagged image that it might refer to is deleted.`
    }),
    ...plan.notices,
    ...failed.map((result) => `${nameOf(result)} was not deleted: ${result.reason}`)
  ]
  for (const result of rows()) {
    if (result.decision !== 'keep' || result.row.decision.action === 'keep') continue
    notes.push(`${nameOf(result)} was kept: ${result.reason}`)
    if (notes.length > MAX_ATTENTION_ROWS) break
  }
  if (plan.uncheckedCount > 0) {
    const images = formatCount(plan.uncheckedCount, 'image to delete', 'images to delete')
    notes.push(
      `${images}: the manifest was not read, because the listing describes a container image or an index. A real run reads it, and keeps the image if it refers to a kept image.`
    )
  }
  return notes.map((note) => [repository, note])
}

function nameOf({ row }: RowResult): string {
  return row.tag ?? row.digest
}

/** Returns the collapsed list of kept tags and images, with the next deletions first. */
function keptSection(
  results: readonly CleanupResult[],
  context: CleanupReportContext
): SummaryBlock[] {
  const maxRows = Math.max(1, Math.floor(MAX_KEPT_ROWS / Math.max(1, results.length)))
  const kept = results.slice(0, MAX_KEPT_ROWS).flatMap(({ rows }) =>
    takeFirst(
      selectRows(rows(), ({ decision }) => decision === 'keep'),
      maxRows
    )
  )
  const keptCount = results.reduce((sum, result) => sum + result.keptCount, 0)
  if (keptCount === 0) return []
  const rows = kept.map((result) => [result.repository, ...rowCells(result, context)])
  const blocks: SummaryBlock[] = [
    ...upcomingTable(results, context.now),
    { kind: 'table', columns: ['repository', 'tag', 'age', 'size', 'reason'], rows }
  ]
  const more = keptCount - kept.length
  if (more > 0)
    blocks.push({ kind: 'paragraph', text: `… and ${formatNumber(more)} more. ${WHOLE_PLAN}` })
  return [
    {
      kind: 'section',
      title: `Kept: ${formatCount(keptCount, 'tag or image', 'tags and images')}`,
      blocks
    }
  ]
}

/** Returns the table of the rows that will be deleted next because of their age. */
function upcomingTable(results: readonly CleanupResult[], now: number): SummaryBlock[] {
  const dueAt = ({ row }: RowResult): number => row.decision.dueAt ?? Infinity
  const all = function* (): Generator<RowResult> {
    for (const { rows } of results) yield* rows()
  }
  const isUpcoming = (one: RowResult): boolean => one.decision === 'keep' && dueAt(one) < Infinity
  const upcoming = selectFirst(
    selectRows(all(), isUpcoming),
    MAX_UPCOMING_ROWS,
    (a, b) => dueAt(a) - dueAt(b)
  )
  if (upcoming.length === 0) return []
  const rows = upcoming.map((result) => {
    const time = dueAt(result)
    const name = result.row.tag === undefined ? result.row.digest : shortenTag(result.row.tag)
    return [result.repository, shortenDigests(name), formatTime(time), formatAge(time - now)]
  })
  return [
    { kind: 'paragraph', text: 'Next deletions if nothing else changes:' },
    { kind: 'table', columns: ['repository', 'tag', 'time (UTC)', 'in'], rows }
  ]
}
