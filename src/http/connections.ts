import * as http from 'node:http'
import type { Connect, Connection } from './connection-types.js'
import { hasProxy } from './proxy.js'

/** At most 50 connections per host: more would only wait for the rate limits of the service. */
const AGENT_OPTIONS = { keepAlive: true, maxSockets: 50 }

type Env = Readonly<Record<string, string | undefined>>

const connectionsByEnv = new WeakMap<Env, Connect>()

/**
 * Returns the connections to servers, through the proxies that the environment sets. All clients of one environment
 * share them. The modules for TLS and for proxies are loaded on first use.
 */
export function connectionsOf(env: Env): Connect {
  const connect = connectionsByEnv.get(env) ?? createConnections(env)
  connectionsByEnv.set(env, connect)
  return connect
}

function createConnections(env: Env): Connect {
  const direct = createDirect()
  if (!hasProxy(env)) return direct
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

/** Creates connections without a proxy, with one agent per scheme. */
function createDirect(): Connect {
  const agent = new http.Agent(AGENT_OPTIONS)
  const insecure = Promise.resolve({ request: http.request, agent })
  let secure: Promise<Connection> | undefined
  const loadSecure = async (): Promise<Connection> => {
    const https = await import('node:https')
    return { request: https.request, agent: new https.Agent(AGENT_OPTIONS) }
  }
  return ({ protocol }) => (protocol === 'https:' ? (secure ??= loadSecure()) : insecure)
}
