import type { Deps, Log, Registry } from '../runner/deps.js'
import { withManifestCache } from './manifest-cache.js'
import type { ManifestCache } from './manifest-cache.js'

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
 *
 * @param cache the cache of the manifests that are read by digest
 */
export function createRepositoryOpener(
  { openRegistry, log, signal }: Pick<Deps, 'openRegistry' | 'log' | 'signal'>,
  cache?: ManifestCache
): (repositoryUri: string) => Promise<RegistryRepository> {
  const openHost = async (host: string): Promise<Registry> => {
    const registry = await openRegistry(host)
    return cache === undefined ? registry : withManifestCache(registry, cache)
  }
  const registries = new Map<string, Promise<Registry>>()
  return async (repositoryUri) => {
    const slash = repositoryUri.indexOf('/')
    const host = repositoryUri.slice(0, slash)
    const path = repositoryUri.slice(slash + 1)
    const opened = registries.get(host) ?? openHost(host)
    registries.set(host, opened)
    return { registry: await opened, path, log, signal }
  }
}
