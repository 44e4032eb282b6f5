import { newCatalogData } from './catalog-data.js'
import { describeCatalogData } from './describe-repository.js'
import { getRepository } from './operation.js'
import type { Operation } from './operation.js'

export const putRepositoryCatalogData: Operation<'PutRepositoryCatalogData'> = (input, call) => {
  const repository = getRepository(call, input)
  const isMerge = call.context.settings.catalogPut === 'merge'
  const before = isMerge ? repository.catalogData : {}
  const catalogData = newCatalogData(call, before, input.catalogData)
  call.context.store.setCatalogData(repository.name, catalogData)
  return { catalogData: describeCatalogData(catalogData, call) }
}
