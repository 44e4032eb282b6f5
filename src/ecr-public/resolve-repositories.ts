import type { Repository } from '@aws-sdk/client-ecr-public'
import type { Deps } from '../runner/deps.js'
import { isErrorNamed, problem } from '../runner/errors.js'
import { compileRepositoryGlob, isGlob } from '../runner/inputs/glob.js'
import { chooseName, choosePattern } from './choose-reading.js'
import { nameOf, RegistryReader } from './registry-reader.js'
import {
  checkRepositoryName,
  isRepositoryName,
  parseRepositoryReference
} from './repository-names.js'
import type { RepositoryReference } from './repository-names.js'

type ResolveDeps = Pick<Deps, 'api' | 'log'>

/** A repository that the input names or selects. */
export interface ResolvedRepository {
  readonly name: string
  /** `undefined` if the repository does not exist. */
  readonly repository: Repository | undefined
}

/**
 * Returns the repositories that the input names, each once and in order, whether or not they exist. Logs the account
 * and URI of the registry.
 *
 * @throws ActionError if a line is not a valid name, is a pattern, or has a host or alias that the API does not confirm
 */
export async function resolveNamedRepositories(
  lines: readonly string[],
  deps: ResolveDeps,
  registryId?: string
): Promise<ResolvedRepository[]> {
  const references = lines.map((line) => parseRepositoryReference(line))
  return resolveNamedReferences(references, deps, registryId)
}

/**
 * Returns the repositories that the lines of one or several inputs name, like `resolveNamedRepositories`.
 *
 * @throws ActionError that names the input, if a line is not the name of a repository of the registry
 */
export async function resolveNamedReferences(
  references: readonly RepositoryReference[],
  deps: ResolveDeps,
  registryId?: string
): Promise<ResolvedRepository[]> {
  for (const { input, path, text, isExclusion } of references) {
    if (!isExclusion && !isGlob(path)) continue
    throw problem({
      what: `Input "${input}" contains ${isExclusion ? 'an exclusion' : 'a pattern'}`,
      value: text,
      expected: 'Use only repository names in this mode.'
    })
  }
  return resolve(references, deps, registryId)
}

/**
 * Returns the repositories that the input selects, each once: names in their order, whether or not they exist, and the
 * matches of a pattern in alphabetical order. A line that begins with `!` removes its matches from the selection of the
 * lines before it. Logs the account and URI of the registry.
 *
 * @throws ActionError if a line has a host or alias that the API does not confirm, a pattern matches nothing, or the
 * selection is empty
 */
export async function resolveRepositories(
  lines: readonly string[],
  deps: ResolveDeps,
  registryId?: string
): Promise<ResolvedRepository[]> {
  const references = lines.map((line) => parseRepositoryReference(line))
  const [first] = references
  if (first?.isExclusion === true) {
    throw problem({
      what: 'Input "repository" begins with an exclusion',
      value: first.text,
      reason: 'A line that begins with "!" excludes repositories that the lines before it select.',
      fix: 'Add a line before it, such as "**" for all repositories.'
    })
  }
  return resolve(references, deps, registryId)
}

/**
 * Returns the repositories that the input selects, like `resolveRepositories`, if all of them exist.
 *
 * @throws ActionError also if a repository does not exist
 */
export async function selectRepositories(
  lines: readonly string[],
  deps: ResolveDeps,
  registryId?: string
): Promise<Repository[]> {
  const resolved = await resolveRepositories(lines, deps, registryId)
  return resolved.map(({ name, repository }) => repository ?? throwMissing(name))
}

/**
 * @param input the input that names the repository
 * @throws ActionError about a repository that does not exist
 */
export function throwMissing(
  name: string,
  input: RepositoryReference['input'] = 'repository'
): never {
  throw problem({
    what: 'The repository does not exist',
    value: name,
    fix: `Check "${input}" and "registry-id".${input === 'repository' ? ' Mode ensure-repo creates repositories.' : ''}`
  })
}

