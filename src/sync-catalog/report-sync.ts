import { hasChanges } from '../runner/plan.js'
import type { Change } from '../runner/plan.js'
import type { Report } from '../runner/report.js'
import type { SummaryBlock } from '../runner/summary.js'
import type { AnnotationGroup } from './group-annotations.js'
import { hasFieldChanges } from './plan-catalog.js'
import type { CatalogPlan, FieldChange } from './plan-catalog.js'

/** The maximum number of rows in the summary table. The plan file has all rows. */
const MAX_ROWS = 500
/** The maximum number of repository pages that the summary links. */
const MAX_PAGES = 50

/** A repository that could not be read, and why. */
export interface UnreadableRepository {
  readonly repository: string
  readonly reason: string
}

/** The outcome for a repository. `failure` is the reason if it could not be written. */
export interface CatalogResult {
  readonly plan: CatalogPlan
  readonly failure: string | undefined
}

/** The outcome for the registry's display name. */
export interface DisplayNameResult {
  /** `undefined` if the current name could not be read. */
  readonly change: Change | undefined
  readonly failure: string | undefined
}

/** The outcome of the whole step. */
export interface SyncResult {
  readonly dryRun: boolean
  /** The names of all selected repositories, in order. */
  readonly names: readonly string[]
  readonly galleryUrl: string
  readonly results: readonly CatalogResult[]
  readonly unreadable: readonly UnreadableRepository[]
  readonly displayName: DisplayNameResult | undefined
  /** The notices and warnings, one per kind. */
  readonly notes: readonly AnnotationGroup[]
}

/** Creates the report. In a dry run it has the same rows, with "would" in the summary. */
export function reportSync(result: SyncResult): Report {
  const rows = listRows(result)
  const plan = rows.map(({ change, failure }) =>
    failure === undefined || change.action === 'keep' ? change : { ...change, failed: true }
  )
  const written = result.results.filter(({ failure }) => failure === undefined)
  return {
    changed: hasChanges(plan.filter(({ failed }) => failed !== true)),
    plan,
    repositories: result.names,
    outputs: {
      'changed-fields': Object.fromEntries(
        written
          .filter(({ plan: { fields } }) => hasFieldChanges({ fields }))
          .map(({ plan: { address, fields } }) => [address.repositoryName, changedFields(fields)])
      ),
      truncated: result.results.some(({ plan: { isTruncated } }) => isTruncated),
      'gallery-url': result.galleryUrl
    },
    summary: summarize(result, rows),
    failure: describeFailure(result)
  }
}

/** A row of the plan. `failure` is the reason if the change could not be made. */
interface ResultRow {
  readonly change: Change
  readonly failure: string | undefined
}

function listRows({ results, displayName }: SyncResult): ResultRow[] {
  const rows = results.flatMap(({ plan, failure }) =>
    plan.fields.map(({ change }): ResultRow => ({ change, failure }))
  )
  if (displayName?.change === undefined) return rows
  return [...rows, { change: displayName.change, failure: displayName.failure }]
}

function changedFields(fields: readonly FieldChange[]): string[] {
  return fields.filter(({ change }) => isChange(change)).map(({ field }) => field)
}

/** Returns what failed with the first reason, or `undefined`. */
function describeFailure({ results, unreadable, displayName }: SyncResult): string | undefined {
  const failed = results.flatMap(({ plan, failure }) =>
    failure === undefined ? [] : [{ repository: plan.address.repositoryName, reason: failure }]
  )
  const describe = (action: string, repositories: readonly UnreadableRepository[]): string[] => {
    const [first] = repositories
    if (first === undefined) return []
    const count = countRepositories(repositories.length)
    return [
      `${count} could not be ${action}. First error, for ${first.repository}: ${first.reason}`
    ]
  }
  const parts = [...describe('updated', failed), ...describe('read', unreadable)]
  if (displayName?.failure !== undefined) {
    parts.push(`The display name could not be set: ${displayName.failure}`)
  }
  return parts.length === 0 ? undefined : parts.join(' ')
}

