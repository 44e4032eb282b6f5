import { codeOf, messageOf, problem } from '../runner/errors.js'
import type { ActionError } from '../runner/errors.js'
import { ProxyError } from './proxy-error.js'
import { findProxy, proxyAddress } from './proxy.js'
import type { Proxy } from './proxy.js'
import { isStalled, TimeoutError } from './timeout-error.js'
import { handshakeReason, isHandshakeFailure, isUntrusted } from './tls-errors.js'
import type { TlsFailure } from './tls-errors.js'

/**
 * Creates the error for a status that a proxy answered itself.
 *
 * @param target `HOST` or `HOST:PORT` of the server behind the proxy
 */
export function proxyRefusal(proxy: Proxy, target: string, status: number): ProxyError {
  const name = nameOf(proxy)
  if (status === 407) {
    const isGiven = proxy.url.username !== '' || proxy.url.password !== ''
    const error = problem({
      what: `${name} ${isGiven ? 'refused the user name and password' : 'requires a user name and password'}`,
      value: 'HTTP status 407',
      expected: `Use ${proxy.variable}=http://USER:PASSWORD@HOST:PORT with percent-encoded special characters.`,
      fix: 'Store the URL in a secret.'
    })
    return new ProxyError(error, false)
  }
  const isTransient = status >= 500 || status === 429
  const error = problem({
    what: `${name} ${status < 300 ? 'answered' : 'refused'} the request to ${target}`,
    value: Number.isNaN(status) ? 'a response that is not HTTP' : `HTTP status ${String(status)}`,
    ...(isTransient
      ? { reason: 'The proxy is overloaded, or it cannot connect to the host.' }
      : {}),
    fix: allowOnProxyFix(target)
  })
  return new ProxyError(error, isTransient)
}

/** Creates the error for a proxy that closed the connection, or to which a connection is not possible. */
export function proxyFailure(proxy: Proxy, target: string, cause: unknown): ProxyError {
  const code = codeOf(cause)
  const name = nameOf(proxy)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const error = problem({
      what: `${name} was not found: its name cannot be resolved`,
      fix: `Correct ${proxy.variable}, or add ${target} to NO_PROXY.`
    })
    return new ProxyError(error, true)
  }
  if (isClosed(cause)) {
    const error = problem({
      what: `${name} refused the request to ${target}`,
      reason: 'It closed the connection.',
      fix: allowOnProxyFix(target)
    })
    return new ProxyError(error, true)
  }
  if (cause instanceof TimeoutError) {
    const what = `${name} did not respond to the request to ${target}`
    const error = problem(
      {
        what,
        reason: `${cause.message.replace('The server', 'It')}.`,
        fix: allowOnProxyFix(target)
      },
      cause
    )
    return new ProxyError(error, !isStalled(cause))
  }
  return new ProxyError(unreachable(proxy, target, { code, message: messageOf(cause) }), true)
}

function unreachable(proxy: Proxy, target: string, failure: TlsFailure): ActionError {
  const { code, message } = failure
  const isHandshake = isHandshakeFailure(failure)
  let fix = `Check that the proxy is running, and correct ${proxy.variable}, or add ${target} to NO_PROXY.`
  if (isUntrusted(failure)) {
    fix = 'Set NODE_EXTRA_CA_CERTS to the PEM file of the CA certificate of the proxy.'
  } else if (isHandshake) {
    fix = `If the proxy does not use TLS, begin ${proxy.variable} with http:// instead of https://.`
  }
  const text = code === undefined || message.includes(code) ? message : `${code}: ${message}`
  return problem({
    what: `A connection to ${nameOf(proxy).replace(/^T/, 't')} is not possible`,
    value: isHandshake ? `TLS: ${handshakeReason(failure)}` : text,
    fix
  })
}

/** Creates the error for a proxy that accepted CONNECT, after which the response was not TLS. */
export function nonTlsResponse(proxy: Proxy, target: string, cause: unknown): ProxyError {
  const what = `${nameOf(proxy)} accepted the connection to ${target}, but the response is not TLS`
  const reason = `The response to the TLS handshake is other data, such as HTTP or an HTML page. The usual cause is a page of the proxy, or a port of ${target} that does not support TLS.`
  const error = problem({ what, reason, fix: allowOnProxyFix(target) }, cause)
  return new ProxyError(error, true)
}

/** `https-proxy-agent` reports a closed connection without a code. */
function isClosed(cause: unknown): boolean {
  const code = codeOf(cause)
  if (code === 'ECONNRESET' || code === 'EPIPE') return true
  return code === undefined && messageOf(cause).includes('CONNECT response')
}

function nameOf(proxy: Proxy): string {
  return `The proxy ${proxyAddress(proxy)} (environment variable ${proxy.variable})`
}

/** Returns how to fix a host that a proxy does not allow. */
export function allowOnProxyFix(target: string): string {
  return `Allow ${target} on the proxy, or add it to NO_PROXY.`
}

/**
 * Returns the address and the variable of the proxy for requests to `url`, without its user name and password. Returns
 * `undefined` for a direct connection, and for a variable that is not valid, which is an error of its own.
 */
export function describeProxy(
  url: URL,
  env: Readonly<Record<string, string | undefined>>
): string | undefined {
  try {
    const proxy = findProxy(url, env)
    return proxy === undefined ? undefined : `${proxyAddress(proxy)} of ${proxy.variable}`
  } catch {
    return undefined
  }
}

/** Adds the proxy that `describeProxy` returned to the reason of an error. */
export function addUsedProxy(
  reason: string | undefined,
  proxy: string | undefined
): string | undefined {
  if (proxy === undefined) return reason
  const used = `The request used the proxy ${proxy}.`
  return reason === undefined ? used : `${reason} ${used}`
}

/** Returns the error for a response that another server than `service` sent. @param proxy of `describeProxy` */
export function otherSender(service: string, proxy: string | undefined): string {
  const by = proxy === undefined ? '' : ` (the request used the proxy ${proxy})`
  return `The response did not come from ${service}${by}`
}
