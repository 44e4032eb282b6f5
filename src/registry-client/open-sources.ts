import type { Deps } from '../runner/deps.js'
import type { GraphSource } from './read-image-graph.js'
import type { Registry } from '../runner/deps.js'

/** Opens the reading side of a repository by its URI: one client a host, as the service's rates are one for all. */
export function createSources({
  openRegistry,
  log,
  signal
}: Pick<Deps, 'openRegistry' | 'log' | 'signal'>): (repositoryUri: string) => Promise<GraphSource> {
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
