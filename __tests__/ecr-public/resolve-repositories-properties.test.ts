import fc from 'fast-check'
import { selectRepositories } from '../../src/ecr-public/resolve-repositories.js'
import type { EcrPublicApi, Log } from '../../src/runner/deps.js'
import { isSoak } from '../helpers/counts.js'

const HOST = 'public.ecr.aws'
/** Aliases and namespaces are from the same words, so that they often collide. */
const WORDS = ['team', 'acme', 'b1b2c3d4', 'z9z9z9z9', 'app']

/** A registry, and whether the caller is allowed to call DescribeRegistries. */
interface Scenario {
  readonly aliases: readonly string[]
  readonly names: readonly string[]
  readonly isDescribed: boolean
}

/** A pattern as text and, independently of the code under test, as a regular expression. */
interface Pattern {
  readonly text: string
  readonly source: string
}

interface Line extends Pattern {
  readonly isExclusion: boolean
  /** `HOST/ALIAS` of a URI. */
  readonly prefix: { readonly host: string; readonly alias: string } | undefined
}

const word = fc.constantFrom(...WORDS)
const name = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join('/'))

const segment: fc.Arbitrary<Pattern> = fc.oneof(
  { weight: 5, arbitrary: word.map((text) => ({ text, source: text })) },
  fc.constant({ text: '*', source: '[^/]*' }),
  fc.constant({ text: '**', source: '.*' }),
  fc.constant({ text: 'a*', source: 'a[^/]*' }),
  fc.constant({ text: 't?am', source: 't[^/]am' }),
  fc.constant({ text: '[!a]*', source: '[^/a][^/]*' }),
  fc.constant({ text: '{team,app}', source: '(?:team|app)' }),
  fc.constant({ text: '\\acme', source: 'acme' })
)

const line: fc.Arbitrary<Line> = fc
  .record({
    segments: fc.array(segment, { minLength: 1, maxLength: 3 }),
    isExclusion: fc.boolean(),
    prefix: fc.option(fc.record({ host: fc.constantFrom(HOST, HOST, 'ghcr.io'), alias: word }), {
      nil: undefined,
      freq: 3
    })
  })
  .map(({ segments, isExclusion, prefix }) => ({
    isExclusion,
    prefix,
    text: segments.map(({ text }) => text).join('/'),
    source: segments.map(({ source }) => source).join('/')
  }))

const scenario: fc.Arbitrary<Scenario> = fc.record({
  aliases: fc.uniqueArray(word, { minLength: 1, maxLength: 2 }),
  names: fc.uniqueArray(name, { minLength: 1, maxLength: 8 }),
  isDescribed: fc.boolean()
})

function textOf({ isExclusion, prefix, text }: Line): string {
  const uri = prefix === undefined ? text : `${prefix.host}/${prefix.alias}/${text}`
  return isExclusion ? `!${uri}` : uri
}

function failure(name: string, message = name): Promise<never> {
  return Promise.reject(Object.assign(new Error(message), { name }))
}

/** Creates the two read operations of the API for a registry. */
function serve({ aliases, names, isDescribed }: Scenario): EcrPublicApi {
  const repositoryOf = (repositoryName: string): object => ({
    registryId: '123456789012',
    repositoryName,
    repositoryUri: `${HOST}/${aliases[0]}/${repositoryName}`
  })
  const send = (command: {
    constructor: { name: string }
    input: { repositoryNames?: string[] }
  }) => {
    if (command.constructor.name === 'DescribeRegistriesCommand') {
      if (!isDescribed) return failure('AccessDeniedException')
      const registry = {
        registryId: '123456789012',
        registryUri: `${HOST}/${aliases[0]}`,
        aliases: aliases.map((alias) => ({ name: alias, status: 'ACTIVE' }))
      }
      return Promise.resolve({ registries: [registry] })
    }
    const { repositoryNames = names } = command.input
    const isMissing = repositoryNames.some((each) => !names.includes(each))
    if (isMissing) return failure('RepositoryNotFoundException')
    return Promise.resolve({ repositories: repositoryNames.map(repositoryOf) })
  }
  return { send } as unknown as EcrPublicApi
}

