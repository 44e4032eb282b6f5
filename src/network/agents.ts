import * as http from 'node:http'
import * as https from 'node:https'
import { findProxy, namesProxy } from './proxy.js'

/** The agents through which all requests go, one a scheme. */
export interface Agents {
  readonly http: http.Agent
  readonly https: http.Agent
}

/** Connections to one host at the most: more would only wait for the service's rate limits. */
const MAX_SOCKETS = 50

/**
 * Agents that keep connections alive and go through the proxies that the environment names, request by
 * request. The packages that speak to a proxy are loaded only where one is named.
 *
 * `http-proxy-agent` and `https-proxy-agent` rather than Node's own `proxyEnv`: the latter exists only
 * from Node 24.5 on, and runners with an earlier 24 would silently go without the proxy.
 */
export async function createAgents(
  env: Readonly<Record<string, string | undefined>>
): Promise<Agents> {
  const options = { keepAlive: true, maxSockets: MAX_SOCKETS }
  const direct: Agents = { http: new http.Agent(options), https: new https.Agent(options) }
  if (!namesProxy(env)) return direct
  const { Agent } = await import('agent-base')
  const { HttpProxyAgent } = await import('http-proxy-agent')
  const { HttpsProxyAgent } = await import('https-proxy-agent')
  const byProxy = new Map<string, http.Agent>()

  /** Chooses, at each connection, between the direct agent and the one of the proxy for this URL. */
  class EnvironmentAgent extends Agent {
    override connect(
      request: http.ClientRequest,
      connection: { readonly secureEndpoint: boolean }
    ): Promise<http.Agent> {
      const scheme = connection.secureEndpoint ? 'https' : 'http'
      const authority = String(request.getHeader('host') ?? request.host)
      const proxy = findProxy(new URL(`${scheme}://${authority}`), env)
      if (proxy === undefined) return Promise.resolve(direct[scheme])
      const key = `${scheme} ${proxy.href}`
      const agent =
        byProxy.get(key) ??
        (connection.secureEndpoint
          ? new HttpsProxyAgent(proxy, options)
          : new HttpProxyAgent(proxy, options))
      byProxy.set(key, agent)
      return Promise.resolve(agent)
    }
  }
  const agent = new EnvironmentAgent(options)
  return { http: agent, https: agent }
}
