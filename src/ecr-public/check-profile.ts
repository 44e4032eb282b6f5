import { loadSharedConfigFiles } from '@smithy/core/config'
import { problem } from '../runner/errors.js'

/**
 * Checks that the profile of `AWS_PROFILE` exists if the credentials can come from it. The AWS CLI and boto3 reject a
 * missing profile as well. The SDK would use other credentials instead, such as the role of an EC2 instance.
 *
 * @throws ActionError if the shared config files do not contain the profile
 */
export async function checkProfile(
  env: Readonly<Record<string, string | undefined>>
): Promise<void> {
  const name = env.AWS_PROFILE
  // A machine without shared config files can set the name of the default profile.
  if (!name || name === 'default' || env.AWS_ACCESS_KEY_ID) return
  const { configFile, credentialsFile } = await loadSharedConfigFiles()
  if (Object.hasOwn(configFile, name) || Object.hasOwn(credentialsFile, name)) return
  const config = env.AWS_CONFIG_FILE || '~/.aws/config'
  const credentials = env.AWS_SHARED_CREDENTIALS_FILE || '~/.aws/credentials'
  throw problem({
    what: 'The profile of the environment variable AWS_PROFILE does not exist',
    value: name,
    reason: `The files ${config} and ${credentials} do not contain it.`,
    fix: 'Add the profile, or unset AWS_PROFILE to use other credentials.'
  })
}
