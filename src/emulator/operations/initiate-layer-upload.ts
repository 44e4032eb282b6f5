import { getRepository } from './operation.js'
import type { Operation } from './operation.js'

export const initiateLayerUpload: Operation<'InitiateLayerUpload'> = (input, call) => {
  const repository = getRepository(call, input)
  const { store, settings } = call.context
  return { uploadId: store.startUpload(repository.name).id, partSize: settings.partSize }
}
