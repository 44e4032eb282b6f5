import { Agent } from 'agent-base'
import type { AgentConnectOpts } from 'agent-base'
import { HttpProxyAgent } from 'http-proxy-agent'
import { HttpsProxyAgent } from 'https-proxy-agent'
import type * as http from 'node:http'
import { findProxy } from './proxy.js'
import type { Connect, Ending } from './types.js'

/**
 * An agent that chooses, at each connection, between the direct one and the proxy for this URL.
 *
 * `http-proxy-agent` and `https-proxy-agent` rather than Node's own `proxyEnv`: the latter exists only
 * from Node 24.5 on, and runners with an earlier 24 would silently go without the proxy.
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
      ? new EndingHttpsProxyAgent(proxy, this.agentOptions)
      : new EndingHttpProxyAgent(proxy, this.agentOptions)
  }
}

/** Hangs up on a proxy that does not answer when the request is given up; else it would wait for ever. */
class EndingHttpsProxyAgent extends HttpsProxyAgent<string> {
  override connect(
    request: http.ClientRequest,
    options: AgentConnectOpts & Ending
  ): ReturnType<HttpsProxyAgent<string>['connect']> {
    this.connectOpts = { ...this.connectOpts, signal: options.ending }
    return super.connect(request, options)
  }
}

/** The same for plain http. */
class EndingHttpProxyAgent extends HttpProxyAgent<string> {
  override connect(
    request: Parameters<HttpProxyAgent<string>['connect']>[0],
    options: AgentConnectOpts & Ending
  ): ReturnType<HttpProxyAgent<string>['connect']> {
    this.connectOpts = { ...this.connectOpts, signal: options.ending }
    return super.connect(request, options)
  }
}
