import { deleteImages } from '../images/delete-images.js'
import { failsPartially, getRepository } from './operation.js'
import type { Operation } from './operation.js'

/**
 * BatchDeleteImage deletes the images that can be deleted and reports a failure for each of the
 * others.
 */
export const batchDeleteImage: Operation<'BatchDeleteImage'> = (input, call) => {
  const repository = getRepository(call, input)
  const { imageIds, failures } = deleteImages(
    call.context,
    repository,
    input.imageIds.filter((_id, at) => !failsPartially(call, at))
  )
  // An error that a retry can resolve.
  const injected = input.imageIds
    .filter((_id, at) => failsPartially(call, at))
    .map((imageId) => ({
      imageId,
      failureCode: 'KmsError' as const,
      failureReason: 'KMS could not be reached'
    }))
  return { imageIds, failures: [...failures, ...injected] }
}
