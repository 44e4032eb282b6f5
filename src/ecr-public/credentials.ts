import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from '@smithy/types'
import { problem } from '../runner/errors.js'
import { checkCharacters } from './check-characters.js'
import type { Role } from './role/role.js'

type Env = Readonly<Record<string, string | undefined>>

/**
 * Returns the credentials of the role, else the credentials of the environment, or `undefined` if the SDK's provider chain has to
 * find them. A role wins over all credentials of the environment. Access keys in the environment win over `AWS_PROFILE`, as in the AWS CLI and boto3
 * (https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html). The SDK's own chain prefers the
 * profile.
 *
 * @throws ActionError if an access key ID is set without its secret access key, which the AWS CLI rejects as well, or if
 * a value contains a character that an HTTP header cannot contain
 */
export function createCredentials(
  env: Env,
  role?: Role
): AwsCredentialIdentity | AwsCredentialIdentityProvider | undefined {
  // The SDK does not keep the result of a memoized provider, so that the role can renew it at any time.
  if (role !== undefined) return Object.assign(() => role.getCredentials(), { memoized: true })
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env
  if (!accessKeyId) return undefined
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
