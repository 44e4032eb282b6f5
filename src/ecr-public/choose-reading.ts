import type { Log } from '../runner/deps.js'
import { isErrorNamed, problem } from '../runner/errors.js'
import { compileRepositoryGlob, isGlob } from '../runner/inputs/glob.js'
import { isPartOf, nameOf } from './registry-reader.js'
import type { RegistryFacts, RegistryReader } from './registry-reader.js'
import { checkRepositoryName, isRepositoryName } from './repository-names.js'
import type { RepositoryReference } from './repository-names.js'

/**
 * An alias that AWS assigned, such as `a1b2c3d4`, and not a word of 8 letters
 * (https://docs.aws.amazon.com/AmazonECR/latest/public/public-registries.html).
 */
const ASSIGNED_ALIAS = /^(?=.*\d)[a-z][a-z0-9]{7}$/

/**
 * Returns the repository name of a line, without the host and alias of the registry.
 *
 * @throws ActionError if the API does not confirm the host or alias, or if the line can mean two repositories
 */
export async function chooseName(
  reference: RepositoryReference,
  reader: RegistryReader
): Promise<string> {
  const { host, path } = reference
  const { first, rest } = splitPath(path)
  if (host !== undefined) {
    await checkAlias({ host, alias: first, rest }, reference, reader)
    return checkRepositoryName(rest, reference)
  }
  if (rest === '') return path
  const described = await reader.describe()
  if (described !== undefined && !described.aliases.includes(first)) return path
  if ((await reader.find(path)) !== undefined) {
    const facts = described ?? (await reader.observe())
    if (facts?.aliases.includes(first) !== true) return path
    if (!(await exists(rest, reader))) return path
    throw ambiguous(reference, `the repository "${path}" or the repository "${rest}"`, facts)
  }
  const facts =
    described ??
    (await reader.observe()) ??
    ((await exists(rest, reader)) ? await reader.observe() : undefined)
  if (facts?.aliases.includes(first) === true) {
    await checkNamespace(first, reference, facts, reader)
    return checkRepositoryName(rest, reference)
  }
  // The alias can belong to the registry, although it is not the primary one.
  if (ASSIGNED_ALIAS.test(first)) throw unconfirmed(reference, first, facts, reader)
  return path
}

/**
 * Returns `true` if the caller can read the repository. An IAM policy for specific repositories can deny it, and the line
 * can then not mean this one.
 */
async function exists(name: string, reader: RegistryReader): Promise<boolean> {
  if (!isRepositoryName(name)) return false
  try {
    return (await reader.find(name)) !== undefined
  } catch (error) {
    if (isErrorNamed(error, 'AccessDeniedException')) return false
    throw error
  }
}

/**
 * Checks that other repository names do not begin with the alias, since the line can then be the name of a repository
 * that does not exist.
 */
async function checkNamespace(
  alias: string,
  reference: RepositoryReference,
  facts: RegistryFacts,
  reader: RegistryReader
): Promise<void> {
  const all = await reader.list().catch((error: unknown) => {
    if (isErrorNamed(error, 'AccessDeniedException')) return reader.listKnown()
    throw error
  })
  if (!all.some((each) => nameOf(each).startsWith(`${alias}/`))) return
  const { path } = reference
  const rest = path.slice(alias.length + 1)
  throw ambiguous(reference, `the repository "${path}" or the repository "${rest}"`, facts)
}

/**
 * Returns the pattern of a line, without the host and alias of the registry.
 *
 * @param names the repositories from which the line selects or excludes
 * @throws ActionError if the API does not confirm the host or alias, or if the line can mean two patterns
 */
export async function choosePattern(
  reference: RepositoryReference,
  names: readonly string[],
  reader: RegistryReader,
  log: Log
): Promise<string> {
  const { host, path, text } = reference
  const { first, rest } = splitPath(path)
  if (host !== undefined) {
    await checkAlias({ host, alias: first, rest }, reference, reader)
    return rest
  }
  if (rest === '' || isGlob(first)) return path
  const described = await reader.describe()
  const facts = described ?? (await reader.observe())
  const isNamespace = names.some((name) => name.startsWith(`${first}/`))
  if (facts?.aliases.includes(first) === true) {
    if (!names.some(compileRepositoryGlob(rest, text))) return path
    if (isNamespace) {
      throw ambiguous(reference, `the pattern "${path}" or the pattern "${rest}"`, facts)
    }
    log.info(
      `Input "repository": "${text}" begins with an alias of the registry, so it matches repository names with "${rest}".`
    )
    return rest
  }
  if (described === undefined && !isNamespace && ASSIGNED_ALIAS.test(first)) {
    throw unconfirmed(reference, first, facts, reader)
  }
  return path
}

function splitPath(path: string): { readonly first: string; readonly rest: string } {
  const [first = '', ...rest] = path.split('/')
  return { first, rest: rest.join('/') }
}

/** The host and alias of a URI. */
interface UriPrefix {
  readonly host: string
  readonly alias: string
  /** The name or pattern after the alias. */
  readonly rest: string
}

/** @throws ActionError if the API does not confirm that the host and alias belong to the registry */
async function checkAlias(
  { host, alias, rest }: UriPrefix,
  reference: RepositoryReference,
  reader: RegistryReader
): Promise<void> {
  const described = await reader.describe()
  if (isPartOf(described, host, alias)) return
  if (described !== undefined) {
    throw problem({
      what: `Input "${reference.input}" contains the host or alias of another registry`,
      value: reference.text,
      expected: expectedPrefixes(described),
      fix: 'Check the credentials, or set "registry-id" if the registry belongs to another account.'
    })
  }
  // The URI of the repository itself confirms the alias, and the caller is possibly not allowed to read others.
  if (isRepositoryName(rest)) await reader.find(rest)
  const facts = await reader.observe()
  if (!isPartOf(facts, host, alias)) throw unconfirmed(reference, `${host}/${alias}`, facts, reader)
}

function ambiguous(
  { input, text }: RepositoryReference,
  readings: string,
  facts: RegistryFacts
): Error {
  return problem({
    what: `Input "${input}" is ambiguous`,
    value: text,
    reason: `The first segment is an alias of the registry, but repository names also begin with it. The line can mean ${readings}.`,
    fix: `Use the URI, which begins with "${prefixesOf(facts)[0] ?? ''}".`
  })
}

function unconfirmed(
  { input, text }: RepositoryReference,
  prefix: string,
  facts: RegistryFacts | undefined,
  { isDescriptionDenied }: RegistryReader
): Error {
  const check = isDescriptionDenied
    ? 'allow ecr-public:DescribeRegistries'
    : 'create another repository first'
  return problem({
    what: `Input "${input}" contains a host or alias that the API does not confirm`,
    value: text,
    reason: `"${prefix}" could belong to another registry.`,
    expected: facts === undefined ? undefined : expectedPrefixes(facts),
    fix: `Use the repository name without host and alias. If "${prefix}" is part of the name, ${check}.`
  })
}

function expectedPrefixes(facts: RegistryFacts): string {
  return `The URIs of the registry begin with ${prefixesOf(facts).join(' or ')}.`
}

function prefixesOf({ host, aliases }: RegistryFacts): string[] {
  return aliases.map((alias) => `${host}/${alias}/`)
}
