import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr-public'
import type { Repository } from '@aws-sdk/client-ecr-public'
import pLimit from 'p-limit'
import { listRepositories } from '../ecr-public/listings.js'
import type { EcrPublicApi } from '../runner/deps.js'
import { isErrorNamed } from '../runner/errors.js'

/** The maximum number of names per call (the API model's RepositoryNameList). */
const NAMES_PER_CALL = 100
/** Up to this number of names, one call per name is cheaper than a list of a registry that can be large. */
const MAX_SINGLE_NAMES = 10
const CONCURRENCY = 8
const NOT_FOUND = 'RepositoryNotFoundException'

/**
 * Returns the repositories that exist among the names, by name. One unknown name makes DescribeRepositories fail for
 * all names of the call, so missing names are then searched one by one, or for many names in a list of the registry.
 */
export async function findRepositories(
  names: readonly string[],
  api: EcrPublicApi,
  registryId: string | undefined
): Promise<Map<string, Repository>> {
  if (names.length === 1) return findOneByOne(names, api, registryId)
  const together = await findTogether(names, api, registryId)
  if (together !== undefined) return together
  if (names.length <= MAX_SINGLE_NAMES) return findOneByOne(names, api, registryId)
  return findInListing(names, api, registryId)
}

/** Returns `undefined` if one of the repositories does not exist. */
async function findTogether(
  names: readonly string[],
  api: EcrPublicApi,
  registryId: string | undefined
): Promise<Map<string, Repository> | undefined> {
  const found: Repository[] = []
  for (let at = 0; at < names.length; at += NAMES_PER_CALL) {
    const repositoryNames = names.slice(at, at + NAMES_PER_CALL)
    try {
      const command = new DescribeRepositoriesCommand({ registryId, repositoryNames })
      found.push(...((await api.send(command)).repositories ?? []))
    } catch (error) {
      if (isErrorNamed(error, NOT_FOUND)) return undefined
      throw error
    }
  }
  return byName(found)
}

async function findOneByOne(
  names: readonly string[],
  api: EcrPublicApi,
  registryId: string | undefined
): Promise<Map<string, Repository>> {
  const limit = pLimit(CONCURRENCY)
  const found = await Promise.all(
    names.map((name) => limit(() => findRepository(name, api, registryId)))
  )
  return byName(found.filter((each) => each !== undefined))
}

/** Returns the repository, or `undefined` if it does not exist. */
export async function findRepository(
  name: string,
  api: EcrPublicApi,
  registryId: string | undefined
): Promise<Repository | undefined> {
  try {
    const command = new DescribeRepositoriesCommand({ registryId, repositoryNames: [name] })
    return (await api.send(command)).repositories?.[0]
  } catch (error) {
    if (isErrorNamed(error, NOT_FOUND)) return undefined
    throw error
  }
}

async function findInListing(
  names: readonly string[],
  api: EcrPublicApi,
  registryId: string | undefined
): Promise<Map<string, Repository>> {
  const wanted = new Set(names)
  const found: Repository[] = []
  try {
    for await (const page of listRepositories(api, registryId)) {
      found.push(...page.filter(({ repositoryName = '' }) => wanted.has(repositoryName)))
    }
  } catch (error) {
    // An IAM policy for specific repositories does not allow the caller to list all of them.
    if (!isErrorNamed(error, 'AccessDeniedException')) throw error
    return findOneByOne(names, api, registryId)
  }
  return byName(found)
}

function byName(repositories: readonly Repository[]): Map<string, Repository> {
  return new Map(repositories.map((each) => [each.repositoryName ?? '', each]))
}
