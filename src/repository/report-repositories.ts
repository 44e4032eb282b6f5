import { galleryUrl } from '../ecr-public/gallery-url.js'
import type { Change } from '../plan.js'
import type { Report } from '../report.js'
import type { SummaryRow } from '../summary.js'
import type { ReconciledRepository } from './reconcile-repository.js'

/** What became of a repository, or why nothing did. */
export type RepositoryResult = ReconciledRepository | FailedRepository

/** A repository that could not be made what it should be. */
export interface FailedRepository {
  readonly name: string
  /** Why, for people to read. */
  readonly failure: string
}

/** How many failures the error line of the step tells; all are in the log and the summary. */
const MAX_TOLD_FAILURES = 5

/** The report of mode ensure-repo, all repositories in the order in which they were named. */
export function reportRepositories(results: readonly RepositoryResult[]): Report {
  const done = results.filter((result): result is ReconciledRepository => !isFailed(result))
  const failed = results.filter(isFailed)
  const [first] = results
  const repository = first === undefined || isFailed(first) ? undefined : first.repository
  const uri = repository?.repositoryUri ?? ''
  return {
    changed: done.some(({ changed }) => changed),
    plan: done.flatMap(({ changes }) => changes),
    repositories: results.map(({ name }) => name),
    outputs: {
      created: done.some(({ created }) => created),
      'repository-uri': uri,
      'repository-arn': repository?.repositoryArn ?? '',
      'registry-id': repository?.registryId ?? '',
      'gallery-url': uri === '' ? '' : galleryUrl(uri),
      details: results.map(detailsOf)
    },
    summary: [
      {
        kind: 'table',
        columns: ['Repository', 'Result', 'Gallery page'],
        rows: results.map(summaryRow)
      }
    ],
    failure: failed.length === 0 ? undefined : failureText(failed, results.length)
  }
}

function isFailed(result: RepositoryResult): result is FailedRepository {
  return 'failure' in result
}

function detailsOf(result: RepositoryResult): Readonly<Record<string, unknown>> {
  const { name } = result
  if (isFailed(result)) {
    const { failure } = result
    return { name, uri: '', arn: '', galleryUrl: '', created: false, changed: false, failure }
  }
  const { repository, created, changed } = result
  const uri = repository?.repositoryUri ?? ''
  const arn = repository?.repositoryArn ?? ''
  return { name, uri, arn, galleryUrl: uri === '' ? '' : galleryUrl(uri), created, changed }
}

function summaryRow(result: RepositoryResult): SummaryRow {
  if (isFailed(result)) return [result.name, `failed: ${result.failure}`, '']
  const uri = result.repository?.repositoryUri
  const isGone = result.changes.some(
    ({ action, kind }) => action === 'delete' && kind === 'repository'
  )
  return [
    result.name,
    resultText(result.changes),
    uri === undefined || isGone ? '' : galleryUrl(uri)
  ]
}

function resultText(changes: readonly Change[]): string {
  const made = changes.filter(({ action }) => action !== 'keep')
  if (made.length === 0) return 'unchanged'
  return made
    .map(({ action, kind, target }) =>
      kind === 'repository' ? `${action}d` : `${kind} ${target.split('#').at(-1) ?? ''} ${action}d`
    )
    .join(', ')
}

function failureText(failed: readonly FailedRepository[], total: number): string {
  const [first] = failed
  if (total === 1 && first !== undefined) return first.failure
  const told = failed.slice(0, MAX_TOLD_FAILURES).map(({ name, failure }) => `${name}: ${failure}`)
  const rest = failed.length - told.length
  const more = rest > 0 ? [`and ${rest} more, in the log`] : []
  return `${failed.length} of ${total} repositories failed – ${[...told, ...more].join('; ')}`
}
