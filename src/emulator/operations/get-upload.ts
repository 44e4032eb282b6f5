import { ApiError } from '../api-error.js'
import type { EmulatorContext } from '../context.js'
import type { Repository, Upload } from '../store.js'
import { messageRegistryId } from './operation.js'

/**
 * The upload of this id.
 *
 * @throws ApiError (UploadNotFoundException) where there is none, or it has ended
 */
export function getUpload(
  context: EmulatorContext,
  { name }: Repository,
  uploadId: string
): Upload {
  // Ids are given out in lower case; the model takes both.
  const upload = context.store.findUpload(name, uploadId.toLowerCase())
  if (upload !== undefined) return upload
  throw new ApiError(
    'UploadNotFoundException',
    `The upload with id '${uploadId}' in the repository with name '${name}' in registry with id '${messageRegistryId(context)}' does not exist`
  )
}
