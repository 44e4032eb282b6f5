import type { Layer, Repository } from '../store/store.js'
import type { RegistryCall } from './registry-call.js'
import { repositoryPath } from './route.js'

/**
 * Returns the layer to mount for `?mount=DIGEST&from=ALIAS/NAME`, from another or the same
 * repository. Without `from`, all repositories are searched, as the specification allows ("Mounting
 * a blob from another repository").
 */
export function findMountable(
  { context, query }: RegistryCall,
  repository: Repository
): Layer | undefined {
  const { settings, store } = context
  const digest = query.get('mount')
  if (digest === null || settings.mount === 'off') return undefined
  const from = query.get('from')
  if (from === null) {
    for (const { layers } of [repository, ...store.repositories.values()]) {
      const layer = layers.get(digest)
      if (layer !== undefined) return layer
    }
    return undefined
  }
  const { alias, name } = repositoryPath(from.split('/'))
  if (alias !== settings.alias) return undefined
  return store.findRepository(name)?.layers.get(digest)
}
