import { GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr-public'
import type { ECRPUBLICClient } from '@aws-sdk/client-ecr-public'
import { originOf } from '../../src/http/loopback.js'

/** A request to the registry. Paths begin with `/v2/`. A URL of the registry itself is accepted as well. */
export type RegistryRequest = (
  path: string,
  init?: RequestInit & { readonly anonymous?: boolean }
) => Promise<Response>

/** A connection to a registry with the tokens of the account and of an anonymous user. */
export interface RegistryConnection {
  readonly origin: string
  readonly request: RegistryRequest
}

/** Logs in to a registry as container tools do. Redirects are not followed. */
export async function connectRegistry(
  client: ECRPUBLICClient,
  host: string
): Promise<RegistryConnection> {
  const origin = originOf(host)
  const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}))
  const password = authorizationData?.authorizationToken
  if (password === undefined) throw new Error('The response does not contain a token')
  const challenge = await findChallenge(origin)
  const account = await getToken(challenge, { authorization: `Basic ${password}` })
  const nobody = await getToken(challenge, {})
  const request: RegistryRequest = (path, { anonymous = false, ...init } = {}) => {
    const headers = new Headers(init.headers)
    headers.set('authorization', `Bearer ${anonymous ? nobody : account}`)
    return fetch(new URL(path, origin), { ...init, headers, redirect: 'manual' })
  }
  return { origin, request }
}

async function findChallenge(origin: string): Promise<URL> {
  const { status, headers } = await fetch(`${origin}/v2/`)
  const challenge = headers.get('www-authenticate') ?? ''
  const [, realm] = /\brealm="([^"]+)"/.exec(challenge) ?? []
  if (realm === undefined) throw new Error(`GET /v2/ returned ${status} without a challenge`)
  const url = new URL(realm)
  for (const name of ['service', 'scope']) {
    const [, value] = new RegExp(`\\b${name}="([^"]+)"`).exec(challenge) ?? []
    if (value !== undefined) url.searchParams.set(name, value)
  }
  return url
}

async function getToken(url: URL, headers: Record<string, string>): Promise<string> {
  const response = await fetch(url, { headers })
  if (!response.ok) throw new Error(`The token endpoint returned ${response.status}`)
  return ((await response.json()) as { readonly token: string }).token
}
