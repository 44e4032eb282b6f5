import { problem } from '../runner/errors.js'

/** The two halves of an authorization token. */
export interface DecodedToken {
  readonly username: string
  readonly password: string
}

/**
 * Decodes the `authorizationToken` of GetAuthorizationToken, base64 of `AWS:password`.
 *
 * @throws ActionError for what is no such token; it is not shown
 */
export function decodeAuthorizationToken(token: string): DecodedToken {
  const text = Buffer.from(token, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 1 || colon === text.length - 1) {
    throw problem({
      what: 'ECR Public gave an authorization token that cannot be read',
      expected: 'base64 of user:password',
      fix: 'check that the endpoint is ECR Public'
    })
  }
  return { username: text.slice(0, colon), password: text.slice(colon + 1) }
}
