import { DIGEST_PATTERN, isDigest } from '../digest.js'
import { MEDIA_TYPES } from '../images/media-types.js'
import type { ValueOf } from '../model/types.js'
import type { Repository } from '../store/store.js'
import { failsPartially, getRepository } from './operation.js'
import type { Operation, OperationCall } from './operation.js'

/**
 * The media type that is reported before a manifest uses the layer (example of the API reference).
 */
const DEFAULT_MEDIA_TYPE = MEDIA_TYPES.docker.layer

type Failure = ValueOf<'LayerFailure'>

export const batchCheckLayerAvailability: Operation<'BatchCheckLayerAvailability'> = (
  input,
  call
) => {
  const repository = getRepository(call, input)
  const layers: ValueOf<'Layer'>[] = []
  const failures: Failure[] = []
  for (const [at, layerDigest] of input.layerDigests.entries()) {
    const failure = findFailure(call, repository, layerDigest, at)
    if (failure === undefined) layers.push(describeLayer(repository, layerDigest))
    else failures.push(failure)
  }
  return { layers, failures }
}

function describeLayer({ layers }: Repository, layerDigest: string): ValueOf<'Layer'> {
  const layer = layers.get(layerDigest)
  if (layer === undefined) return { layerDigest, layerAvailability: 'UNAVAILABLE' }
  return {
    layerDigest,
    layerAvailability: 'AVAILABLE',
    layerSize: layer.size,
    mediaType: layer.mediaType ?? DEFAULT_MEDIA_TYPE
  }
}

function findFailure(
  call: OperationCall,
  { layers }: Repository,
  layerDigest: string,
  at: number
): Failure | undefined {
  const missing = (failureReason: string): Failure => ({
    layerDigest,
    failureCode: 'MissingLayerDigest',
    failureReason
  })
  if (failsPartially(call, at)) return missing('The layer digest could not be looked up')
  if (layerDigest === '') return missing('Invalid request parameters: layer digest cannot be null')
  if (!isDigest(layerDigest)) {
    return {
      layerDigest,
      failureCode: 'InvalidLayerDigest',
      failureReason: `Invalid request parameters: layer digest should satisfy the regex '${DIGEST_PATTERN}'`
    }
  }
  const isUnknown = !layers.has(layerDigest)
  if (isUnknown && call.context.settings.unknownLayer === 'failure') {
    return missing('Requested layer not found')
  }
  return undefined
}
