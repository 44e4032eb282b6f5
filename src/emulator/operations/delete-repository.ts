import { ApiError } from '../api-error.js'
import { describeRepository } from './describe-repository.js'
import { getRepository, messageRegistryId } from './operation.js'
import type { Operation } from './operation.js'

/** DeleteRepository requires `force` if the repository contains images. */
export const deleteRepository: Operation<'DeleteRepository'> = (input, call) => {
  const repository = getRepository(call, input)
  if (repository.images.size > 0 && input.force !== true) {
    throw new ApiError(
      'RepositoryNotEmptyException',
      `The repository with name '${repository.name}' in registry with id '${messageRegistryId(call.context)}' cannot be deleted because it still contains images`
    )
  }
  const description = describeRepository(repository, call)
  call.context.store.deleteRepository(repository.name)
  return { repository: description }
}
