import type { Deps, Log, Registry } from '../runner/deps.js'

/** One repository of a registry. */
export interface RegistryRepository {
  readonly registry: Registry
  /** The path below the host, `alias/name`. */
  readonly path: string
  readonly log: Log
  readonly signal: AbortSignal
}

/**
 * Creates a function that opens the repository of a `repositoryUri`. Repositories of one host share one registry
 * client, because the service limits the rate of all reads together.
 */
export function createRepositoryOpener({
  openRegistry,
  log,
  signal
}: Pick<Deps, 'openRegistry' | 'log' | 'signal'>): (
  repositoryUri: string
) => Promise<RegistryRepository> {
  const registries = new Map<string, Promise<Registry>>()
  return async (repositoryUri) => {
    const slash = repositoryUri.indexOf('/')
    const host = repositoryUri.slice(0, slash)
    const path = repositoryUri.slice(slash + 1)
    const opened = registries.get(host) ?? openRegistry(host)
    registries.set(host, opened)
    return { registry: await opened, path, log, signal }
  }
}
