import { Agent } from 'agent-base'
import type { AgentConnectOpts } from 'agent-base'
import { HttpProxyAgent } from 'http-proxy-agent'
import { HttpsProxyAgent } from 'https-proxy-agent'
import type * as http from 'node:http'
import type { AgentSignal, Connect } from './connection-types.js'
import { findProxy } from './proxy.js'

/**
 * Chooses the direct agent or the agent of a proxy for each connection. Node's own `proxyEnv` exists only from
 * Node.js 24.5 on (https://nodejs.org/api/http.html#built-in-proxy-support); earlier versions would ignore the proxy.
 */
export class EnvironmentAgent extends Agent {
  private readonly byProxy = new Map<string, http.Agent>()

  constructor(
    private readonly env: Readonly<Record<string, string | undefined>>,
    private readonly direct: Connect,
    private readonly agentOptions: http.AgentOptions
  ) {
    super(agentOptions)
  }

  override async connect(
    request: http.ClientRequest,
    { secureEndpoint }: AgentConnectOpts
  ): Promise<http.Agent> {
    const scheme = secureEndpoint ? 'https' : 'http'
    const url = new URL(`${scheme}://${String(request.getHeader('host') ?? request.host)}`)
    const proxy = findProxy(url, this.env)
    if (proxy === undefined) return (await this.direct(url)).agent
    const key = `${scheme} ${proxy.href}`
    const agent = this.byProxy.get(key) ?? this.agentFor(proxy, secureEndpoint)
    this.byProxy.set(key, agent)
    return agent
  }

  private agentFor(proxy: URL, isSecure: boolean): http.Agent {
    return isSecure
      ? new AbortableHttpsProxyAgent(proxy, this.agentOptions)
      : new AbortableHttpProxyAgent(proxy, this.agentOptions)
  }
}

/** Closes the connection to a proxy that does not answer when the request is aborted. It would wait forever. */
class AbortableHttpsProxyAgent extends HttpsProxyAgent<string> {
  override connect(
    request: http.ClientRequest,
    options: AgentConnectOpts & AgentSignal
  ): ReturnType<HttpsProxyAgent<string>['connect']> {
    this.connectOpts = { ...this.connectOpts, signal: options.agentSignal }
    return super.connect(request, options)
  }
}

/** The same for http. */
class AbortableHttpProxyAgent extends HttpProxyAgent<string> {
  override connect(
    request: Parameters<HttpProxyAgent<string>['connect']>[0],
    options: AgentConnectOpts & AgentSignal
  ): ReturnType<HttpProxyAgent<string>['connect']> {
    this.connectOpts = { ...this.connectOpts, signal: options.agentSignal }
    return super.connect(request, options)
  }
}
