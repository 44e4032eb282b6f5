import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr-public'
import type { Repository } from '@aws-sdk/client-ecr-public'
import pLimit from 'p-limit'
import type { EcrPublicApi } from '../runner/deps.js'
import { isErrorNamed, problem } from '../runner/errors.js'
import { listRepositories } from './listings.js'

/** The maximum number of names per call (the API model's RepositoryNameList). */
const NAMES_PER_CALL = 100
/** Up to this number of names, one call per name is cheaper than a list of a registry that can be large. */
const MAX_SINGLE_NAMES = 10
const CONCURRENCY = 8
const NOT_FOUND = 'RepositoryNotFoundException'

/** Where to search repositories. */
export interface RepositorySearch {
  readonly api: EcrPublicApi
  /** The default is the caller's registry. */
  readonly registryId?: string | undefined
  /** Receives the message of the service about a repository that does not exist. */
  readonly onNotFound?: ((message: string) => void) | undefined
}

/**
 * Returns the repositories that exist among the names, by name. One unknown name makes DescribeRepositories fail for
 * all names of the call, so missing names are then searched one by one, or for many names in a list of the registry.
 */
export async function findRepositories(
  names: readonly string[],
  search: RepositorySearch
): Promise<Map<string, Repository>> {
  if (names.length === 1) return findOneByOne(names, search)
  const together = await findTogether(names, search)
  if (together !== undefined) return together
  if (names.length <= MAX_SINGLE_NAMES) return findOneByOne(names, search)
  return findInListing(names, search)
}

/**
 * Returns the repository, or `undefined` if it does not exist.
 *
 * @throws ActionError if the service returns another repository
 */
export async function findRepository(
  name: string,
  search: RepositorySearch
): Promise<Repository | undefined> {
  return (await findTogether([name], search))?.get(name)
}

/** Returns `undefined` if one of the repositories does not exist. */
async function findTogether(
  names: readonly string[],
  { api, registryId, onNotFound }: RepositorySearch
): Promise<Map<string, Repository> | undefined> {
  const found: Repository[] = []
  for (let at = 0; at < names.length; at += NAMES_PER_CALL) {
    const repositoryNames = names.slice(at, at + NAMES_PER_CALL)
    try {
      const command = new DescribeRepositoriesCommand({ registryId, repositoryNames })
      found.push(...((await api.send(command)).repositories ?? []))
    } catch (error) {
      if (!isErrorNamed(error, NOT_FOUND)) throw error
      onNotFound?.(error.message)
      return undefined
    }
  }
  return byName(found, names)
}

async function findOneByOne(
  names: readonly string[],
  search: RepositorySearch
): Promise<Map<string, Repository>> {
  const limit = pLimit(CONCURRENCY)
  const found = await Promise.all(names.map((name) => limit(() => findRepository(name, search))))
  return byName(
    found.filter((each) => each !== undefined),
    names
  )
}

async function findInListing(
  names: readonly string[],
  search: RepositorySearch
): Promise<Map<string, Repository>> {
  const requested = new Set(names)
  const found: Repository[] = []
  try {
    for await (const page of listRepositories(search.api, search.registryId)) {
      found.push(...page.filter(({ repositoryName = '' }) => requested.has(repositoryName)))
    }
  } catch (error) {
    // An IAM policy for specific repositories does not allow the caller to list all of them.
    if (!isErrorNamed(error, 'AccessDeniedException')) throw error
    return findOneByOne(names, search)
  }
  return byName(found, names)
}

function byName(
  repositories: readonly Repository[],
  names: readonly string[]
): Map<string, Repository> {
  const requested = new Set(names)
  const found = new Map<string, Repository>()
  for (const repository of repositories) {
    const { repositoryName = '' } = repository
    if (!requested.has(repositoryName)) {
      throw problem({
        what: 'DescribeRepositories returned a repository that was not requested',
        value: repositoryName
      })
    }
    found.set(repositoryName, repository)
  }
  return found
}
