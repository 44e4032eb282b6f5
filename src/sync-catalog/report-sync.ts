import { hasChanges } from '../runner/plan.js'
import type { Change } from '../runner/plan.js'
import type { Report } from '../runner/report.js'
import type { SummaryBlock } from '../runner/summary.js'
import { hasFieldChanges } from './look-at-repository.js'
import type { FieldChange } from './look-at-repository.js'
import type { RepositoryResult, SyncResult } from './sync-result.js'

/** Rows of the table in the summary; the plan file has all of them. */
const MAX_ROWS = 500
/** Links to pages in the summary. */
const MAX_PAGES = 50

/** The report of mode sync-catalog: the same for a dry run, which only says "would". */
export function reportSync(result: SyncResult): Report {
  const { repositories, displayName } = result
  const plan = [
    ...repositories.flatMap(planOf),
    ...(displayName?.change === undefined ? [] : [failing(displayName.change, displayName.failure)])
  ]
  const written = repositories.filter(({ failure }) => failure === undefined)
  return {
    changed: hasChanges(plan.filter(({ failed }) => failed !== true)),
    plan,
    repositories: result.names,
    outputs: {
      'changed-fields': Object.fromEntries(
        written
          .filter(({ plan: { fields } }) => hasFieldChanges({ fields }))
          .map(({ plan: { address, fields } }) => [
            address.repositoryName,
            changed(fields).map(({ field }) => field)
          ])
      ),
      truncated: repositories.some(({ plan: { isTruncated } }) => isTruncated),
      'gallery-url': result.galleryUrl
    },
    summary: summarize(result),
    failure: failureOf(result)
  }
}

function planOf({ plan, failure }: RepositoryResult): Change[] {
  return plan.fields.map(({ change }) => failing(change, failure))
}

function failing(change: Change, failure: string | undefined): Change {
  return failure === undefined || change.action === 'keep' ? change : { ...change, failed: true }
}

function changed(fields: readonly FieldChange[]): FieldChange[] {
  return fields.filter(({ change }) => change.action !== 'keep')
}

/** What failed, with the first reason, or `undefined`. */
function failureOf({ repositories, unreachable, displayName }: SyncResult): string | undefined {
  const failed = repositories.filter(({ failure }) => failure !== undefined)
  const parts: string[] = []
  const [firstFailed] = failed
  if (firstFailed !== undefined) {
    parts.push(
      `${counted(failed.length)} could not be written – first ${firstFailed.plan.address.repositoryName} – ${firstFailed.failure ?? ''}`
    )
  }
  const [first] = unreachable
  if (first !== undefined) {
    parts.push(
      `${counted(unreachable.length)} could not be read – first ${first.repository} – ${first.reason}`
    )
  }
  if (displayName?.failure !== undefined) {
    parts.push(`The display name could not be set – ${displayName.failure}`)
  }
  return parts.length === 0 ? undefined : parts.join('; ')
}

function summarize(result: SyncResult): SummaryBlock[] {
  const { repositories, unreachable, displayName, notes } = result
  const different = repositories.filter(({ plan }) => hasFieldChanges(plan))
  return [
    { kind: 'paragraph', text: totals(result, different.length) },
    ...notes.map(({ text }): SummaryBlock => ({ kind: 'paragraph', text })),
    ...unreachable.map(({ repository, reason }): SummaryBlock => ({
      kind: 'paragraph',
      text: `${repository} could not be read: ${reason}`
    })),
    ...table(result),
    ...(displayName?.failure === undefined
      ? []
      : [{ kind: 'paragraph', text: displayName.failure } as const]),
    ...(different.length === 0 ? repositories.slice(0, 1) : different.slice(0, MAX_PAGES)).flatMap(
      pageBlocks
    )
  ]
}

function totals({ dryRun, repositories, displayName }: SyncResult, different: number): string {
  const same = repositories.length - different
  const name = displayName?.change
  const verb = dryRun ? 'would change' : 'changed'
  const parts = [`${counted(different)} ${verb}`, `${same} as wanted already`]
  if (name !== undefined && name.action !== 'keep') parts.push(`the display name ${verb}`)
  return `${parts.join(', ')}.`
}

function table({ dryRun, repositories, displayName }: SyncResult): SummaryBlock[] {
  const rows = [
    ...repositories.flatMap(({ plan, failure }) =>
      plan.fields.map(({ change }) => ({ change, failure }))
    ),
    ...(displayName?.change === undefined
      ? []
      : [{ change: displayName.change, failure: displayName.failure }])
  ]
  if (rows.length === 0) return []
  const isKept = ({ change }: (typeof rows)[number]): boolean => change.action === 'keep'
  const sorted = [...rows.filter((row) => !isKept(row)), ...rows.filter(isKept)]
  const block: SummaryBlock = {
    kind: 'table',
    columns: ['field', 'decision', 'characters', 'reason'],
    rows: sorted
      .slice(0, MAX_ROWS)
      .map(({ change, failure }) => [
        change.target,
        decision(change, failure, dryRun),
        charactersOf(change),
        change.action === 'keep' ? (change.reason ?? '') : (failure ?? change.reason ?? '')
      ])
  }
  const more = sorted.length - MAX_ROWS
  if (more <= 0) return [block]
  const text = `… and ${more} more; output plan-file names the file with all.`
  return [block, { kind: 'paragraph', text }]
}

function decision(change: Change, failure: string | undefined, dryRun: boolean): string {
  if (change.action === 'keep') return 'keep'
  if (failure !== undefined) return 'failed'
  return dryRun ? `would ${change.action}` : `${change.action}d`
}

/** Characters used, of how many. */
function charactersOf({ characters, limit, truncated }: Change): string {
  if (typeof characters !== 'number' || typeof limit !== 'number') return ''
  return `${characters} of ${limit}${truncated === true ? ' (cut)' : ''}`
}

/** The diffs of a repository, folded, and the link to its page. */
function pageBlocks({ plan }: RepositoryResult): SummaryBlock[] {
  return [
    ...plan.fields.flatMap(({ change, diff }): SummaryBlock[] =>
      diff === undefined || diff === ''
        ? []
        : [{ kind: 'code', language: 'diff', text: diff, title: change.target }]
    ),
    {
      kind: 'link',
      label: `${plan.address.repositoryName} in the gallery`,
      url: plan.galleryUrl
    }
  ]
}

function counted(count: number): string {
  return `${count} ${count === 1 ? 'repository' : 'repositories'}`
}
