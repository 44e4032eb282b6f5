import { loadSharedConfigFiles } from '@smithy/core/config'
import { isTlsOrLoopback } from '../http/loopback.js'
import { problem } from '../runner/errors.js'

type Env = Readonly<Record<string, string | undefined>>
type Profile = Readonly<Record<string, string | undefined>>

/** The endpoints of the services that a step calls, as the environment and the shared config file set them. */
export interface Endpoints {
  /** The endpoint of ECR Public, or `undefined` for the default one. */
  readonly api?: string | undefined
  /** The endpoint of STS, or `undefined` for the default one. */
  readonly sts?: string | undefined
  /** `true` to use the dual-stack endpoints of services whose endpoint is not set. */
  readonly useDualStack: boolean
  /** `true` to use the FIPS endpoint of STS if its endpoint is not set. */
  readonly useFips: boolean
}

/**
 * The default endpoints of ECR Public, in the only region that supports all operations
 * (https://docs.aws.amazon.com/general/latest/gr/ecr-public.html). The SDK selects the same ones.
 */
const DEFAULT_API = 'https://api.ecr-public.us-east-1.amazonaws.com'
const DUAL_STACK_API = 'https://ecr-public.us-east-1.api.aws'

/** Returns the URL of ECR Public. */
export function apiUrl({ api, useDualStack }: Pick<Endpoints, 'api' | 'useDualStack'>): URL {
  return new URL(api ?? (useDualStack ? DUAL_STACK_API : DEFAULT_API))
}

/**
 * Returns `true` if the endpoints of the environment and of the shared config file are turned off. Only lowercase values
 * count, as in the SDK: otherwise the SDK would use an endpoint that was not checked.
 */
function ignoresEndpoints(env: Env, profile: Profile): boolean {
  const values = [env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, profile.ignore_configured_endpoint_urls]
  return values.find((value) => value === 'true' || value === 'false') === 'true'
}

/** A value with the name of its setting, for errors. */
export interface Setting {
  readonly name: string
  readonly value: string
}

/** The settings of the endpoints, as the environment and the shared config file contain them. */
export interface EndpointSettings {
  readonly api: Setting | undefined
  readonly sts: Setting | undefined
  readonly dualStack: Setting | undefined
  readonly fips: Setting | undefined
}

/** What `readEndpoints` found for an environment, since errors name the setting and the host. */
const FOUND = new WeakMap<Env, EndpointSettings>()

/** Returns the settings that `readEndpoints` found. If it was not called, only the variables count. */
export function findEndpointSettings(env: Env): EndpointSettings {
  return FOUND.get(env) ?? findSettings(env)
}

function findSettings(env: Env, profile: Profile = {}, services: Profile = {}): EndpointSettings {
  const isIgnored = ignoresEndpoints(env, profile)
  return {
    api: isIgnored ? undefined : findEndpoint('ECR_PUBLIC', env, profile, services),
    sts: isIgnored ? undefined : findEndpoint('STS', env, profile, services),
    dualStack: findSwitch('USE_DUALSTACK_ENDPOINT', env, profile),
    fips: findSwitch('USE_FIPS_ENDPOINT', env, profile)
  }
}

/**
 * Reads the endpoints in the order of the AWS SDKs: variable of the service, general variable, `services` section and
 * `endpoint_url` of the profile. `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` turns all of them off
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html).
 *
 * @throws ActionError if an endpoint is not an https URL, except for http on the loopback interface, or if FIPS is set
 */
export async function readEndpoints(env: Env): Promise<Endpoints> {
  const { configFile, credentialsFile } = await loadSharedConfigFiles()
  const name = env.AWS_PROFILE || 'default'
  const profile: Profile = { ...credentialsFile[name], ...configFile[name] }
  const services = configFile[`services.${profile.services ?? ''}`] ?? {}
  const settings = findSettings(env, profile, services)
  FOUND.set(env, settings)
  const { api, sts, dualStack, fips } = settings
  for (const endpoint of [api, sts]) if (endpoint !== undefined) checkEndpoint(endpoint)
  if (fips !== undefined && api === undefined) throw noFips(fips)
  return {
    api: api?.value,
    sts: sts?.value,
    useDualStack: dualStack !== undefined,
    useFips: fips !== undefined
  }
}

function findEndpoint(
  service: 'ECR_PUBLIC' | 'STS',
  env: Env,
  profile: Profile,
  services: Profile
): Setting | undefined {
  const member = `${service.toLowerCase()}.endpoint_url`
  const candidates: readonly (readonly [string, string | undefined])[] = [
    [`AWS_ENDPOINT_URL_${service}`, env[`AWS_ENDPOINT_URL_${service}`]],
    ['AWS_ENDPOINT_URL', env.AWS_ENDPOINT_URL],
    [`${member} in the shared config file`, services[member]],
    ['endpoint_url in the shared config file', profile.endpoint_url]
  ]
  for (const [name, value] of candidates) if (value) return { name, value }
  return undefined
}

/** Credentials are sent to an endpoint, so http is allowed only if it does not leave the machine. */
function checkEndpoint({ name, value }: Setting): void {
  const url = URL.parse(value)
  // An invalid URL is not quoted, since it can contain a password.
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw problem({
      what: `The endpoint of ${name} is not an http or https URL`,
      expected: 'Use https://HOST or, for the emulator, http://127.0.0.1:PORT.',
      fix: `Correct or unset ${name}.`
    })
  }
  if (isTlsOrLoopback(url)) return
  throw problem({
    what: `The endpoint of ${name} uses http`,
    value: url.host,
    reason: 'Other machines on the network could read the credentials.',
    expected: 'Http is allowed on the loopback interface only (127.0.0.0/8, ::1, localhost).',
    fix: `Use https in ${name}, or unset it.`
  })
}

/** Returns a setting if it is `true`. The AWS CLI also ignores the case of the value. */
function findSwitch(name: string, env: Env, profile: Profile): Setting | undefined {
  const variable = { name: `AWS_${name}`, value: env[`AWS_${name}`] }
  const member = {
    name: `${name.toLowerCase()} in the shared config file`,
    value: profile[name.toLowerCase()]
  }
  const { name: found, value } = variable.value ? variable : member
  return value?.toLowerCase() === 'true' ? { name: found, value } : undefined
}

function noFips({ name, value }: Setting): Error {
  return problem({
    what: `FIPS endpoints are not available, but ${name} is set`,
    value,
    reason: 'Amazon ECR Public does not have a FIPS endpoint.',
    fix: `Unset ${name} for this step, or set AWS_ENDPOINT_URL_ECR_PUBLIC.`
  })
}
