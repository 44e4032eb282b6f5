import { galleryUrl } from '../ecr-public/gallery-url.js'
import type { Change } from '../runner/plan.js'
import type { Report } from '../runner/report.js'
import type { SummaryRow } from '../runner/summary.js'
import type { ReconciledRepository } from './reconcile-repository.js'

/** What became of a repository. */
export interface RepositoryResult extends Omit<ReconciledRepository, 'error'> {
  /** Why it could not be made what it should be, for people to read. */
  readonly failure?: string
}

/** How many failures the error line of the step tells; all are in the log and the summary. */
const MAX_TOLD_FAILURES = 5

/** The report of mode ensure-repo, all repositories in the order in which they were named. */
export function reportRepositories(results: readonly RepositoryResult[]): Report {
  const failures = results.flatMap(({ name, failure }) =>
    failure === undefined ? [] : [{ name, failure }]
  )
  const repository = results[0]?.repository
  const uri = repository?.repositoryUri ?? ''
  return {
    changed: results.some(({ changed }) => changed),
    plan: results.flatMap(({ changes }) => changes),
    repositories: results.map(({ name }) => name),
    outputs: {
      created: results.some(({ created }) => created),
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
        rows: results.map((result) => summaryRow(result))
      }
    ],
    failure: failures.length === 0 ? undefined : failureText(failures, results.length)
  }
}

function detailsOf(result: RepositoryResult): Readonly<Record<string, unknown>> {
  const { name, repository, created, changed, failure } = result
  const uri = repository?.repositoryUri ?? ''
  return {
    name,
    uri,
    arn: repository?.repositoryArn ?? '',
    galleryUrl: uri === '' ? '' : galleryUrl(uri),
    created,
    changed,
    ...(failure === undefined ? {} : { failure })
  }
}

function summaryRow({ name, repository, changes, failure }: RepositoryResult): SummaryRow {
  const uri = repository?.repositoryUri
  const done = changes.filter(({ failed }) => failed !== true)
  const isGone = done.some(({ action, kind }) => action === 'delete' && kind === 'repository')
  const result = resultText(done)
  const failed =
    result === 'unchanged' ? `failed: ${failure}` : `${result}, then failed: ${failure}`
  return [
    name,
    failure === undefined ? result : failed,
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

function failureText(
  failed: readonly { readonly name: string; readonly failure: string }[],
  total: number
): string {
  const [first] = failed
  if (total === 1 && first !== undefined) return first.failure
  const told = failed.slice(0, MAX_TOLD_FAILURES).map(({ name, failure }) => `${name}: ${failure}`)
  const rest = failed.length - told.length
  const more = rest > 0 ? [`and ${rest} more, in the log`] : []
  return `${failed.length} of ${total} repositories failed – ${[...told, ...more].join('; ')}`
}
