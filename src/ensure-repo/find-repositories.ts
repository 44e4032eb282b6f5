import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr-public'
import type { Repository } from '@aws-sdk/client-ecr-public'
import pLimit from 'p-limit'
import type { EcrPublicApi } from '../runner/deps.js'
import { listRepositories } from '../ecr-public/listings.js'

/** The names that one call takes (the API model's RepositoryNameList). */
const NAMES_PER_CALL = 100
/** Up to this many names are asked for one by one rather than listing a registry that may be large. */
const MAX_SINGLE_NAMES = 10
const CONCURRENCY = 8

/**
 * Those of the named repositories that exist. One unknown name fails a call for many, so they are asked
 * for together as long as all exist; else a few are asked for one by one, and for many the registry is
 * listed: at most ten pages, by its quota.
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

/** `undefined` where one of them does not exist. */
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
      if (isNotFound(error)) return undefined
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

/** The repository of this name, or `undefined` where there is none. */
export async function findRepository(
  name: string,
  api: EcrPublicApi,
  registryId: string | undefined
): Promise<Repository | undefined> {
  try {
    const command = new DescribeRepositoriesCommand({ registryId, repositoryNames: [name] })
    return (await api.send(command)).repositories?.[0]
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** A policy for some repositories only does not allow to list all. */
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
    if (nameOf(error) !== 'AccessDeniedException') throw error
    return findOneByOne(names, api, registryId)
  }
  return byName(found)
}

function byName(repositories: readonly Repository[]): Map<string, Repository> {
  return new Map(repositories.map((each) => [each.repositoryName ?? '', each]))
}

function isNotFound(error: unknown): boolean {
  return nameOf(error) === 'RepositoryNotFoundException'
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : ''
}
