/** The codes of the OCI distribution specification ("Error Codes") that this registry answers. */
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

/** An answer of the registry that is none of success. */
export class RegistryError extends Error {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(
    readonly code: RegistryErrorCode,
    message: string,
    answer: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {}
  ) {
    super(message)
    this.status = answer.status ?? STATUS[code]
    this.headers = answer.headers ?? {}
  }

  /** The body, to the byte as public.ecr.aws ends it: with a newline (helm/helm#12491, 58 bytes). */
  get body(): string {
    return `${JSON.stringify({ errors: [{ code: this.code, message: this.message }] })}\n`
  }
}

/** The answer to who asks without a token, or for what its token does not allow. */
export function notAuthorized(origin: string): RegistryError {
  const challenge = `Bearer realm="${origin}/token/",service="public.ecr.aws",scope="aws"`
  return new RegistryError('DENIED', 'Not Authorized', {
    status: 401,
    headers: { 'www-authenticate': challenge }
  })
}

/** The text of public.ecr.aws, which calls the registry by its alias (ftp-deployment-action#92). */
export function repositoryUnknown(alias: string, name: string): RegistryError {
  return new RegistryError(
    'NAME_UNKNOWN',
    `The repository with name '${name}' does not exist in the registry with id '${alias}'`
  )
}
