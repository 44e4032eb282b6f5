import { ApiError } from '../api-error.js'
import { newCatalogData } from './catalog-data.js'
import { describeCatalogData, describeRepository } from './describe-repository.js'
import { messageRegistryId } from './operation.js'
import type { Operation } from './operation.js'
import { mergeResourceTags } from './resource-tags.js'

export const createRepository: Operation<'CreateRepository'> = (input, call) => {
  const { store, settings } = call.context
  const name = input.repositoryName
  const registryId = messageRegistryId(call.context)
  const resourceTags = mergeResourceTags(new Map(), input.tags ?? [], settings.limits)
  if (store.findRepository(name) !== undefined) {
    throw new ApiError(
      'RepositoryAlreadyExistsException',
      `The repository with name '${name}' already exists in the registry with id '${registryId}'`
    )
  }
  if (store.repositories.size >= settings.limits.repositories) {
    throw new ApiError(
      'LimitExceededException',
      `The registry with id '${registryId}' already has the maximum of ${settings.limits.repositories} repositories`
    )
  }
  const catalogData = newCatalogData(call, {}, input.catalogData ?? {})
  const repository = store.createRepository(name, {
    resourceTags: Object.fromEntries(resourceTags),
    catalogData
  })
  return {
    repository: describeRepository(repository, call),
    catalogData: describeCatalogData(repository.catalogData, call)
  }
}
