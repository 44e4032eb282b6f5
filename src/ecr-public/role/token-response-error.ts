/** A response of GitHub's token endpoint, or of a server in its place, without a token. */
export class TokenResponseError extends Error {
  override readonly name = 'TokenResponseError'

  /**
   * @param isJson `true` if the body is JSON, as GitHub's own responses are
   * @param location the target of a redirect
   */
  constructor(
    readonly status: number,
    readonly isJson: boolean,
    readonly location?: string
  ) {
    super(`HTTP status ${String(status)}`)
  }
}
