import { BlockList, isIP } from 'node:net'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/**
 * Returns `true` for a host on the loopback interface of this machine: 127.0.0.0/8, ::1 or `localhost`. Http without
 * TLS is allowed for these hosts only.
 *
 * @param host a host name or address with or without a port: `127.0.0.1:5111`, `[::1]:5111`, `localhost`
 */
export function isLoopback(host: string): boolean {
  const name = hostName(host)
  if (name === 'localhost') return true
  const family = isIP(name)
  return family !== 0 && LOOPBACK.check(name, family === 6 ? 'ipv6' : 'ipv4')
}

/** Returns `true` for an https URL, and for an http URL of a host on the loopback interface. */
export function isTlsOrLoopback({ protocol, host }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(host))
}

/** Returns `https://HOST`, or `http://HOST` for a host on the loopback interface. */
export function originOf(host: string): string {
  return `${isLoopback(host) ? 'http' : 'https'}://${host}`
}

function hostName(host: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(host)
  if (bracketed?.[1] !== undefined) return bracketed[1]
  const isIPv6 = host.indexOf(':') !== host.lastIndexOf(':')
  return (isIPv6 ? host : host.replace(/:\d+$/, '')).toLowerCase()
}
