import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from '@smithy/types'
import { problem } from '../runner/errors.js'

type Env = Readonly<Record<string, string | undefined>>

/**
 * Returns the credentials of the environment, or `undefined` if the SDK's provider chain has to find them. Access keys
 * in the environment win over `AWS_PROFILE`, as in the AWS CLI and boto3
 * (https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html). The SDK's own chain prefers the
 * profile.
 *
 * @throws ActionError if an access key ID is set without its secret access key, which the AWS CLI rejects as well
 */
export function createCredentials(
  env: Env
): AwsCredentialIdentity | AwsCredentialIdentityProvider | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env
  if (!accessKeyId) return undefined
  if (!secretAccessKey) {
    throw problem({
      what: 'AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not set',
      fix: 'Set both variables, or unset AWS_ACCESS_KEY_ID to use other credentials.'
    })
  }
  const sessionToken = env.AWS_SESSION_TOKEN
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }
}
