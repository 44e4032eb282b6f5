import { createServer } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { forward } from './forward.js'
import { recordHost } from './record-host.js'

/** A server in front of an emulator that does not respond to some requests. */
export interface Front {
  /** `127.0.0.1:PORT`. */
  readonly host: string
  readonly url: string
  /** The number of requests without a response. */
  readonly hanging: () => number
}

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

/**
 * Starts a server that forwards requests to an emulator.
 *
 * @param target returns the URL of the emulator
 * @param hangs returns `true` for a request that gets no response
 */
export async function startFront(
  target: () => string,
  hangs: (request: IncomingMessage) => boolean
): Promise<Front> {
  let hanging = 0
  const server = createServer((incoming, response) => {
    incoming.on('error', () => undefined)
    if (hangs(incoming)) {
      hanging++
      return
    }
    forward(target(), incoming, response)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  recordHost(host)
  return { host, url: `http://${host}`, hanging: () => hanging }
}
