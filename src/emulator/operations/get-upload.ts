import { ApiError } from '../api-error.js'
import type { EmulatorContext } from '../context.js'
import type { Repository, Upload } from '../store/store.js'
import { messageRegistryId } from './operation.js'

/**
 * Returns the upload with this ID.
 *
 * @throws ApiError (UploadNotFoundException) if it does not exist or has ended
 */
export function getUpload(
  context: EmulatorContext,
  { name }: Repository,
  uploadId: string
): Upload {
  // The emulator creates lower-case IDs, but the model also accepts upper case.
  const upload = context.store.findUpload(name, uploadId.toLowerCase())
  if (upload !== undefined) return upload
  throw new ApiError(
    'UploadNotFoundException',
    `The upload with id '${uploadId}' in the repository with name '${name}' in registry with id '${messageRegistryId(context)}' does not exist`
  )
}
