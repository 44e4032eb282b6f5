import { isIP } from 'node:net'
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { connectionsOf } from './connections.js'
import { hasProxy, hostNameOf, portOf } from './proxy.js'

/**
 * How long a connection may wait for a request, in milliseconds. Load balancers of AWS close connections that are idle for
 * 60 seconds (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html).
 */
const MAX_WAIT_MS = 5000

/**
 * Opens connections to a server while the code that sends the requests is being loaded. The next requests to the server
 * use them. If a connection fails, is closed or receives data before it is used, the request opens its own. Connections
 * that are not used within five seconds are closed. If the environment sets a proxy, no connection is opened early.
 *
 * @param count the number of requests that will be sent at once
 * @returns a function that closes the unused connections, which would keep the process running
 */
export async function openEarly(
  url: URL,
  count: number,
  env: Readonly<Record<string, string | undefined>>
): Promise<() => void> {
  if (hasProxy(env)) return () => undefined
  const { agent } = await connectionsOf(env)(url)
  const open = agent.createConnection.bind(agent)
  const [host, port] = [hostNameOf(url), portOf(url)]
  // As for a request: without a delay for small packets, and TLS does not allow an address as the name of a server.
  const options = { host, port, noDelay: true, servername: isIP(host) === 0 ? host : '' }
  const unused = Array.from({ length: count }, () => {
    const socket = open(options) as Socket
    return socket.on('error', () => undefined)
  })
  agent.createConnection = (requested, callback) => {
    const isSameServer = requested.host === host && String(requested.port) === port
    return (isSameServer ? takeUsable(unused) : undefined) ?? open(requested, callback)
  }
  const closeUnused = (): void => {
    clearTimeout(timer)
    for (const socket of unused.splice(0)) socket.destroy()
  }
  const timer = setTimeout(closeUnused, MAX_WAIT_MS)
  // Node.js begins to connect in the next turn of the event loop, which loading code would delay.
  await setImmediate()
  return closeUnused
}

/** Removes and returns a connection that a request can use. Other connections are closed. */
function takeUsable(sockets: Socket[]): Socket | undefined {
  for (let socket = sockets.pop(); socket !== undefined; socket = sockets.pop()) {
    // Data that the server sent before the request would be read as the response.
    if (socket.writable && socket.readableLength === 0) return socket
    socket.destroy()
  }
  return undefined
}
