import { generateKeyPairSync, randomUUID, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { isObject } from '../is-object.js'
import { StsError } from './sts-error.js'

/** Issues and checks OIDC tokens as GitHub and the OIDC provider of an AWS account do. */
export interface IdentityTokens {
  /** Returns a signed JSON Web Token. `subject` is the `sub` claim. */
  issue(audience: string, subject: string): string
  /**
   * Checks a token and returns its claims.
   *
   * @throws StsError with the error of AssumeRoleWithWebIdentity
   */
  check(token: string): IdentityClaims
}

/** The claims that a trust policy can match. */
export interface IdentityClaims {
  readonly subject: string
  readonly audience: string
  readonly issuer: string
}

/** The issuer, the audience and the lifetime of GitHub's tokens (https://docs.github.com/actions/reference/security/oidc). */
const ISSUER = 'https://token.actions.githubusercontent.com'
const AUDIENCE = 'sts.amazonaws.com'
const LIFETIME_SECONDS = 300

/** Creates an issuer with a new RSA key, which is generated on first use. */
export function createIdentityTokens(now: () => Date): IdentityTokens {
  let keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject } | undefined
  const keyPair = (): NonNullable<typeof keys> =>
    (keys ??= generateKeyPairSync('rsa', { modulusLength: 2048 }))
  const seconds = (): number => Math.floor(now().getTime() / 1000)
  return {
    issue: (audience, subject) => {
      const issuedAt = seconds()
      const claims = {
        jti: randomUUID(),
        sub: subject,
        aud: audience,
        iss: ISSUER,
        iat: issuedAt,
        nbf: issuedAt,
        exp: issuedAt + LIFETIME_SECONDS
      }
      const signed = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`
      const signature = sign('sha256', Buffer.from(signed), keyPair().privateKey)
      return `${signed}.${signature.toString('base64url')}`
    },
    check: (token) => {
      const [header = '', payload = '', signature = ''] = token.split('.')
      const claims = checkClaims(decode(payload), seconds())
      const signed = Buffer.from(`${header}.${payload}`)
      const bytes = Buffer.from(signature, 'base64url')
      if (!verify('sha256', signed, keyPair().publicKey, bytes)) {
        throw new StsError(
          'InvalidIdentityToken',
          'The web identity token that was passed could not be validated by AWS. The signature is invalid.'
        )
      }
      return claims
    }
  }
}

function checkClaims(claims: Readonly<Record<string, unknown>>, now: number): IdentityClaims {
  const { iss, aud, sub, exp } = claims
  if (typeof sub !== 'string' || typeof exp !== 'number' || typeof iss !== 'string') {
    throw notAToken()
  }
  if (iss !== ISSUER) {
    throw new StsError(
      'InvalidIdentityToken',
      `No OpenIDConnect provider found in your account for ${iss}`
    )
  }
  if (aud !== AUDIENCE) throw new StsError('InvalidIdentityToken', 'Incorrect token audience')
  if (exp <= now) {
    throw new StsError(
      'ExpiredTokenException',
      `Token expired: current date/time ${now} must be before the expiration date/time ${exp}`
    )
  }
  return { subject: sub, audience: aud, issuer: iss }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function decode(part: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    if (isObject(value)) return value
  } catch {
    // Reported below, as any other text that is not a token.
  }
  throw notAToken()
}

function notAToken(): StsError {
  return new StsError(
    'InvalidIdentityToken',
    'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)'
  )
}
