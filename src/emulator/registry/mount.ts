import type { Layer, Repository } from '../store.js'
import type { Exchange } from './exchange.js'
import { repositoryPath } from './route.js'

/**
 * The layer that a request for an upload can have from another repository, or from its own, instead:
 * `?mount=DIGEST&from=ALIAS/NAME`. Without `from` every repository is searched, as the specification
 * allows ("Mounting a blob from another repository").
 */
export function findMountable(
  { context, query }: Exchange,
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
