import type { ApiError } from '../api-error.js'
import type { Settings } from '../options.js'
import { RegistryError } from './registry-error.js'
import type { RegistryErrorCode } from './registry-error.js'

/** The registry error code for each API error. The messages are the same. */
const CODES: Readonly<Record<string, RegistryErrorCode>> = {
  AccessDeniedException: 'DENIED',
  ImageDigestDoesNotMatchException: 'MANIFEST_INVALID',
  ImageTagAlreadyExistsException: 'TAG_INVALID',
  LayersNotFoundException: 'MANIFEST_BLOB_UNKNOWN',
  LimitExceededException: 'DENIED',
  ReferencedImagesNotFoundException: 'MANIFEST_BLOB_UNKNOWN',
  RepositoryNotFoundException: 'NAME_UNKNOWN',
  ServerException: 'UNKNOWN'
}

/**
 * Converts an API error to a registry error. For an invalid manifest, ECR returns 405 `UNSUPPORTED`
 * (opcr-io/policy#149), the specification requires 400 `MANIFEST_INVALID`.
 */
export function fromApiError(error: ApiError, { invalidManifest }: Settings): RegistryError {
  const code = CODES[error.type]
  if (code !== undefined) return new RegistryError(code, error.message)
  return new RegistryError(
    invalidManifest === 'unsupported' ? 'UNSUPPORTED' : 'MANIFEST_INVALID',
    error.message
  )
}
