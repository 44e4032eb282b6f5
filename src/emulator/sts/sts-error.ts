/** An error of STS. */
export class StsError extends Error {
  /** @param code the error code, such as `InvalidIdentityToken` */
  constructor(
    readonly code: string,
    message: string,
    readonly status = code === 'AccessDenied' ? 403 : 400
  ) {
    super(message)
  }
}
