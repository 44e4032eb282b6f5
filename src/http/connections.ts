import * as http from 'node:http'
import { namesProxy } from './proxy.js'
import type { Connect, Connection } from './types.js'

/** Connections to one host at the most: more would only wait for the service's rate limits. */
const AGENT_OPTIONS = { keepAlive: true, maxSockets: 50 }

/**
 * The ways to servers, through the proxies that the environment names. TLS and the packages that speak to a proxy
 * are loaded where they are needed.
 */
export function createConnections(env: Readonly<Record<string, string | undefined>>): Connect {
  const direct = createDirect()
  if (!namesProxy(env)) return direct
  let loaded: Promise<http.Agent> | undefined
  const loadAgent = async (): Promise<http.Agent> => {
    const { EnvironmentAgent } = await import('./proxy-agent.js')
    return new EnvironmentAgent(env, direct, AGENT_OPTIONS)
  }
  return async (url) => {
    const { request } = await direct(url)
    loaded ??= loadAgent()
    return { request, agent: await loaded }
  }
}

/** Straight to the server, one agent a scheme. */
function createDirect(): Connect {
  const agent = new http.Agent(AGENT_OPTIONS)
  const plain = Promise.resolve({ request: http.request, agent })
  let secure: Promise<Connection> | undefined
  const loadSecure = async (): Promise<Connection> => {
    const https = await import('node:https')
    return { request: https.request, agent: new https.Agent(AGENT_OPTIONS) }
  }
  return ({ protocol }) => (protocol === 'https:' ? (secure ??= loadSecure()) : plain)
}
