import { deleteImages } from '../images/delete-images.js'
import { getRepository } from './operation.js'
import type { Operation } from './operation.js'

/** BatchDeleteImage: what cannot be deleted is told of, and the others go. */
export const batchDeleteImage: Operation<'BatchDeleteImage'> = (input, call) => {
  const repository = getRepository(call, input)
  // A fault: every second one fails for a reason that may be gone at the next try.
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
