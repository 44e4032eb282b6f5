import { Agent } from 'agent-base'
import type { AgentConnectOpts } from 'agent-base'
import { HttpProxyAgent } from 'http-proxy-agent'
import { HttpsProxyAgent } from 'https-proxy-agent'
import type * as http from 'node:http'
import type { AgentSignal, Connect } from './connection-types.js'
import { proxyFailure, proxyRefusal } from './explain-proxy.js'
import { findProxy } from './proxy.js'
import type { Proxy } from './proxy.js'

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
    const key = `${scheme} ${proxy.variable} ${proxy.url.href}`
    const agent = this.byProxy.get(key) ?? this.agentFor(proxy, secureEndpoint)
    this.byProxy.set(key, agent)
    return agent
  }

  private agentFor(proxy: Proxy, isSecure: boolean): http.Agent {
    return isSecure
      ? new TunnelAgent(proxy, this.agentOptions)
      : new ForwardAgent(proxy, this.agentOptions)
  }
}

/** The status of the response to CONNECT, which `https-proxy-agent` emits. */
interface ConnectResponse {
  readonly statusCode?: number
}

/**
 * Opens tunnels through a proxy for https. Closes the connection to a proxy that does not answer when the request is
 * aborted, which would wait forever otherwise.
 */
class TunnelAgent extends HttpsProxyAgent<string> {
  constructor(
    private readonly ownProxy: Proxy,
    options: http.AgentOptions
  ) {
    super(ownProxy.url, options)
  }

  override async connect(
    request: http.ClientRequest,
    options: AgentConnectOpts & AgentSignal
  ): Promise<Awaited<ReturnType<HttpsProxyAgent<string>['connect']>>> {
    const { agentSignal } = options
    this.connectOpts = { ...this.connectOpts, signal: agentSignal }
    const target = String(request.getHeader('host') ?? request.host)
    let status = 200
    request.once('proxyConnect', ({ statusCode = 0 }: ConnectResponse) => (status = statusCode))
    const socket = await super.connect(request, options).catch((error: unknown) => {
      agentSignal?.throwIfAborted()
      throw proxyFailure(this.ownProxy, target, error)
    })
    if (status === 200) return socket
    // Otherwise, the agent would return the response of the proxy as the response of the server.
    socket.destroy()
    throw proxyRefusal(this.ownProxy, target, status)
  }
}

/** Sends http requests through a proxy. */
class ForwardAgent extends HttpProxyAgent<string> {
  constructor(
    private readonly ownProxy: Proxy,
    options: http.AgentOptions
  ) {
    super(ownProxy.url, options)
  }

  override async connect(
    request: Parameters<HttpProxyAgent<string>['connect']>[0],
    options: AgentConnectOpts & AgentSignal
  ): Promise<Awaited<ReturnType<HttpProxyAgent<string>['connect']>>> {
    const { agentSignal } = options
    this.connectOpts = { ...this.connectOpts, signal: agentSignal }
    const target = String(request.getHeader('host') ?? request.host)
    return super.connect(request, options).catch((error: unknown) => {
      agentSignal?.throwIfAborted()
      throw proxyFailure(this.ownProxy, target, error)
    })
  }
}
