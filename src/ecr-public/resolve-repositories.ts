import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr-public'
import type { Repository } from '@aws-sdk/client-ecr-public'
import type { Deps, EcrPublicApi } from '../runner/deps.js'
import { isErrorNamed, problem } from '../runner/errors.js'
import { compileRepositoryGlob, isGlob } from '../runner/inputs/glob.js'
import type { TextMatcher } from '../runner/inputs/glob.js'
import { listRegistries, listRepositories } from './listings.js'
import { checkRepositoryName, isSameHost, parseRepositoryReference } from './repository-names.js'
import type { RepositoryReference } from './repository-names.js'

type ResolveDeps = Pick<Deps, 'api' | 'log'>

/** The caller's registry. */
interface KnownRegistry {
  readonly host: string
  readonly aliases: readonly string[]
}

/**
 * Returns the names of the repositories in the input, each once and in order, whether or not the repositories exist.
 * Calls the API only if a line could begin with a host or an alias.
 *
 * @throws ActionError if a line is not a valid name, has the host or alias of another registry, or is a pattern
 */
export async function resolveRepositoryNames(
  lines: readonly string[],
  deps: ResolveDeps,
  registryId?: string
): Promise<string[]> {
  const references = lines.map(parseRepositoryReference)
  for (const { path, text, isExclusion } of references) {
    if (!isExclusion && !isGlob(path)) continue
    throw problem({
      what: `Input "repository" contains ${isExclusion ? 'an exclusion' : 'a pattern'}`,
      value: text,
      expected: 'Use only repository names in this mode.'
    })
  }
  for (const { path, text } of references) checkRepositoryName(path, text)
  const resolve = await createResolver(references, deps, registryId)
  const names: string[] = []
  for (const reference of references) {
    names.push(checkRepositoryName(await resolve(reference), reference.text))
  }
  return [...new Set(names)]
}

/**
 * Returns the repositories that the input selects, each once: names in their order, the matches of a pattern in
 * alphabetical order. A line that begins with `!` removes its matches from the selection of the lines before it.
 *
 * @throws ActionError if a repository does not exist, a pattern matches nothing, or the selection is empty
 */
export async function selectRepositories(
  lines: readonly string[],
  deps: ResolveDeps,
  registryId?: string
): Promise<Repository[]> {
  const references = lines.map(parseRepositoryReference)
  checkReferences(references)
  const resolve = await createResolver(references, deps, registryId)
  const isListNeeded = references.some(({ path, isExclusion }) => !isExclusion && isGlob(path))
  const all = isListNeeded ? await listAll(deps.api, registryId) : undefined
  const selected = new Map<string, Repository>()
  for (const reference of references) {
    const pattern = await resolve(reference)
    if (reference.isExclusion) {
      exclude(selected, pattern, reference.text, deps)
      continue
    }
    const found = isGlob(pattern)
      ? getMatches(pattern, reference.text, all ?? [])
      : [await getRepository(pattern, deps.api, registryId, all)]
    for (const repository of found) selected.set(repository.repositoryName ?? '', repository)
  }
  if (selected.size > 0) return [...selected.values()]
  throw problem({
    what: 'Input "repository" does not select any repositories',
    value: lines.join(', '),
    reason: 'The lines that begin with "!" exclude all of them.'
  })
}

/** Checks the lines as far as this is possible without an API call. */
function checkReferences(references: readonly RepositoryReference[]): void {
  const [first] = references
  if (first?.isExclusion === true) {
    throw problem({
      what: 'Input "repository" begins with an exclusion',
      value: first.text,
      reason: 'A line that begins with "!" excludes repositories that the lines before it select.',
      fix: 'Add a line before it, such as "**" for all repositories.'
    })
  }
  for (const { path, text } of references) {
    if (isGlob(path)) compileRepositoryGlob(path, text)
    else checkRepositoryName(path, text)
  }
}

function exclude(
  selected: Map<string, Repository>,
  pattern: string,
  text: string,
  { log }: ResolveDeps
): void {
  const matches: TextMatcher = isGlob(pattern)
    ? compileRepositoryGlob(pattern, text)
    : (name) => name === pattern
  const excluded = [...selected.keys()].filter(matches)
  for (const name of excluded) selected.delete(name)
  if (excluded.length > 0) return
  log.warning(
    `Input "repository" has an exclusion without effect: "${text}". The lines before it do not select a repository that it matches.`
  )
}

async function listAll(api: EcrPublicApi, registryId: string | undefined): Promise<Repository[]> {
  const all: Repository[] = []
  for await (const page of listRepositories(api, registryId)) all.push(...page)
  return all.sort((a, b) => ((a.repositoryName ?? '') < (b.repositoryName ?? '') ? -1 : 1))
}

function getMatches(glob: string, text: string, all: readonly Repository[]): readonly Repository[] {
  const matches = compileRepositoryGlob(glob, text)
  const found = all.filter(({ repositoryName = '' }) => matches(repositoryName))
  if (found.length > 0) return found
  throw problem({
    what: 'Input "repository" has a pattern that does not match any repository',
    value: text,
    reason: `The registry has ${all.length} ${all.length === 1 ? 'repository' : 'repositories'}.`,
    fix: 'In a pattern, "*" matches within one path segment, and "**" also matches "/".'
  })
}

/** @throws ActionError, or RepositoryNotFoundException of the service, if the repository does not exist */
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
  if (found === undefined) throw problem({ what: 'The repository does not exist', value: name })
  return found
}

/** Returns a function that removes the host and alias of the caller's registry from a line. */
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
    what: 'Input "repository" contains the host or alias of another registry',
    value: text,
    expected: `The URIs of your registry begin with ${registry.aliases.map((own) => `${registry.host}/${own}/`).join(' or ')}.`,
    fix: 'Check the credentials, or set "registry-id" if the registry belongs to another account.'
  })
}

/** Returns the meaning of `team/app` if `team` is an alias: the repository `app`, unless `team/app` exists. */
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
      what: 'Input "repository" is ambiguous',
      value: text,
      reason: `The registry has a repository "${whole}", and a repository "${withoutAlias}" under the alias.`,
      fix: 'Use the repository URI.'
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
    if (isErrorNamed(error, 'RepositoryNotFoundException')) return false
    throw error
  }
}

/** Returns the caller's registry, or `undefined` if it does not exist yet or the caller cannot read it. */
async function findRegistry({ api, log }: ResolveDeps): Promise<KnownRegistry | undefined> {
  try {
    const [registry] = await listRegistries(api)
    if (registry?.registryUri === undefined) return undefined
    return {
      host: registry.registryUri.split('/')[0] ?? '',
      aliases: (registry.aliases ?? []).flatMap(({ name }) => (name === undefined ? [] : [name]))
    }
  } catch (error) {
    if (!isErrorNamed(error, 'AccessDeniedException')) throw error
    log.debug('DescribeRegistries is not permitted. Repository names are used as written.')
    return undefined
  }
}
