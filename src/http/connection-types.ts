import type * as http from 'node:http'

// These types have a file of their own, because connections.ts loads proxy-agent.ts on use and both need them.

/** The function that sends requests of a scheme, and the agent that keeps the connections. */
export interface Connection {
  readonly request: typeof http.request
  readonly agent: http.Agent
}

/** Finds the connection to use for a URL. */
export type Connect = (url: URL) => Promise<Connection>

/** A request option that passes the signal of a request to its agent. Node.js does not pass `signal` to agents. */
export interface AgentSignal {
  readonly agentSignal?: AbortSignal
}
