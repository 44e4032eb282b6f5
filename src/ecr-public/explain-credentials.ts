import type { Problem } from '../runner/errors.js'
import { findCalledEndpoint } from './called-endpoint.js'
import { safeMessage } from './error-facts.js'
import type { ErrorFacts } from './error-facts.js'
import { PERMISSIONS_PAGE } from './permissions.js'

type Env = Readonly<Record<string, string | undefined>>

/** An example of a job with AWS credentials from OIDC. It is logged if a job does not have credentials. */
export const OIDC_SNIPPET = `permissions:
  id-token: write
  contents: read
steps:
  - uses: OWNER/ecr-public-action@v1
    with:
      role-to-assume: arn:aws:iam::ACCOUNT-ID:role/ROLE-NAME`

/** The first sentence of the error if a job does not have credentials. */
export const NO_CREDENTIALS_FOUND = 'AWS credentials were not found'

/** The section that describes credentials of another action. */
const CREDENTIALS_SECTION = `See ${PERMISSIONS_PAGE}#credentials-from-another-action.`

const CHECK_SECRETS = 'Check the secrets of the workflow, or assume a role with OIDC.'

const NO_CREDENTIALS = ['CredentialsProviderError', 'TokenProviderError', 'ProviderError']
const EXPIRED = ['ExpiredTokenException', 'ExpiredToken', 'RequestExpired', 'TokenRefreshRequired']
const INVALID = [
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidClientTokenIdException',
  'InvalidAccessKeyId',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException'
]
const UNREADABLE = ['ENOENT', 'EISDIR', 'EACCES', 'EPERM', 'ENOTDIR']
const SIGNATURE = ['InvalidSignatureException', 'SignatureDoesNotMatch', 'IncompleteSignature']
const SKEW = ['RequestTimeTooSkewed', 'RequestInTheFuture']

/** Explains an error that the credentials or the clock of the machine cause. Returns `undefined` for other errors. */
export function explainCredentials(facts: ErrorFacts, env: Env): Problem | undefined {
  const { name, message } = facts
  if (NO_CREDENTIALS.includes(name)) return noCredentials(message, env)
  const { code = '' } = facts
  if (UNREADABLE.includes(code) && env.AWS_WEB_IDENTITY_TOKEN_FILE) {
    return {
      what: 'The web identity token of AWS_WEB_IDENTITY_TOKEN_FILE cannot be read',
      value: env.AWS_WEB_IDENTITY_TOKEN_FILE,
      reason: `The operating system returned ${code}.`,
      fix: 'Run aws-actions/configure-aws-credentials before this step, or unset the variable.'
    }
  }
  if (EXPIRED.includes(name)) {
    return {
      what: 'The AWS session has expired',
      value: message,
      fix: `Set "role-to-assume", which renews the session, or run aws-actions/configure-aws-credentials directly before this step. ${CREDENTIALS_SECTION}`
    }
  }
  if (INVALID.includes(name)) {
    return {
      what: 'The AWS credentials are invalid',
      value: message,
      reason: invalidReason(env),
      fix: CHECK_SECRETS
    }
  }
  return explainSignature(facts)
}

function explainSignature({ name, message }: ErrorFacts): Problem | undefined {
  if (!SIGNATURE.includes(name) && !SKEW.includes(name)) return undefined
  if (SKEW.includes(name) || /signature (?:expired|not yet current)/i.test(message)) {
    return {
      what: 'The clock of the runner is wrong',
      value: message,
      reason: 'AWS accepts only requests that are signed within 5 minutes of its own time.',
      fix: 'Synchronize the clock of the runner with NTP.'
    }
  }
  // The message is left out, since it quotes the signed request with the session token.
  return {
    what: 'AWS rejected the signature of the request',
    reason: 'The secret access key does not belong to the access key ID, or ends with a space.',
    fix: CHECK_SECRETS
  }
}

/**
 * Explains credentials of a profile that could not be loaded. Returns `undefined` for errors of STS and the network.
 *
 * @param message the message of the provider, which can have several lines
 */
export function explainProfile(facts: ErrorFacts, message: string, env: Env): Problem | undefined {
  const { name, code = '' } = facts
  if (!NO_CREDENTIALS.includes(name) && !UNREADABLE.includes(code)) return undefined
  const value = safeMessage(withoutCommand(message))
  if (!env.AWS_PROFILE) {
    return {
      what: 'The credentials of the default profile could not be loaded',
      value,
      fix: 'Correct the profile in the shared config files, or remove it to use other credentials.'
    }
  }
  return {
    what: 'The credentials of the profile of AWS_PROFILE could not be loaded',
    value,
    fix: 'Correct the profile in the shared config files, or unset AWS_PROFILE to use other credentials.'
  }
}

/** Removes the command of a `credential_process`, which can contain a secret. The standard error stream follows it. */
function withoutCommand(message: string): string {
  const [first = '', ...output] = message.split(/[\r\n]+/)
  if (!first.startsWith('Command failed:')) return message
  return ['credential_process failed', output.join(' ').trim()].filter(Boolean).join(': ')
}

/** The variables that configure the SDK's credential providers. */
const PROVIDER_VARIABLES = [
  'AWS_PROFILE',
  'AWS_ROLE_ARN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_USE_FIPS_ENDPOINT',
  'AWS_USE_DUALSTACK_ENDPOINT',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'
]

/** Explains any other error of the SDK's credential providers. */
export function explainProvider({ message }: ErrorFacts, env: Env): Problem {
  const endpoint = findCalledEndpoint('sts', env).setting?.name ?? ''
  const set = [...PROVIDER_VARIABLES, endpoint].filter((name) => env[name])
  return {
    what: 'The AWS credentials could not be loaded',
    value: message,
    fix: `Check ${set.length === 0 ? 'the shared config files' : `${set.join(', ')} and the shared config files`}, or set "role-to-assume".`
  }
}

function invalidReason(env: Env): string {
  if (env.AWS_ACCESS_KEY_ID?.startsWith('ASIA') === true && !env.AWS_SESSION_TOKEN) {
    return 'AWS_ACCESS_KEY_ID is a temporary key, but AWS_SESSION_TOKEN is not set.'
  }
  return 'The access key is wrong, deactivated or of another partition (China, GovCloud), or its session token is missing.'
}

function noCredentials(message: string, env: Env): Problem {
  const isGeneral = message === 'Could not load credentials from any providers'
  return {
    what: NO_CREDENTIALS_FOUND,
    ...(isGeneral ? {} : { value: message }),
    reason: `Checked sources: ${checkedSources(env).join('; ')}.`,
    fix: 'Set "role-to-assume" and "permissions: id-token: write", as in the example below. A pull request from a fork cannot use secrets or OIDC tokens, but it can use the emulator of this action.'
  }
}

/** Returns the sources in which the SDK searches credentials, in its order, each with its state. */
function checkedSources(env: Env): string[] {
  const isSet = (name: string): string => `${name} ${env[name] ? 'is set' : 'is not set'}`
  return [
    `${isSet('AWS_ACCESS_KEY_ID')}, ${isSet('AWS_SECRET_ACCESS_KEY')}`,
    `profile ${env.AWS_PROFILE || 'default'} in the shared config files`,
    `${isSet('AWS_WEB_IDENTITY_TOKEN_FILE')}, ${isSet('AWS_ROLE_ARN')}`,
    env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI || env.AWS_CONTAINER_CREDENTIALS_FULL_URI
      ? 'container credentials'
      : env.AWS_EC2_METADATA_DISABLED === 'true'
        ? 'EC2 instance metadata (disabled)'
        : 'EC2 instance metadata'
  ]
}
