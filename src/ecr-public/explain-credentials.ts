import type { Problem } from '../runner/errors.js'
import type { ErrorFacts } from './error-facts.js'

type Env = Readonly<Record<string, string | undefined>>

/** How a job gets AWS credentials without a stored secret; shown where there are none. */
export const OIDC_SNIPPET = `permissions:
  id-token: write
  contents: read
steps:
  - uses: aws-actions/configure-aws-credentials@v6
    with:
      role-to-assume: arn:aws:iam::ACCOUNT-ID:role/ROLE-NAME
      aws-region: us-east-1`

const NO_CREDENTIALS = ['CredentialsProviderError', 'TokenProviderError', 'ProviderError']
const EXPIRED = ['ExpiredTokenException', 'ExpiredToken', 'RequestExpired', 'TokenRefreshRequired']
const UNKNOWN = [
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidClientTokenIdException',
  'InvalidAccessKeyId',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException'
]
const SIGNATURE = ['InvalidSignatureException', 'SignatureDoesNotMatch', 'IncompleteSignature']
const SKEW = ['RequestTimeTooSkewed', 'RequestInTheFuture']

/** What is wrong with the credentials or the clock that a request was signed with, or `undefined`. */
export function explainCredentials(facts: ErrorFacts, env: Env): Problem | undefined {
  const { name, message } = facts
  if (NO_CREDENTIALS.includes(name)) return noCredentials(message, env)
  if (facts.code === 'ENOENT' && env.AWS_WEB_IDENTITY_TOKEN_FILE) {
    return {
      what: 'The web identity token of AWS_WEB_IDENTITY_TOKEN_FILE cannot be read',
      value: env.AWS_WEB_IDENTITY_TOKEN_FILE,
      fix: 'unset the variable, or run aws-actions/configure-aws-credentials before this step'
    }
  }
  if (EXPIRED.includes(name)) {
    return {
      what: 'The AWS session has expired',
      value: message,
      expected: 'credentials that live as long as the job needs them',
      fix: 'run aws-actions/configure-aws-credentials right before this step, or raise its role-duration-seconds'
    }
  }
  if (UNKNOWN.includes(name)) {
    return {
      what: 'AWS does not know these credentials',
      value: message,
      expected: unknownCause(env),
      fix: 'check the secrets of the workflow, or assume a role with OIDC instead'
    }
  }
  return explainSignature(facts)
}

function explainSignature({ name, message }: ErrorFacts): Problem | undefined {
  if (!SIGNATURE.includes(name) && !SKEW.includes(name)) return undefined
  if (SKEW.includes(name) || /signature (?:expired|not yet current)/i.test(message)) {
    return {
      what: "This machine's clock is wrong",
      value: message,
      expected: 'AWS takes requests signed within 5 minutes of its own time',
      fix: 'set the clock of the runner (NTP)'
    }
  }
  // Its message quotes the signed request, session token and all.
  return {
    what: 'AWS does not accept the signature of the request',
    expected:
      'the secret access key does not belong to the access key id, or has a blank at its end',
    fix: 'check the secrets of the workflow, or assume a role with OIDC instead'
  }
}

function unknownCause(env: Env): string {
  if (env.AWS_ACCESS_KEY_ID?.startsWith('ASIA') === true && !env.AWS_SESSION_TOKEN) {
    return 'AWS_ACCESS_KEY_ID is of a session, but AWS_SESSION_TOKEN is not set'
  }
  return 'the access key is wrong, deactivated, of another partition (China, GovCloud), or its session token is missing'
}

function noCredentials(message: string, env: Env): Problem {
  const isGeneral = message === 'Could not load credentials from any providers'
  return {
    what: 'There are no AWS credentials',
    ...(isGeneral ? {} : { value: message }),
    expected: `looked at: ${lookedAt(env).join('; ')}`,
    fix: `run aws-actions/configure-aws-credentials before this step, as below (a pull request from a fork gets neither secrets nor OIDC tokens: rehearse it with this action's emulator)`
  }
}

/** The places where the SDK looks for credentials, in its order, each with what is there. */
function lookedAt(env: Env): string[] {
  const isSet = (name: string): string => `${name} ${env[name] ? 'is set' : 'is not set'}`
  return [
    `${isSet('AWS_ACCESS_KEY_ID')}, ${isSet('AWS_SECRET_ACCESS_KEY')}`,
    `profile ${env.AWS_PROFILE || 'default'} in the shared config files`,
    `${isSet('AWS_WEB_IDENTITY_TOKEN_FILE')}, ${isSet('AWS_ROLE_ARN')}`,
    env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI || env.AWS_CONTAINER_CREDENTIALS_FULL_URI
      ? 'the container credentials that the environment names'
      : env.AWS_EC2_METADATA_DISABLED === 'true'
        ? 'EC2 instance metadata (disabled)'
        : 'EC2 instance metadata'
  ]
}
