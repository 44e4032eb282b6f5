import { repositoryNotFound } from '../operations/operation.js'

/** The error codes of the OCI distribution specification ("Error Codes") that the registry uses. */
export type RegistryErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DENIED'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'TAG_INVALID'
  | 'TOOMANYREQUESTS'
  | 'UNKNOWN'
  | 'UNSUPPORTED'

const STATUS: Readonly<Record<RegistryErrorCode, number>> = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DENIED: 403,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 404,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  SIZE_INVALID: 400,
  TAG_INVALID: 400,
  TOOMANYREQUESTS: 429,
  UNKNOWN: 500,
  UNSUPPORTED: 405
}

/** An error response of the registry. */
export class RegistryError extends Error {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(
    readonly code: RegistryErrorCode,
    message: string,
    response: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {}
  ) {
    super(message)
    this.status = response.status ?? STATUS[code]
    this.headers = response.headers ?? {}
  }

  /**
   * The body. Like the one of public.ecr.aws, it ends with a newline (helm/helm#12491, 58 bytes).
   */
  get body(): string {
    return `${JSON.stringify({ errors: [{ code: this.code, message: this.message }] })}\n`
  }
}

/** Creates the error for a missing or insufficient token. */
export function notAuthorized(origin: string): RegistryError {
  const challenge = `Bearer realm="${origin}/token/",service="public.ecr.aws",scope="aws"`
  return new RegistryError('DENIED', 'Not Authorized', {
    status: 401,
    headers: { 'www-authenticate': challenge }
  })
}

/**
 * Creates the error of public.ecr.aws, which names the registry by its alias
 * (ftp-deployment-action#92).
 */
export function repositoryUnknown(alias: string, name: string): RegistryError {
  return new RegistryError('NAME_UNKNOWN', repositoryNotFound(name, alias).message)
}

/** Creates the error for an image that does not exist. */
export function manifestUnknown(): RegistryError {
  return new RegistryError('MANIFEST_UNKNOWN', 'Requested image not found')
}

/** Creates the error for an operation that the registry does not have. */
export function unsupported(): RegistryError {
  return new RegistryError('UNSUPPORTED', 'The operation is unsupported.')
}
