import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr-public'
import type { Registry, Repository } from '@aws-sdk/client-ecr-public'
import type { Deps } from '../runner/deps.js'
import { isErrorNamed, problem } from '../runner/errors.js'
import { findRepositories } from './find-repositories.js'
import { listRegistries, listRepositories } from './listings.js'
import { registryText } from './registry-text.js'
import { isSameHost } from './repository-names.js'

/** The host and aliases of a registry, as the API returns them. */
export interface RegistryFacts {
  /** The AWS account ID. */
  readonly id: string | undefined
  readonly host: string
  /** The active aliases, or only the primary one. */
  readonly aliases: readonly string[]
}

/** Returns `true` if `HOST/ALIAS` belongs to the registry. */
export function isPartOf(facts: RegistryFacts | undefined, host: string, alias: string): boolean {
  return facts !== undefined && isSameHost(host, facts.host) && facts.aliases.includes(alias)
}

/** Reads one registry. Each repository is read only once. */
export class RegistryReader {
  private readonly known = new Map<string, Repository | undefined>()
  private all: readonly Repository[] | undefined
  private described: Promise<RegistryFacts | undefined> | undefined
  private observed: Promise<RegistryFacts | undefined> | undefined
  private isDenied = false
  private idInMessage: string | undefined

  /** @param registryId the account ID or alias. The default is the caller's registry. */
  constructor(
    private readonly deps: Pick<Deps, 'api' | 'log'>,
    private readonly registryId: string | undefined
  ) {}

  /** `true` if the caller is not allowed to call DescribeRegistries. */
  get isDescriptionDenied(): boolean {
    return this.isDenied
  }

  /**
   * Returns the registry with all of its aliases, or `undefined` if DescribeRegistries does not return it: it is not
   * allowed, the registry belongs to another account, or it does not exist yet.
   */
  describe(): Promise<RegistryFacts | undefined> {
    return (this.described ??= this.callDescribeRegistries())
  }

  /**
   * Returns the registry with its primary alias, as the URIs of its repositories contain it, or `undefined` if it does
   * not have a repository or the caller is not allowed to list them.
   */
  async observe(): Promise<RegistryFacts | undefined> {
    for (const repository of this.listKnown()) {
      const facts = factsOf(repository)
      if (facts !== undefined) return facts
    }
    return (this.observed ??= this.observeAny())
  }

  /** Returns all repositories in alphabetical order. */
  async list(): Promise<readonly Repository[]> {
    if (this.all !== undefined) return this.all
    const all: Repository[] = []
    for await (const page of listRepositories(this.deps.api, this.registryId)) all.push(...page)
    all.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
    for (const repository of all) this.known.set(nameOf(repository), repository)
    return (this.all = all)
  }

  /** Returns the repositories that were read until now. */
  listKnown(): Repository[] {
    return [...this.known.values()].filter((repository) => repository !== undefined)
  }

  /** Reads repositories in as few calls as possible, for `find`. */
  async load(names: readonly string[]): Promise<void> {
    const unknown = [...new Set(names)].filter((name) => !this.known.has(name))
    if (unknown.length === 0) return
    const found = this.all === undefined ? await this.search(unknown) : undefined
    for (const name of unknown) this.known.set(name, found?.get(name))
  }

  /** Returns the repository, or `undefined` if it does not exist. */
  async find(name: string): Promise<Repository | undefined> {
    await this.load([name])
    return this.known.get(name)
  }

  /**
   * Writes the account and URI of the registry to the log, before the first change. Calls DescribeRegistries only if no
   * other response contained them.
   */
  async logIdentity(): Promise<void> {
    const repository = this.listKnown().find((each) => each.registryId !== undefined)
    const observed = repository && factsOf(repository)
    const id = repository?.registryId ?? this.idInMessage
    const facts = observed ?? (await (id === undefined ? this.describe() : this.described))
    const uri = facts === undefined ? '' : `${facts.host}/${facts.aliases[0] ?? ''}`
    this.deps.log.info(registryText(id ?? facts?.id ?? '', uri))
  }

  private search(names: readonly string[]): Promise<Map<string, Repository>> {
    return findRepositories(names, {
      api: this.deps.api,
      registryId: this.registryId,
      onNotFound: (message) => {
        // "The repository with name 'X' does not exist in the registry with id 'Y'"
        this.idInMessage ??= /registry with id '([\w.-]+)'/.exec(message)?.[1]
      }
    })
  }

  private async observeAny(): Promise<RegistryFacts | undefined> {
    try {
      const { repositories = [] } = await this.deps.api.send(
        new DescribeRepositoriesCommand({ registryId: this.registryId, maxResults: 1 })
      )
      return repositories[0] && factsOf(repositories[0])
    } catch (error) {
      if (isErrorNamed(error, 'AccessDeniedException', 'RepositoryNotFoundException')) {
        return undefined
      }
      throw error
    }
  }

  private async callDescribeRegistries(): Promise<RegistryFacts | undefined> {
    try {
      const registries = await listRegistries(this.deps.api)
      return registries.map(describedFacts).find((facts) => this.isRequested(facts))
    } catch (error) {
      if (!isErrorNamed(error, 'AccessDeniedException')) throw error
      this.isDenied = true
      this.deps.log.debug('DescribeRegistries is not permitted.')
      return undefined
    }
  }

  private isRequested({ id, aliases }: RegistryFacts): boolean {
    const { registryId } = this
    return registryId === undefined || registryId === id || aliases.includes(registryId)
  }
}

/** @throws ActionError if the response does not contain the name */
export function nameOf({ repositoryName }: Repository): string {
  if (repositoryName !== undefined && repositoryName !== '') return repositoryName
  throw problem({ what: 'DescribeRepositories returned a repository without a name' })
}

/** A requested or rejected alias can belong to another registry, so only active ones count. */
function describedFacts({ registryId, registryUri = '', aliases = [] }: Registry): RegistryFacts {
  const [host = '', primary = ''] = registryUri.split('/')
  const active = aliases.filter(({ status }) => status === 'ACTIVE')
  const names = active.flatMap(({ name }) => (name === undefined ? [] : [name]))
  const isKnown = primary === '' || names.includes(primary)
  return { id: registryId, host, aliases: isKnown ? sortedBy(names, primary) : [primary, ...names] }
}

function sortedBy(names: readonly string[], first: string): string[] {
  return [...names].sort((a, b) => Number(b === first) - Number(a === first))
}

/** Returns the registry of a repository URI, `HOST/ALIAS/NAME`, or `undefined` if the URI has another form. */
function factsOf({
  registryId,
  repositoryUri = '',
  repositoryName = ''
}: Repository): RegistryFacts | undefined {
  const [host, alias, ...rest] = repositoryUri.split('/')
  if (!host || !alias || rest.join('/') !== repositoryName) return undefined
  return { id: registryId, host, aliases: [alias] }
}
