import type { fromIni } from '@aws-sdk/credential-provider-ini'
import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from '@smithy/types'
import { problem } from '../runner/errors.js'
import { checkCharacters } from './check-characters.js'
import type { Role } from './role/role.js'

type Env = Readonly<Record<string, string | undefined>>
type ProfileProvider = ReturnType<typeof fromIni>

/**
 * Returns the credentials of the role, else the access keys of the environment, else the credentials of the profile, or
 * `undefined` if the SDK's provider chain has to find them. Access keys in the environment win over `AWS_PROFILE`, as in
 * the AWS CLI and boto3 (https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html). The SDK's own
 * chain prefers the profile.
 *
 * @throws ActionError if an access key ID is set without its secret access key, or a web identity token without its role,
 * which the AWS CLI rejects as well, or if a value contains a character that an HTTP header cannot contain
 */
export function createCredentials(
  env: Env,
  role?: Role,
  profile?: string
): AwsCredentialIdentity | AwsCredentialIdentityProvider | undefined {
  // The SDK does not keep the result of a memoized provider, so that the role can renew it at any time.
  if (role !== undefined) return Object.assign(() => role.getCredentials(), { memoized: true })
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env
  if (!accessKeyId) {
    if (profile !== undefined) return createProvider(profile)
    checkWebIdentity(env)
    return undefined
  }
  if (!secretAccessKey) {
    throw problem({
      what: 'AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not set',
      fix: 'Set both variables, or unset AWS_ACCESS_KEY_ID to use other credentials.'
    })
  }
  const sessionToken = env.AWS_SESSION_TOKEN
  checkCharacters(env, ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'])
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }
}

/** The AWS CLI rejects a token without a role as well. The SDK would continue with other credentials. */
function checkWebIdentity({ AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: role }: Env): void {
  if (!file || role) return
  throw problem({
    what: 'AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not set',
    fix: 'Set both variables, or unset AWS_WEB_IDENTITY_TOKEN_FILE to use other credentials.'
  })
}

/** Creates the provider of a profile. The SDK's provider chain passes the same options to it. */
function createProvider(profile: string): ProfileProvider {
  let provider: ProfileProvider | undefined
  return async (identity = {}) => {
    const { fromIni } = await import('@aws-sdk/credential-provider-ini')
    const { callerClientConfig: config = {} } = identity
    provider ??= fromIni({ ...config, profile, parentClientConfig: config })
    return provider(identity)
  }
}
