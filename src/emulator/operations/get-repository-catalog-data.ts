import { ApiError } from '../api-error.js'
import { describeCatalogData } from './describe-repository.js'
import { getRepository } from './operation.js'
import type { Operation } from './operation.js'

export const getRepositoryCatalogData: Operation<'GetRepositoryCatalogData'> = (input, call) => {
  const { catalogData } = getRepository(call, input)
  const isEmpty = Object.keys(catalogData).length === 0
  if (isEmpty && call.context.settings.catalogDataMissing === 'not-found') {
    throw new ApiError(
      'RepositoryCatalogDataNotFoundException',
      "The repository catalog data doesn't exist."
    )
  }
  return { catalogData: describeCatalogData(catalogData, call) }
}
