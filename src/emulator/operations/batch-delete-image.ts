import { deleteImages } from '../images/delete-images.js'
import { getRepository } from './operation.js'
import type { Operation } from './operation.js'

/**
 * BatchDeleteImage deletes the images that can be deleted and reports a failure for each of the
 * others.
 */
export const batchDeleteImage: Operation<'BatchDeleteImage'> = (input, call) => {
  const repository = getRepository(call, input)
  // With the fault `partial`, every second image fails with an error that a retry can resolve.
  const isStruck = (at: number): boolean => call.partial && at % 2 === 1
  const struck = input.imageIds.filter((_id, at) => isStruck(at))
  const { imageIds, failures } = deleteImages(
    call.context,
    repository,
    input.imageIds.filter((_id, at) => !isStruck(at))
  )
  const injected = struck.map((imageId) => ({
    imageId,
    failureCode: 'KmsError' as const,
    failureReason: 'KMS could not be reached'
  }))
  return { imageIds, failures: [...failures, ...injected] }
}