/** Returns the table first, then the diffs, and the notes at the end. */
function summarize(result: SyncResult, rows: readonly ResultRow[]): SummaryBlock[] {
  const { results, unreadable, displayName, notes, dryRun } = result
  const changed = results.filter(({ plan }) => hasFieldChanges(plan))
  return [
    paragraph(describeTotals(result, changed.length)),
    ...rowTable(rows, unreadable, dryRun),
    ...(displayName?.failure === undefined ? [] : [paragraph(displayName.failure)]),
    ...(changed.length === 0 ? results.slice(0, 1) : changed.slice(0, MAX_PAGES)).flatMap(
      pageBlocks
    ),
    ...notes.flatMap(noteBlocks)
  ]
}

function noteBlocks({ level, text, details }: AnnotationGroup): SummaryBlock[] {
  const note = paragraph(`${level === 'warning' ? 'Warning' : 'Note'}: ${text}`)
  if (details.length === 0) return [note]
  const title = `${details.length} details`
  return [note, { kind: 'code', language: 'text', text: details.join('\n'), title }]
}

function paragraph(text: string): SummaryBlock {
  return { kind: 'paragraph', text }
}

/** @param different the number of repositories with changes in their plan, including those that failed */
function describeTotals(result: SyncResult, different: number): string {
  const { dryRun, results, unreadable, displayName } = result
  const verb = dryRun ? 'would change' : 'changed'
  const unwritten = results.filter(({ failure }) => failure !== undefined).length
  const failed = unwritten + unreadable.length
  const parts = [
    `${countRepositories(different - unwritten)} ${verb}`,
    `${results.length - different} already up to date`
  ]
  if (failed > 0) parts.push(`${failed} failed`)
  if (displayName?.failure === undefined && isChange(displayName?.change)) {
    parts.push(`the display name ${verb}`)
  }
  return `${parts.join(', ')}.`
}

function isChange(change: Change | undefined): boolean {
  return change !== undefined && change.action !== 'keep'
}

/** Returns the table of all rows: repositories that could not be read first, then changes. */
function rowTable(
  rows: readonly ResultRow[],
  unreadable: readonly UnreadableRepository[],
  dryRun: boolean
): SummaryBlock[] {
  if (rows.length + unreadable.length === 0) return []
  const isKept = ({ change }: ResultRow): boolean => change.action === 'keep'
  const sorted = [...rows.filter((row) => !isKept(row)), ...rows.filter(isKept)]
  const table: SummaryBlock = {
    kind: 'table',
    columns: ['field', 'decision', 'characters', 'reason'],
    rows: [
      ...unreadable.map(({ repository, reason }) => [repository, 'could not be read', '', reason]),
      ...sorted.map(({ change, failure }) => [
        change.target,
        decisionOf(change, failure, dryRun),
        charactersOf(change),
        change.action === 'keep' ? (change.reason ?? '') : (failure ?? change.reason ?? '')
      ])
    ].slice(0, MAX_ROWS)
  }
  const others = sorted.length + unreadable.length - MAX_ROWS
  if (others <= 0) return [table]
  return [
    table,
    paragraph(`… and ${others} more rows. Output plan-file is the path of a file with all rows.`)
  ]
}

function decisionOf(change: Change, failure: string | undefined, dryRun: boolean): string {
  if (change.action === 'keep') return 'keep'
  if (failure !== undefined) return 'failed'
  return dryRun ? `would ${change.action}` : `${change.action}d`
}

function charactersOf({ characters, limit, truncated }: Change): string {
  if (typeof characters !== 'number' || typeof limit !== 'number') return ''
  return `${characters} of ${limit}${truncated === true ? ' (truncated)' : ''}`
}

/** Returns the diffs of a repository, folded, and the link to its page. */
function pageBlocks({ plan }: CatalogResult): SummaryBlock[] {
  return [
    ...plan.fields.flatMap(({ change, diff }): SummaryBlock[] =>
      diff === undefined || diff === ''
        ? []
        : [{ kind: 'code', language: 'diff', text: diff, title: change.target }]
    ),
    ...linkToPage(plan)
  ]
}

function linkToPage({ address, galleryUrl: url }: CatalogResult['plan']): SummaryBlock[] {
  if (url === '') return []
  return [{ kind: 'link', label: `${address.repositoryName} in the gallery`, url }]
}

function countRepositories(count: number): string {
  return `${count} ${count === 1 ? 'repository' : 'repositories'}`
}
