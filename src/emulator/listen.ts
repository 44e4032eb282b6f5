import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * Listens and returns the URL for clients on this machine.
 *
 * @param port 0 for a free port
 * @throws Error that names the option to change if the address is in use or does not exist
 */
export async function listen(server: Server, host: string, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => reject(listenError(host, port, error))
    server.once('error', fail)
    server.listen(port, host, () => {
      server.off('error', fail)
      resolve()
    })
  })
  return `http://${urlHost(host)}:${String((server.address() as AddressInfo).port)}`
}

function listenError(host: string, port: number, error: NodeJS.ErrnoException): Error {
  const address = `${host.includes(':') ? `[${host}]` : host}:${String(port)}`
  return new Error(
    `The emulator cannot listen: "${address}". ${reasonOf(error)} (${error.message}).`,
    { cause: error }
  )
}

function reasonOf({ code }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') {
    return 'Another process uses the port. Stop it, use another port, or use port 0 for a free one'
  }
  if (code === 'EACCES') return 'This user is not allowed to use the port. Use a port above 1023'
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return 'The host is not an address of this machine. Use 127.0.0.1, or 0.0.0.0 for all addresses'
  }
  return 'The operating system returned an error'
}

/** Returns a host for use in a URL: the loopback for a wildcard address, IPv6 addresses in brackets. */
function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
