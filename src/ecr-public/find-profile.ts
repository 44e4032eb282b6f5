import { getHomeDir, readFile } from '@smithy/core/config'
import { join } from 'node:path'
import type { Log } from '../runner/deps.js'
import { problem } from '../runner/errors.js'

type Env = Readonly<Record<string, string | undefined>>

/** The settings for which the AWS CLI and boto3 use only the credentials of the profile, also if they are empty. */
const SETTINGS = [
  'aws_access_key_id',
  'credential_process',
  'login_session',
  'role_arn',
  'sso_account_id',
  'sso_role_name',
  'web_identity_token_file'
]

/** Incomplete settings. The AWS CLI and boto3 ignore them, but they show what a selected profile is for. */
const INCOMPLETE = [
  'aws_secret_access_key',
  'source_profile',
  'sso_region',
  'sso_session',
  'sso_start_url'
]

/**
 * Returns the profile of `AWS_PROFILE`, else the profile `default`, if the credentials have to come from it. Returns
 * `undefined` if it does not configure credentials, or if access keys in the environment have precedence. The AWS CLI and
 * boto3 use only the credentials of such a profile as well. The SDK's own provider chain continues with other credentials,
 * such as the role of an EC2 instance.
 *
 * @throws ActionError if the shared config files do not contain the profile of `AWS_PROFILE`
 */
export async function findProfile(
  env: Env,
  log: Pick<Log, 'warning'>
): Promise<string | undefined> {
  const { AWS_PROFILE: selected, AWS_ACCESS_KEY_ID: accessKeyId } = env
  if (accessKeyId) return undefined
  const profile = selected || 'default'
  warnOfOtherProfile(profile, env, log)
  const [config, credentials] = await Promise.all([
    readSharedFile('AWS_CONFIG_FILE', 'config'),
    readSharedFile('AWS_SHARED_CREDENTIALS_FILE', 'credentials')
  ])
  const sections = [
    namesIn(config, (section) => section === `profile ${profile}`),
    namesIn(config, (section) => section === 'default' && profile === 'default'),
    namesIn(credentials, (section) => section === profile)
  ].filter((names) => names !== undefined)
  // A machine without shared config files can set the name of the default profile.
  if (sections.length === 0 && profile !== 'default') throw noProfile(profile, env)
  const settings = settingsFor(env)
  return sections.flat().some((name) => settings.includes(name)) ? profile : undefined
}

/** Warns of a variable that the AWS CLI and boto3 prefer to `AWS_PROFILE` (botocore, `configprovider.py`), and the SDK ignores. */
function warnOfOtherProfile(
  profile: string,
  { AWS_DEFAULT_PROFILE: other }: Env,
  log: Pick<Log, 'warning'>
): void {
  if (!other || other === profile) return
  log.warning(
    `The environment variable AWS_DEFAULT_PROFILE is ignored: "${other}". The AWS CLI uses this profile, but this step does not. Set AWS_PROFILE to use it, or unset AWS_DEFAULT_PROFILE.`
  )
}

/** Returns the settings for which only the credentials of the profile are used. */
function settingsFor(env: Env): readonly string[] {
  if (env.AWS_PROFILE) return [...SETTINGS, ...INCOMPLETE]
  // The AWS CLI prefers a role of the default profile to a web identity token, and the token to the other settings.
  return env.AWS_WEB_IDENTITY_TOKEN_FILE && env.AWS_ROLE_ARN ? ['role_arn'] : SETTINGS
}

/** Returns the text of the file that the SDK reads, or an empty text if it cannot be read. */
async function readSharedFile(variable: string, name: string): Promise<string> {
  const path = process.env[variable] || join(getHomeDir(), '.aws', name)
  const isInHome = path.startsWith('~/')
  return readFile(isInHome ? join(getHomeDir(), path.slice(2)) : path).catch(() => '')
}

/**
 * Returns the names of the settings of a profile, in lower case, or `undefined` if the file does not contain it. The
 * AWS CLI ignores the case of the names and accepts `:` instead of `=`. The SDK does not, and drops empty values.
 */
function namesIn(text: string, isProfile: (section: string) => boolean): string[] | undefined {
  let names: string[] | undefined
  let isInside = false
  for (const line of text.split(/\r?\n/)) {
    const section = /^\s*\[(.*?)\]\s*(?:[#;].*)?$/.exec(line)?.[1]
    if (section === undefined) {
      const name = /^\s*([\w-]+)\s*[=:]/.exec(line)?.[1]
      if (isInside && name !== undefined) names?.push(name.toLowerCase())
    } else {
      isInside = isProfile(section.trim().replace(/\s+/, ' ').replaceAll(/["']/g, ''))
      if (isInside) names ??= []
    }
  }
  return names
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
