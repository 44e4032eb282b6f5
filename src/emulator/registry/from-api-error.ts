import type { ApiError } from '../api-error.js'
import type { Settings } from '../options.js'
import { RegistryError } from './registry-error.js'
import type { RegistryErrorCode } from './registry-error.js'

/** What the registry side makes of the API's errors; their texts come through as they are. */
const CODES: Readonly<Record<string, RegistryErrorCode>> = {
  AccessDeniedException: 'DENIED',
  ImageDigestDoesNotMatchException: 'MANIFEST_INVALID',
  ImageTagAlreadyExistsException: 'TAG_INVALID',
  LayersNotFoundException: 'MANIFEST_BLOB_UNKNOWN',
  LimitExceededException: 'DENIED',
  ReferencedImagesNotFoundException: 'MANIFEST_BLOB_UNKNOWN',
  RepositoryNotFoundException: 'NAME_UNKNOWN'
}

/**
 * The registry's own form of an API error, as a push over `/v2/` gets it. A manifest that PutImage finds
 * invalid is 405 `UNSUPPORTED` on ECR (opcr-io/policy#149), and 400 `MANIFEST_INVALID` by specification.
 */
export function fromApiError(error: ApiError, { invalidManifest }: Settings): RegistryError {
  const code = CODES[error.type]
  if (code !== undefined) return new RegistryError(code, error.message)
  return new RegistryError(
    invalidManifest === 'unsupported' ? 'UNSUPPORTED' : 'MANIFEST_INVALID',
    error.message
  )
}
