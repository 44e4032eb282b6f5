import { isLoopback } from '../http/loopback.js'

/** The token endpoint of a registry (https://distribution.github.io/distribution/spec/auth/token/). */
export interface Challenge {
  readonly realm: string
  readonly service?: string | undefined
  readonly scope?: string | undefined
}

/** The maximum length of a header in characters. public.ecr.aws sends about 100. */
const MAX_HEADER_CHARACTERS = 4096

/** Reads the Bearer challenge of a `WWW-Authenticate` header. Returns `undefined` if it does not have one. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  if (header === undefined || header.length > MAX_HEADER_CHARACTERS) return undefined
  const scheme = /(?:^|,)\s*bearer\s+(.*)$/is.exec(header)
  if (scheme?.[1] === undefined) return undefined
  const parameters = new Map<string, string>()
  for (const match of scheme[1].matchAll(/([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/gi)) {
    const name = match[1]?.toLowerCase() ?? ''
    const value = match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? ''
    if (!parameters.has(name)) parameters.set(name, value)
  }
  const realm = parameters.get('realm')
  if (realm === undefined) return undefined
  return { realm, service: parameters.get('service'), scope: parameters.get('scope') }
}

/**
 * Returns the URL that issues the token, or `undefined` if the realm cannot be used. It must be an https URL, or an
 * http URL on the loopback if the registry is on the loopback too.
 *
 * @param origin the origin of the registry
 */
export function findTokenUrl(
  origin: string,
  challenge: Challenge,
  repository: string
): URL | undefined {
  const url = URL.parse(challenge.realm)
  if (url?.username !== '' || url.password !== '') return undefined
  const isLocal = url.protocol === 'http:' && origin.startsWith('http:') && isLoopback(url.host)
  if (url.protocol !== 'https:' && !isLocal) return undefined
  if (challenge.service !== undefined) url.searchParams.set('service', challenge.service)
  url.searchParams.set('scope', challenge.scope ?? `repository:${repository}:pull`)
  return url
}
