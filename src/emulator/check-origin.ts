import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'

/**
 * Returns why a request may come from a web page of another origin, or `undefined` if it does not. Browsers send
 * `Origin` with every POST and DELETE of a script (Fetch standard, "append a request Origin header"). A page whose name
 * was rebound to this machine sends its own name as `Host`.
 *
 * @param registryHost the host of the option `--registry-host`, which is accepted too; without a port, with any port
 */
export function findForeignOrigin(
  request: IncomingMessage,
  registryHost: string | undefined
): string | undefined {
  const { host = '', origin } = request.headers
  if (!isOwnHost(host, registryHost)) {
    return `The host "${host}" is not an address of this machine. Use 127.0.0.1 or localhost, or set --registry-host.`
  }
  if (origin !== undefined && origin !== `http://${host}`) {
    return `The request comes from another origin: "${origin}". Web pages of other origins cannot use the emulator.`
  }
  return undefined
}

function isOwnHost(host: string, registryHost: string | undefined): boolean {
  const accepted = registryHost?.toLowerCase()
  const [lower, hostName] = [host.toLowerCase(), host.toLowerCase().replace(/:\d+$/, '')]
  if (lower === accepted || hostName === accepted) return true
  const name = hostName.replace(/^\[(.*)\]$/, '$1')
  if (name === 'localhost') return true
  if (isIP(name) === 0) return false
  return name.startsWith('127.') || name === '::1' || ownAddresses().has(name)
}

function ownAddresses(): ReadonlySet<string> {
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return new Set(interfaces.map(({ address }) => address.toLowerCase()))
}
