import { isIP } from 'node:net'
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { connectionsOf } from './connections.js'
import { hasProxy, hostOf, portOf } from './proxy.js'

/** How long a connection may wait for a request, in milliseconds. Servers close connections that are idle for a minute. */
const MAX_WAIT_MS = 5000

/**
 * Opens connections to a server while the code that sends the requests is still loaded. The next requests to the server
 * use them. If a connection fails or is closed before, it is ignored, and the request opens its own one. Unused
 * connections are closed after five seconds. With a proxy, no connection is opened early.
 *
 * @param count the number of requests that will be sent at once
 */
export async function openEarly(
  url: URL,
  count: number,
  env: Readonly<Record<string, string | undefined>>
): Promise<void> {
  if (hasProxy(env)) return
  const { agent } = await connectionsOf(env)(url)
  const open = agent.createConnection.bind(agent)
  const [host, port] = [hostOf(url), portOf(url)]
  // The options that Node.js passes for a request. TLS does not allow an address as the name of a server.
  const servername = isIP(host) === 0 ? host : ''
  const options = { host, port, servername, keepAlive: true, noDelay: true }
  const opened = Array.from({ length: count }, () => {
    const socket = open(options) as Socket
    return socket.on('error', () => undefined).unref()
  })
  const closeUnused = (): void => opened.forEach((socket) => socket.destroy())
  setTimeout(closeUnused, MAX_WAIT_MS).unref()
  agent.createConnection = (requested, callback) => {
    const isSameServer = requested.host === host && String(requested.port) === port
    for (let socket = isSameServer ? opened.pop() : undefined; socket; socket = opened.pop())
      if (socket.writable) return socket.ref()
    return open(requested, callback)
  }
  // Node.js connects in the next turn of the event loop, which loading code would delay.
  await setImmediate()
}
