import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * Listens and returns the URL for clients on this machine.
 *
 * @param port 0 for a free port
 * @throws Error if the address is in use or does not exist
 */
export async function listen(server: Server, host: string, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return `http://${urlHost(host)}:${String((server.address() as AddressInfo).port)}`
}

/** Returns a host for use in a URL: the loopback for a wildcard address, IPv6 addresses in brackets. */
function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
