import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr-public'
import type { Repository } from '@aws-sdk/client-ecr-public'
import type { Deps } from '../runner/deps.js'
import { problem } from '../runner/errors.js'
import type { EcrPublicApi } from '../runner/deps.js'
import { listRegistries, listRepositories } from './listings.js'
import {
  checkRepositoryName,
  isGlob,
  isSameHost,
  parseRepositoryReference
} from './repository-names.js'
import type { RepositoryReference } from './repository-names.js'

type ResolveDeps = Pick<Deps, 'api' | 'log'>

/** What is known of the caller's registry. */
interface KnownRegistry {
  readonly host: string
  readonly aliases: readonly string[]
}

/**
 * The names that the references stand for, each once and in order, whether or not such a repository
 * exists. The registry is asked only where a reference could begin with a host or an alias.
 *
 * @throws ActionError for a name that the service would refuse, another registry's host or alias, or a glob
 */
export async function resolveRepositoryNames(
  references: readonly string[],
  deps: ResolveDeps,
  registryId?: string
): Promise<string[]> {
  const parsed = references.map(parseRepositoryReference)
  for (const { path, text } of parsed) {
    if (!isGlob(path)) continue
    throw problem({
      what: 'Input "repository" holds a glob',
      value: text,
      expected: 'names only in this mode'
    })
  }
  for (const { path, text } of parsed) checkRepositoryName(path, text)
  const resolve = await createResolver(parsed, deps, registryId)
  const names: string[] = []
  for (const reference of parsed) {
    names.push(checkRepositoryName(await resolve(reference), reference.text))
  }
  return [...new Set(names)]
}

/**
 * The repositories that the references name, each once: names in the order given, the matches of a glob
 * in the order of their names. In globs `*` stays within one path segment and `**` crosses them.
 *
 * @throws ActionError for a name that does not exist and for a glob that matches nothing
 */
export async function selectRepositories(
  references: readonly string[],
  deps: ResolveDeps,
  registryId?: string
): Promise<Repository[]> {
  const parsed = references.map(parseRepositoryReference)
  for (const { path, text } of parsed) if (!isGlob(path)) checkRepositoryName(path, text)
  const resolve = await createResolver(parsed, deps, registryId)
  const selected = new Map<string, Repository>()
  const isWhole = parsed.some(({ path }) => isGlob(path))
  const all = isWhole ? await listAll(deps.api, registryId) : undefined
  for (const reference of parsed) {
    const pattern = await resolve(reference)
    const found = isGlob(pattern)
      ? await matching(pattern, reference.text, all ?? [])
      : [await getRepository(pattern, deps.api, registryId, all)]
    for (const repository of found) selected.set(repository.repositoryName ?? '', repository)
  }
  return [...selected.values()]
}

async function listAll(api: EcrPublicApi, registryId: string | undefined): Promise<Repository[]> {
  const all: Repository[] = []
  for await (const page of listRepositories(api, registryId)) all.push(...page)
  return all.sort((a, b) => ((a.repositoryName ?? '') < (b.repositoryName ?? '') ? -1 : 1))
}

async function matching(
  glob: string,
  text: string,
  all: readonly Repository[]
): Promise<readonly Repository[]> {
  const { default: picomatch } = await import('picomatch')
  const matches = picomatch(glob, { dot: true, strictSlashes: true })
  const found = all.filter(({ repositoryName = '' }) => matches(repositoryName))
  if (found.length > 0) return found
  throw problem({
    what: 'Input "repository" holds a glob that matches nothing',
    value: text,
    expected: `the registry has ${all.length} ${all.length === 1 ? 'repository' : 'repositories'}`,
    fix: 'in globs * stays within one path segment and ** crosses them'
  })
}

/** The repository of this name. @throws the service's RepositoryNotFoundException, or an ActionError, where there is none */
async function getRepository(
  name: string,
  api: EcrPublicApi,
  registryId: string | undefined,
  all: readonly Repository[] | undefined
): Promise<Repository> {
  const listed = all?.find(({ repositoryName }) => repositoryName === name)
  if (listed !== undefined) return listed
  const { repositories } = await api.send(
    new DescribeRepositoriesCommand({ registryId, repositoryNames: [name] })
  )
  const [found] = repositories ?? []
  if (found === undefined) throw problem({ what: 'There is no such repository', value: name })
  return found
}

/** Turns a reference into a repository name or glob: takes host and alias off where they are the registry's. */
async function createResolver(
  references: readonly RepositoryReference[],
  deps: ResolveDeps,
  registryId: string | undefined
): Promise<(reference: RepositoryReference) => Promise<string>> {
  const couldHaveAlias = references.some(({ path }) => path.includes('/'))
  const registry = couldHaveAlias ? await findRegistry(deps) : undefined
  return async ({ host, path, text }) => {
    const [first = '', ...rest] = path.split('/')
    const remainder = rest.join('/')
    if (host !== undefined) {
      checkOwnership(host, first, text, registry, registryId)
      return remainder
    }
    if (remainder === '' || registry?.aliases.includes(first) !== true) return path
    return chooseReading(path, remainder, text, deps.api, registryId)
  }
}

function checkOwnership(
  host: string,
  alias: string,
  text: string,
  registry: KnownRegistry | undefined,
  registryId: string | undefined
): void {
  if (registry === undefined || registryId !== undefined) return
  if (isSameHost(host, registry.host) && registry.aliases.includes(alias)) return
  throw problem({
    what: 'Input "repository" names another registry',
    value: text,
    expected: registry.aliases.map((own) => `${registry.host}/${own}/…`).join(' or '),
    fix: 'check the credentials, or give "registry-id" where the registry is another account\'s'
  })
}

/** `team/app` where `team` is an alias of the registry: the repository `app`, unless one is called `team/app`. */
async function chooseReading(
  whole: string,
  withoutAlias: string,
  text: string,
  api: EcrPublicApi,
  registryId: string | undefined
): Promise<string> {
  if (isGlob(whole)) return withoutAlias
  const [wholeExists, restExists] = await Promise.all([
    exists(whole, api, registryId),
    exists(withoutAlias, api, registryId)
  ])
  if (wholeExists && restExists) {
    throw problem({
      what: 'Input "repository" has two meanings',
      value: text,
      expected: `there is a repository "${whole}", and a repository "${withoutAlias}" under the alias`,
      fix: 'give the whole repository URI'
    })
  }
  return wholeExists ? whole : withoutAlias
}

async function exists(
  repositoryName: string,
  api: EcrPublicApi,
  registryId: string | undefined
): Promise<boolean> {
  try {
    await api.send(
      new DescribeRepositoriesCommand({ registryId, repositoryNames: [repositoryName] })
    )
    return true
  } catch (error) {
    if (error instanceof Error && error.name === 'RepositoryNotFoundException') return false
    throw error
  }
}

/** The caller's registry, or `undefined` where the caller has none yet or may not ask. */
async function findRegistry({ api, log }: ResolveDeps): Promise<KnownRegistry | undefined> {
  try {
    const [registry] = await listRegistries(api)
    if (registry?.registryUri === undefined) return undefined
    return {
      host: registry.registryUri.split('/')[0] ?? '',
      aliases: (registry.aliases ?? []).flatMap(({ name }) => (name === undefined ? [] : [name]))
    }
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AccessDeniedException') throw error
    log.debug('DescribeRegistries is not permitted: names are taken as written')
    return undefined
  }
}
