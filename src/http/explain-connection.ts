import { codeOf, messageOf } from '../runner/errors.js'
import type { Problem } from '../runner/errors.js'
import { handshakeReason, isHandshakeFailure, isNotTls, isUntrusted } from './tls-errors.js'
import type { TlsFailure } from './tls-errors.js'

/**
 * Explains why a connection to a server failed, or why its response is not HTTP. Returns `undefined` for lost connections
 * and other errors. A `ProxyError` explains the errors of a proxy.
 *
 * @param server the host of the server, with its port if it is known
 * @param fix how to fix a host that cannot be reached
 */
export function explainConnection(
  failure: TlsFailure,
  server: string,
  fix: string
): Problem | undefined {
  const { code, message } = failure
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return {
      what: 'The name of the host cannot be resolved',
      value: server,
      reason: 'The name does not exist in DNS, or the DNS server does not respond.',
      fix
    }
  }
  if (code === 'ECONNREFUSED') {
    return { what: 'The host refused the connection', value: server, fix }
  }
  if (code?.startsWith('HPE_') === true) {
    return {
      what: 'The response is not HTTP',
      value: message,
      reason: 'The usual cause is a proxy or firewall that blocks the host, or a wrong port.',
      fix
    }
  }
  return explainTls(failure, server)
}

function explainTls(failure: TlsFailure, server: string): Problem | undefined {
  if (isNotTls(failure)) {
    return {
      what: 'The server does not support TLS',
      value: server,
      reason: 'It answered the TLS handshake with other data, such as HTTP or an HTML page.',
      fix: 'Check the host and port. For an emulator without TLS on the loopback interface, use http:// instead of https://.'
    }
  }
  if (isHandshakeFailure(failure)) {
    return {
      what: 'The TLS handshake with the server failed',
      value: `${server}: ${handshakeReason(failure)}`,
      reason:
        'The usual cause is a proxy or firewall that inspects TLS connections, or a server that does not support TLS 1.2.',
      fix: 'Check the endpoint and the proxy.'
    }
  }
  return explainCertificate(failure, `${server}: ${String(failure.code)}: ${failure.message}`)
}

function explainCertificate(failure: TlsFailure, value: string): Problem | undefined {
  if (isUntrusted(failure)) {
    return {
      what: 'The server certificate is not trusted (unknown issuer)',
      value,
      reason: 'The usual cause is a proxy that decrypts TLS connections.',
      fix: 'Set NODE_EXTRA_CA_CERTS to the PEM file of its CA certificate.'
    }
  }
  if (failure.code === 'CERT_HAS_EXPIRED' || failure.code === 'CERT_NOT_YET_VALID') {
    return {
      what: 'The server certificate is expired or not valid yet',
      value,
      fix: 'Check the clock of the runner, then the certificate.'
    }
  }
  if (failure.code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return {
      what: 'The server certificate belongs to another host',
      value,
      fix: 'Check the endpoint, the proxy and the DNS records.'
    }
  }
  return undefined
}

/** Returns how to fix a host that cannot be reached. */
export function allowFix(host: string): string {
  return `Allow the runner to connect to ${host}, or set HTTPS_PROXY to a proxy.`
}

/** Why a request does not have a response, as sentences for an error message. */
export interface ConnectionReason {
  readonly reason: string
  readonly fix: string | undefined
}

/**
 * Describes any error of a request for an error message that already names the server.
 *
 * @param server the host of the server, with its port if it is known
 */
export function describeFailure(error: unknown, server: string): ConnectionReason {
  const message = messageOf(error)
  const found = explainConnection({ code: codeOf(error), message }, server, allowFix(server))
  if (found === undefined) return { reason: `The request failed: ${message}.`, fix: undefined }
  const { what, value, reason } = found
  const quoted = value === undefined || value === server ? '' : `: "${value}"`
  const sentences = [`${what}${quoted}.`, ...(reason === undefined ? [] : [reason])]
  return { reason: sentences.join(' '), fix: found.fix }
}
