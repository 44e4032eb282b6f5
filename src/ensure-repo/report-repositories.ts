import { galleryUrl } from '../ecr-public/gallery-url.js'
import type { Change } from '../runner/plan.js'
import type { Report } from '../runner/report.js'
import type { SummaryRow } from '../runner/summary.js'
import type { ReconciledRepository } from './reconcile-repository.js'

/** The result for one repository. */
export interface EnsureRepoResult extends Omit<ReconciledRepository, 'error'> {
  /** Why the repository does not have the desired state. */
  readonly failure?: string
}

/** The maximum number of failures in the error message of the step. The log and the summary list all of them. */
const MAX_LISTED_FAILURES = 5

/** Returns the report of mode ensure-repo, with the repositories in the order of the input. */
export function reportRepositories(results: readonly EnsureRepoResult[]): Report {
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

function detailsOf(result: EnsureRepoResult): Readonly<Record<string, unknown>> {
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

function summaryRow({ name, repository, changes, failure }: EnsureRepoResult): SummaryRow {
  const uri = repository?.repositoryUri
  const done = changes.filter(({ failed }) => failed !== true)
  const isDeleted = done.some(({ action, kind }) => action === 'delete' && kind === 'repository')
  const result = resultText(done)
  const failed =
    result === 'unchanged' ? `failed: ${failure}` : `${result}, then failed: ${failure}`
  return [
    name,
    failure === undefined ? result : failed,
    uri === undefined || isDeleted ? '' : galleryUrl(uri)
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
  const listed = failed
    .slice(0, MAX_LISTED_FAILURES)
    .map(({ name, failure }) => `${name}: ${failure}`)
  const rest = failed.length - listed.length
  const more = rest > 0 ? [`and ${rest} more (see the log)`] : []
  return `${failed.length} of ${total} repositories failed: ${[...listed, ...more].join(' ')}`
}
