import type * as http from 'node:http'

/** The way to a server: who speaks its scheme, and the agent that keeps the connections. */
export interface Connection {
  readonly request: typeof http.request
  readonly agent: http.Agent
}

/** An option of requests by which the agent learns that one is given up; Node.js keeps `signal` from it. */
export interface Ending {
  readonly ending?: AbortSignal
}

/** Finds the way to the server of a URL. */
export type Connect = (url: URL) => Promise<Connection>
