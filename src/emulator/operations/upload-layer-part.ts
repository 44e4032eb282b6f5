import { ApiError } from '../api-error.js'
import type { Input } from '../model/types.js'
import type { Upload } from '../store/store.js'
import { getUpload } from './get-upload.js'
import { getRepository } from './operation.js'
import type { Operation, OperationCall } from './operation.js'

/**
 * UploadLayerPart accepts parts in order only: each part begins after the last byte of the previous
 * one.
 */
export const uploadLayerPart: Operation<'UploadLayerPart'> = async (input, call) => {
  const repository = getRepository(call, input)
  const { store, settings } = call.context
  const { id } = getUpload(call.context, repository, input.uploadId)
  return store.lockUpload(id, async () => {
    checkPart(call, getUpload(call.context, repository, id), input)
    await store.appendToUpload(id, input.layerPartBlob)
    // The upload can end in the meantime.
    getUpload(call.context, getRepository(call, input), id)
    return {
      registryId: settings.account,
      repositoryName: repository.name,
      uploadId: input.uploadId,
      lastByteReceived: input.partLastByte
    }
  })
}

function checkPart(
  { context }: OperationCall,
  upload: Upload,
  { partFirstByte, partLastByte, layerPartBlob }: Input<'UploadLayerPart'>
): void {
  const { limits, account } = context.settings
  const invalid = (message: string): ApiError =>
    new ApiError('InvalidLayerPartException', message, {
      registryId: account,
      repositoryName: upload.repository,
      uploadId: upload.id,
      // Absent before the first byte, because its minimum is 0.
      ...(upload.size === 0 ? {} : { lastValidByteReceived: upload.size - 1 })
    })
  if (partFirstByte !== upload.size) {
    throw invalid(`First byte of the layer part is ${partFirstByte} instead of ${upload.size}`)
  }
  const length = partLastByte - partFirstByte + 1
  if (layerPartBlob.length !== length || length === 0) {
    throw invalid(`Size of the layer part is ${layerPartBlob.length} instead of ${length}`)
  }
  const exceeded =
    length > limits.maxPartBytes
      ? `a layer part of ${limits.maxPartBytes} bytes`
      : upload.parts.length >= limits.parts
        ? `${limits.parts} parts of a layer`
        : upload.size + length > limits.layerBytes
          ? `a layer of ${limits.layerBytes} bytes`
          : undefined
  if (exceeded !== undefined) {
    throw new ApiError(
      'LimitExceededException',
      `The operation did not succeed because it would have exceeded a service limit for your account: ${exceeded}`
    )
  }
}