async function resolve(
  references: readonly RepositoryReference[],
  deps: ResolveDeps,
  registryId: string | undefined
): Promise<ResolvedRepository[]> {
  for (const reference of references) {
    const { path, text } = reference
    if (isGlob(path)) compileRepositoryGlob(path, text)
    else checkRepositoryName(path, reference)
  }
  const reader = new RegistryReader(deps, registryId)
  await loadCandidates(references, reader)
  const selected = new Set<string>()
  for (const reference of references) {
    if (reference.isExclusion) await exclude(selected, reference, reader, deps)
    else for (const name of await select(reference, reader, deps)) selected.add(name)
  }
  if (selected.size === 0) {
    throw problem({
      what: 'Input "repository" does not select any repositories',
      value: references.map(({ text }) => text).join(', '),
      reason: 'The lines that begin with "!" exclude all of them.'
    })
  }
  await reader.load([...selected])
  await reader.logIdentity()
  return Promise.all(
    [...selected].map(async (name) => ({ name, repository: await reader.find(name) }))
  )
}

/** Reads the registry and the repositories of all lines together, which takes fewer calls than one by one. */
async function loadCandidates(
  references: readonly RepositoryReference[],
  reader: RegistryReader
): Promise<void> {
  const couldHaveAlias = references.some(({ path }) => path.includes('/'))
  const selecting = references.filter(({ isExclusion }) => !isExclusion)
  const hasPattern = selecting.some(({ path }) => isGlob(path))
  const names = selecting.flatMap(({ host, path }) => (host === undefined ? [path] : []))
  const [facts] = await Promise.all([
    couldHaveAlias ? reader.describe() : undefined,
    hasPattern ? reader.list() : reader.load(names.filter(isRepositoryName))
  ])
  if (hasPattern || facts === undefined) return
  const namesAfterAlias = selecting.flatMap(({ host, path }) => {
    const slash = path.indexOf('/')
    const isAlias = host !== undefined || facts.aliases.includes(path.slice(0, slash))
    return isAlias ? [path.slice(slash + 1)] : []
  })
  await reader.load(namesAfterAlias.filter(isRepositoryName)).catch((error: unknown) => {
    // The repositories are read one by one, since a line can also mean a repository that the caller is allowed to read.
    if (!isErrorNamed(error, 'AccessDeniedException')) throw error
  })
}

async function select(
  reference: RepositoryReference,
  reader: RegistryReader,
  deps: ResolveDeps
): Promise<readonly string[]> {
  const { path, text } = reference
  if (!isGlob(path)) return [await chooseName(reference, reader)]
  const names = (await reader.list()).map(nameOf)
  const pattern = await choosePattern(reference, names, reader, deps.log)
  const found = names.filter(compileRepositoryGlob(pattern, text))
  if (found.length > 0) return found
  throw problem({
    what: 'Input "repository" has a pattern that does not match any repository',
    value: text,
    reason: `The registry has ${names.length} ${names.length === 1 ? 'repository' : 'repositories'}.`,
    fix: 'In a pattern, "*" matches within one path segment, and "**" also matches "/".'
  })
}

async function exclude(
  selected: Set<string>,
  reference: RepositoryReference,
  reader: RegistryReader,
  { log }: ResolveDeps
): Promise<void> {
  const { path, text } = reference
  let excluded: readonly string[]
  if (isGlob(path)) {
    const pattern = await choosePattern(reference, [...selected], reader, log)
    excluded = [...selected].filter(compileRepositoryGlob(pattern, text))
  } else {
    const name = await chooseName(reference, reader)
    excluded = selected.has(name) ? [name] : []
  }
  for (const name of excluded) selected.delete(name)
  if (excluded.length > 0) return
  log.warning(
    `Input "repository" has an exclusion without effect: "${text}". The lines before it do not select a repository that it matches.`
  )
}
