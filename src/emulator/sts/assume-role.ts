import { randomBytes } from 'node:crypto'
import type { EmulatorContext } from '../context.js'
import { issueSessionToken } from './sessions.js'
import { StsError } from './sts-error.js'

/** The members of a result. Their order is the order of the response. */
export interface StsResult {
  readonly [name: string]: string | StsResult
}

const ROLE_ARN = /^arn:aws[\w-]*:iam::(\d{12}):role\/(?:[\x21-\x7e]*\/)?([\w+=,.@-]{1,64})$/
const SESSION_NAME = /^[\w+=,.@-]{2,64}$/
const DEFAULT_DURATION_SECONDS = 3600
const MIN_DURATION_SECONDS = 900
const MAX_DURATION_SECONDS = 43_200

/**
 * Performs AssumeRoleWithWebIdentity. Every role of the emulator's account exists and trusts all subjects; roles of
 * other accounts are denied.
 *
 * @throws StsError with the code and message of the service
 */
export function assumeRole(parameters: URLSearchParams, context: EmulatorContext): StsResult {
  const arn = getParameter(parameters, 'RoleArn', 'roleArn', /^[^]{20,2048}$/)
  const name = getParameter(parameters, 'RoleSessionName', 'roleSessionName', SESSION_NAME)
  const token = getParameter(parameters, 'WebIdentityToken', 'webIdentityToken', /^[^]{4,20000}$/)
  const duration = durationOf(parameters.get('DurationSeconds'))
  const [, account, role = ''] = ROLE_ARN.exec(arn) ?? []
  if (account === undefined) throw new StsError('ValidationError', 'Request ARN is invalid')
  const { subject, audience, issuer } = context.identityTokens.check(token)
  if (account !== context.settings.account) {
    throw new StsError('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity')
  }
  const expiresAt = context.now().getTime() + duration * 1000
  const session = { role, name, expiresAt }
  return {
    SubjectFromWebIdentityToken: subject,
    AssumedRoleUser: {
      AssumedRoleId: `AROAEMULATOREXAMPLE00:${name}`,
      Arn: `arn:aws:sts::${account}:assumed-role/${role}/${name}`
    },
    Credentials: {
      AccessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
      SecretAccessKey: randomBytes(30).toString('base64'),
      SessionToken: issueSessionToken(session, context.store.key),
      Expiration: new Date(expiresAt).toISOString()
    },
    Provider: `arn:aws:iam::${account}:oidc-provider/${new URL(issuer).host}`,
    Audience: audience
  }
}

function getParameter(
  parameters: URLSearchParams,
  name: string,
  member: string,
  pattern: RegExp
): string {
  const value = parameters.get(name)
  if (value === null) {
    throw validationError(`Value null at '${member}'`, 'Member must not be null')
  }
  if (pattern.test(value)) return value
  // The service repeats the value, but a token must not be in a log.
  const shown = name === 'WebIdentityToken' ? 'Value' : `Value '${value}'`
  throw validationError(
    `${shown} at '${member}'`,
    `Member must satisfy regular expression pattern: ${pattern.source}`
  )
}

function durationOf(text: string | null): number {
  if (text === null) return DEFAULT_DURATION_SECONDS
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : NaN
  if (seconds >= MIN_DURATION_SECONDS && seconds <= MAX_DURATION_SECONDS) return seconds
  const bound =
    seconds < MIN_DURATION_SECONDS
      ? `greater than or equal to ${MIN_DURATION_SECONDS}`
      : `less than or equal to ${MAX_DURATION_SECONDS}`
  throw validationError(`Value '${text}' at 'durationSeconds'`, `Member must have value ${bound}`)
}

function validationError(value: string, constraint: string): StsError {
  return new StsError(
    'ValidationError',
    `1 validation error detected: ${value} failed to satisfy constraint: ${constraint}`
  )
}
