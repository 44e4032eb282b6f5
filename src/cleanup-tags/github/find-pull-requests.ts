import { problem } from '../../runner/errors.js'
import { isJsonObject } from '../../runner/json.js'
import type { PullRequestState } from '../rules/step-facts.js'
import { PERMISSION_FIX } from './query-failures.js'
import { createQuerySender } from './send-query.js'
import type { GitHubDeps, QueryError, QueryResult } from './send-query.js'

/** The number of pull requests per query. */
const NUMBERS_PER_QUERY = 100

/** The states of GraphQL's enumeration `PullRequestState`. */
const STATES: ReadonlyMap<unknown, PullRequestState> = new Map([
  ['OPEN', 'open'],
  ['CLOSED', 'closed'],
  ['MERGED', 'closed']
])

/** The repository whose pull requests are read. */
interface GitHubRepository {
  readonly owner: string
  readonly name: string
  /** The ID that the runner reports. A repository with the same name but another ID is another repository. */
  readonly id: string | undefined
}

/**
 * Finds the states of pull requests of the repository that the workflow runs in, with one call per 100 numbers.
 *
 * @param numbers positive integers
 * @param token must be masked before
 * @returns a state for every number
 * @throws ActionError if a state cannot be read, because of a rate limit, a missing permission or an error
 */
export async function findPullRequests(
  numbers: Iterable<number>,
  token: string,
  maxAttempts: number,
  deps: GitHubDeps
): Promise<Map<number, PullRequestState>> {
  const states = new Map<number, PullRequestState>()
  const sorted = [...new Set(numbers)].sort((a, b) => a - b)
  if (sorted.length === 0) return states
  const repository = repositoryOf(deps.env)
  const send = await createQuerySender(token, maxAttempts, deps)
  for (let at = 0; at < sorted.length; at += NUMBERS_PER_QUERY) {
    const chunk = sorted.slice(at, at + NUMBERS_PER_QUERY)
    const result = await send(queryOf(repository, chunk))
    for (const [number, state] of readStates(result, chunk, repository)) states.set(number, state)
  }
  return states
}

function repositoryOf(env: GitHubDeps['env']): GitHubRepository {
  const [, owner, name] = /^([\w.-]+)\/([\w.-]+)$/.exec(env.GITHUB_REPOSITORY ?? '') ?? []
  if (owner !== undefined && name !== undefined) {
    return { owner, name, id: env.GITHUB_REPOSITORY_ID || undefined }
  }
  throw problem({
    what: 'The environment variable GITHUB_REPOSITORY is not a repository',
    value: env.GITHUB_REPOSITORY ?? '',
    reason: 'Input "closed-pull-requests" reads the pull requests of this repository.',
    expected: 'Use OWNER/NAME. GitHub Actions sets the variable.'
  })
}

/** Returns a query with one alias per number. GitHub follows the name of a renamed repository. */
function queryOf({ owner, name }: GitHubRepository, numbers: readonly number[]): string {
  const aliases = numbers.map((number) => `p${number}: pullRequest(number: ${number}) { state }`)
  const fields = ['databaseId', ...aliases].join('\n    ')
  return `query {\n  repository(owner: "${owner}", name: "${name}") {\n    ${fields}\n  }\n}`
}

function readStates(
  { data, errors }: QueryResult,
  numbers: readonly number[],
  repository: GitHubRepository
): [number, PullRequestState][] {
  const found = isJsonObject(data) ? data.repository : undefined
  checkErrors(errors, numbers, repository)
  if (!isJsonObject(found)) throw incomplete('repository')
  checkIdentity(found.databaseId, repository)
  return numbers.map((number) => {
    const pullRequest = found[`p${number}`]
    // An issue and a number that does not exist are null.
    if (pullRequest === null) return [number, 'none']
    const state = isJsonObject(pullRequest) ? STATES.get(pullRequest.state) : undefined
    if (state === undefined) throw incomplete(`pull request ${number}`)
    return [number, state]
  })
}

/** Accepts only the errors for numbers that are not pull requests. Any other error can hide an open pull request. */
function checkErrors(
  errors: readonly QueryError[],
  numbers: readonly number[],
  { owner, name }: GitHubRepository
): void {
  const aliases = new Set(numbers.map((number) => `p${number}`))
  const error = errors.find(({ type, path = [] }) => {
    const [first, alias] = path
    return type !== 'NOT_FOUND' || first !== 'repository' || !aliases.has(String(alias))
  })
  if (error === undefined) return
  const isAccess = error.type === 'FORBIDDEN' || error.type === 'NOT_FOUND'
  throw problem({
    what: `Cannot read the pull requests of ${owner}/${name}`,
    value: error.type,
    reason: `${error.message.replace(/[.\s]*$/, '')}. Nothing was deleted.`,
    fix: isAccess ? PERMISSION_FIX : 'Run the job again.'
  })
}

/** Rejects another repository that has taken the name of the one that the workflow runs in. */
function checkIdentity(databaseId: unknown, { owner, name, id }: GitHubRepository): void {
  if (id === undefined || typeof databaseId !== 'number' || String(databaseId) === id) return
  throw problem({
    what: `${owner}/${name} is not the repository that the workflow runs in`,
    value: String(databaseId),
    expected: `The ID of the repository is ${id}.`,
    fix: 'Run the workflow again, so that it uses the current name of the repository.'
  })
}

function incomplete(what: string): Error {
  return problem({
    what: 'The response of GitHub is incomplete',
    value: what,
    reason: 'The state of a pull request is missing. Nothing was deleted.',
    fix: 'Run the job again.'
  })
}