const ignore = (): undefined => undefined
const log: Log = {
  info: ignore,
  notice: ignore,
  warning: ignore,
  debug: ignore,
  group: (_title, body) => body()
}

/** Returns the selected names, or the error. */
async function run(lines: readonly Line[], registry: Scenario): Promise<readonly string[] | Error> {
  try {
    const selected = await selectRepositories(lines.map(textOf), { api: serve(registry), log })
    return selected.map(({ repositoryName = '' }) => repositoryName)
  } catch (error) {
    return error as Error
  }
}

function matches(source: string, repository: string): boolean {
  return new RegExp(`^(?:${source})$`).test(repository)
}

/** Returns the part of a line after an alias of the registry, or `undefined` if it does not begin with one. */
function withoutAlias({ prefix, source }: Line, { aliases }: Scenario): string | undefined {
  if (prefix !== undefined) return undefined
  const slash = source.indexOf('/')
  return slash > 0 && aliases.includes(source.slice(0, slash)) ? source.slice(slash + 1) : undefined
}

function isOfRegistry({ prefix }: Line, { aliases }: Scenario): boolean {
  return prefix === undefined || (prefix.host === HOST && aliases.includes(prefix.alias))
}

const isNamespace = (alias: string, { names }: Scenario): boolean =>
  names.some((each) => each.startsWith(`${alias}/`))

/** Returns `true` if the line names the repository, by its name or by its name after an alias. */
function doesName(each: Line, repository: string, registry: Scenario): boolean {
  if (!isOfRegistry(each, registry)) return false
  if (matches(each.source, repository)) return true
  const rest = withoutAlias(each, registry)
  const alias = each.source.split('/')[0] ?? ''
  return rest !== undefined && matches(rest, repository) && !isNamespace(alias, registry)
}

const numRuns = isSoak ? 100_000 : 1_000
const lines = fc.array(line, { minLength: 1, maxLength: 4 })

describe('for any registry and any lines', () => {
  test('only repositories are selected that a line names, and that no later line excludes by name', async () => {
    await fc.assert(
      fc.asyncProperty(lines, scenario, async (given, registry) => {
        const selected = await run(given, registry)
        if (selected instanceof Error) return
        for (const repository of selected) {
          const last = given.findLastIndex(
            (each) => !each.isExclusion && doesName(each, repository, registry)
          )
          expect(last).toBeGreaterThanOrEqual(0)
          const excluding = given
            .slice(last)
            .filter(
              (each) =>
                each.isExclusion && isOfRegistry(each, registry) && matches(each.source, repository)
            )
          expect(excluding).toEqual([])
        }
      }),
      { numRuns }
    )
  })

  test('a line with the host or alias of another registry is an error', async () => {
    await fc.assert(
      fc.asyncProperty(lines, scenario, async (given, registry) => {
        fc.pre(given.some((each) => !isOfRegistry(each, registry)))
        expect(await run(given, registry)).toBeInstanceOf(Error)
      }),
      { numRuns }
    )
  })

  test('the selection is complete if no line has a second meaning', async () => {
    let completed = 0
    await fc.assert(
      fc.asyncProperty(lines, scenario, async (given, { aliases, names }) => {
        const registry = { aliases, names, isDescribed: true }
        fc.pre(given.every((each) => isOfRegistry(each, registry)))
        fc.pre(given.every((each) => withoutAlias(each, registry) === undefined))
        fc.pre(given[0]?.isExclusion === false)
        const expected = new Set<string>()
        for (const each of given) {
          const matching = names.filter((repository) => matches(each.source, repository))
          fc.pre(each.isExclusion || matching.length > 0)
          for (const repository of matching) {
            if (each.isExclusion) expected.delete(repository)
            else expected.add(repository)
          }
        }
        fc.pre(expected.size > 0)
        const selected = await run(given, registry)
        expect(selected).not.toBeInstanceOf(Error)
        expect([...(selected as readonly string[])].sort()).toEqual([...expected].sort())
        completed++
      }),
      { numRuns }
    )
    expect(completed).toBe(numRuns)
  })
})
