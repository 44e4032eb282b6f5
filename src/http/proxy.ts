import { BlockList, isIP } from 'node:net'
import { problem } from '../runner/errors.js'

type Env = Readonly<Record<string, string | undefined>>

/** A proxy that the environment sets. */
export interface Proxy {
  readonly url: URL
  /** The name of the environment variable. */
  readonly variable: string
}

/**
 * Returns the proxy for requests to `url`, or `undefined` for a direct connection. Reads the variables as curl does
 * (https://curl.se/docs/manpage.html#ENVIRONMENT), and also `HTTP_PROXY`, which curl ignores because of CGI scripts.
 *
 * The order is `https_proxy` or `http_proxy`, then `all_proxy`; lower case has precedence. `no_proxy` accepts names,
 * suffixes, addresses, CIDR ranges, ports and `*`.
 *
 * @throws ActionError if the variable is not a valid http or https URL; the message omits the value (possible password)
 */
export function findProxy(url: URL, env: Env): Proxy | undefined {
  const scheme = url.protocol.slice(0, -1)
  const name = [`${scheme}_proxy`, `${scheme}_proxy`.toUpperCase(), 'all_proxy', 'ALL_PROXY'].find(
    (candidate) => env[candidate]
  )
  if (name === undefined || isExempt(url, env.no_proxy || env.NO_PROXY || '')) return undefined
  return { url: parseProxy(name, env[name] ?? ''), variable: name }
}

/** Returns `HOST:PORT` of a proxy, without its user name and password. */
export function proxyAddress({ url }: Proxy): string {
  return `${url.hostname}:${portOf(url)}`
}

/** Returns the host name or the address of a URL, an IPv6 address without brackets. */
export function hostNameOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '')
}

/** Returns the port of a URL, or the default port of its scheme. */
export function portOf({ port, protocol }: URL): string {
  return port || (protocol === 'https:' ? '443' : '80')
}

/** Returns `true` if the environment sets any proxy. */
export function hasProxy(env: Env): boolean {
  return Object.entries(env).some(([name, value]) => value && /^(?:https?|all)_proxy$/i.test(name))
}

function parseProxy(name: string, text: string): URL {
  const withScheme = text.includes('://') ? text : `http://${text}`
  const proxy = URL.parse(withScheme)
  if (proxy === null || !/^https?:$/.test(proxy.protocol) || proxy.hostname === '') {
    throw problem({
      what: `The environment variable ${name} is not a valid proxy URL`,
      expected: 'Use http://HOST:PORT or https://HOST:PORT.',
      fix: 'Correct the variable, or add the host to NO_PROXY.'
    })
  }
  checkUserInfo(name, proxy)
  return proxy
}

function checkUserInfo(name: string, { username, password, pathname, search, hash }: URL): void {
  // The user name or password ends the host part, so that the host is a part of a secret.
  if (`${pathname}${search}${hash}`.includes('@')) {
    throw problem({
      what: `The user name or password in the environment variable ${name} is not valid`,
      reason: 'It contains a "/", "\\", "?" or "#" that is not percent-encoded.',
      fix: 'Percent-encode special characters in the user name and password. Write "/" as "%2F", "\\" as "%5C", "?" as "%3F" and "#" as "%23".'
    })
  }
  try {
    decodeURIComponent(username)
    decodeURIComponent(password)
  } catch {
    throw problem({
      what: `The user name or password in the environment variable ${name} is not valid`,
      reason: 'It contains a "%" that does not begin a percent-encoded character.',
      fix: 'Percent-encode special characters in the user name and password. Write "%" as "%25".'
    })
  }
}

function isExempt(url: URL, noProxy: string): boolean {
  const [host, port] = [hostNameOf(url).toLowerCase(), portOf(url)]
  return noProxy
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => matchesEntry(entry.toLowerCase(), host, port))
}

function matchesEntry(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true
  if (entry.includes('/')) return isInRange(entry, host)
  const { name, entryPort } = splitPort(entry)
  if (entryPort !== undefined && entryPort !== port) return false
  const suffix = name.replace(/^\*?\./, '')
  return host === suffix || (isIP(host) === 0 && host.endsWith(`.${suffix}`))
}

function splitPort(entry: string): {
  readonly name: string
  readonly entryPort: string | undefined
} {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(entry)
  if (bracketed?.[1] !== undefined) return { name: bracketed[1], entryPort: bracketed[2] }
  if (isIP(entry) === 6) return { name: entry, entryPort: undefined }
  const withPort = /^(.*):(\d+)$/.exec(entry)
  return { name: withPort?.[1] ?? entry, entryPort: withPort?.[2] }
}

function isInRange(entry: string, host: string): boolean {
  const [address = '', prefix = ''] = entry.split('/')
  const family = isIP(address)
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(prefix)) return false
  const bits = Number(prefix)
  if (bits > (family === 6 ? 128 : 32)) return false
  const type = family === 6 ? 'ipv6' : 'ipv4'
  const range = new BlockList()
  range.addSubnet(address, bits, type)
  return range.check(host, type)
}
