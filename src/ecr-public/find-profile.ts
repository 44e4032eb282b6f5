import { loadSharedConfigFiles } from '@smithy/core/config'
import { problem } from '../runner/errors.js'

type Env = Readonly<Record<string, string | undefined>>

/** The settings of a profile that configure credentials. */
const SETTINGS = [
  'aws_access_key_id',
  'aws_secret_access_key',
  'credential_process',
  'login_session',
  'role_arn',
  'source_profile',
  'sso_account_id',
  'sso_region',
  'sso_role_name',
  'sso_session',
  'sso_start_url',
  'web_identity_token_file'
]

/**
 * Returns the profile of `AWS_PROFILE` if the credentials have to come from it, or `undefined` if it does not configure
 * credentials or access keys in the environment have precedence. The AWS CLI and boto3 use only the credentials of such a
 * profile as well. The SDK's own provider chain continues with other credentials, such as the role of an EC2 instance.
 *
 * @throws ActionError if the shared config files do not contain the profile
 */
export async function findProfile(env: Env): Promise<string | undefined> {
  const profile = env.AWS_PROFILE
  if (!profile || env.AWS_ACCESS_KEY_ID) return undefined
  const { configFile, credentialsFile } = await loadSharedConfigFiles()
  const sections = [configFile, credentialsFile].filter((file) => Object.hasOwn(file, profile))
  // A machine without shared config files can set the name of the default profile.
  if (sections.length === 0 && profile !== 'default') throw noProfile(profile, env)
  // The AWS CLI ignores the case of the names. The SDK does not, and rejects the profile.
  const names = sections.flatMap((file) => Object.keys(file[profile] ?? {}))
  return names.some((name) => SETTINGS.includes(name.toLowerCase())) ? profile : undefined
}

function noProfile(profile: string, env: Env): Error {
  const config = env.AWS_CONFIG_FILE || '~/.aws/config'
  const credentials = env.AWS_SHARED_CREDENTIALS_FILE || '~/.aws/credentials'
  return problem({
    what: 'The profile of the environment variable AWS_PROFILE does not exist',
    value: profile,
    reason: `The files ${config} and ${credentials} do not contain it.`,
    fix: 'Add the profile, or unset AWS_PROFILE to use other credentials.'
  })
}
