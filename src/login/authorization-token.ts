import { GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr-public'
import type { Deps } from '../runner/deps.js'
import { problem } from '../runner/errors.js'

/** The user name and password of an authorization token. */
export interface DecodedToken {
  readonly username: string
  readonly password: string
}

/** A decoded authorization token. */
export interface AuthorizationToken extends DecodedToken {
  readonly expiresAt: Date
}

/**
 * Gets an authorization token and masks it in the log, both encoded and decoded.
 *
 * @throws ActionError if the response does not contain a valid token with an expiration time
 */
export async function getAuthorizationToken({
  api,
  mask
}: Pick<Deps, 'api' | 'mask'>): Promise<AuthorizationToken> {
  const { authorizationData } = await api.send(new GetAuthorizationTokenCommand({}))
  const encoded = authorizationData?.authorizationToken ?? ''
  if (encoded !== '') mask(encoded)
  const decoded = decodeAuthorizationToken(encoded)
  mask(decoded.password)
  const expiresAt = authorizationData?.expiresAt
  if (expiresAt === undefined) {
    throw problem({
      what: 'Amazon ECR Public returned an authorization token without an expiration time',
      fix: CHECK_ENDPOINT
    })
  }
  return { ...decoded, expiresAt }
}

const CHECK_ENDPOINT =
  'If you set AWS_ENDPOINT_URL or AWS_ENDPOINT_URL_ECR_PUBLIC, check that it is an endpoint of Amazon ECR Public.'

/**
 * Decodes the `authorizationToken` of GetAuthorizationToken, which is the Base64 of `AWS:password`
 * (https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_AuthorizationData.html).
 *
 * @throws ActionError if the token has another format; the message does not contain the token
 */
export function decodeAuthorizationToken(token: string): DecodedToken {
  const text = Buffer.from(token, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 1 || colon === text.length - 1) {
    throw problem({
      what: 'Amazon ECR Public returned an authorization token that cannot be decoded',
      expected: 'A token is the Base64 encoding of "user:password".',
      fix: CHECK_ENDPOINT
    })
  }
  return { username: text.slice(0, colon), password: text.slice(colon + 1) }
}
