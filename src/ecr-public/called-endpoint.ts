import { apiUrl, findEndpointSettings } from './endpoints.js'
import type { Setting } from './endpoints.js'

/** The endpoint of a service, for errors. */
export interface CalledEndpoint {
  /** The setting of the endpoint, or `undefined` for the default one. */
  readonly setting: Setting | undefined
  readonly url: URL
}

/** Returns the endpoint of ECR Public or STS that `readEndpoints` found for the environment. */
export function findCalledEndpoint(
  service: 'api' | 'sts',
  env: Readonly<Record<string, string | undefined>>
): CalledEndpoint {
  const { [service]: setting, dualStack, fips } = findEndpointSettings(env)
  const useDualStack = dualStack !== undefined
  const url =
    service === 'api' ? apiUrl({ useDualStack }) : stsUrl(useDualStack, fips !== undefined)
  return { setting, url: URL.parse(setting?.value ?? '') ?? url }
}

/** Returns the default URL of STS. The SDK selects the same one. */
function stsUrl(useDualStack: boolean, useFips: boolean): URL {
  const domain = useDualStack ? 'api.aws' : 'amazonaws.com'
  return new URL(`https://sts${useFips ? '-fips' : ''}.us-east-1.${domain}`)
}
