import { ApiError } from '../api-error.js'
import type { EmulatorContext } from '../context.js'
import type { Repository, Upload } from '../store/store.js'
import { getUpload } from './get-upload.js'
import { getRepository, messageRegistryId } from './operation.js'
import type { Operation } from './operation.js'

/** CompleteLayerUpload adds the layer if its digest is one of the given digests. */
export const completeLayerUpload: Operation<'CompleteLayerUpload'> = async (input, call) => {
  const repository = getRepository(call, input)
  const { context } = call
  const { id } = getUpload(context, repository, input.uploadId)
  return context.store.lockUpload(id, async () => {
    checkParts(context, getUpload(context, repository, id))
    const digest = await context.store.uploadDigest(id)
    // After a restart, the digest is computed from the file. The repository can be deleted and
    // created again in the meantime.
    const current = getRepository(call, input)
    finish(context, current, getUpload(context, current, id), {
      digest,
      accepted: input.layerDigests
    })
    return {
      registryId: context.settings.account,
      repositoryName: repository.name,
      uploadId: input.uploadId,
      layerDigest: digest
    }
  })
}

function checkParts(context: EmulatorContext, { id, parts, repository }: Upload): void {
  if (parts.length === 0) {
    throw new ApiError(
      'EmptyUploadException',
      `The upload with id '${id}' in the repository with name '${repository}' in registry with id '${messageRegistryId(context)}' cannot be completed because it does not have any parts`
    )
  }
  if (parts.slice(0, -1).some((bytes) => bytes < context.settings.limits.minPartBytes)) {
    throw new ApiError(
      'LayerPartTooSmallException',
      'All layer parts except the last part should be at least 5MB'
    )
  }
}

function finish(
  context: EmulatorContext,
  repository: Repository,
  { id }: Upload,
  { digest, accepted }: { readonly digest: string; readonly accepted: readonly string[] }
): void {
  if (!accepted.some((text) => text.toLowerCase() === digest)) {
    throw new ApiError(
      'InvalidLayerException',
      'None of the provided layer digests match the calculated layer digest'
    )
  }
  if (repository.layers.has(digest)) {
    context.store.cancelUpload(id)
    throw new ApiError(
      'LayerAlreadyExistsException',
      `The layer with digest '${digest}' already exists in the repository with name '${repository.name}' in registry with id '${messageRegistryId(context)}'`
    )
  }
  context.store.finishUpload(id, digest)
}
