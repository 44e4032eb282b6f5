import { ActionError, codeOf, messageOf } from '../runner/errors.js'
import { nonTlsResponse, proxyFailure, proxyRefusal } from './explain-proxy.js'
import { findProxy } from './proxy.js'
import { TimeoutError } from './timeout-error.js'
import { isNotTls } from './tls-errors.js'

/**
 * Returns an error that names the proxy if the proxy closed the connection, did not respond, or answered with data that
 * is not TLS or HTTP. The agent reports all other errors of a proxy.
 */
export function attributeToProxy(
  error: unknown,
  url: URL,
  env: Readonly<Record<string, string | undefined>>
): unknown {
  if (error instanceof ActionError) return error
  const failure = { code: codeOf(error), message: messageOf(error) }
  const isForwarded = url.protocol === 'http:'
  const isNotHttp = isForwarded && failure.code?.startsWith('HPE_') === true
  const isOtherData = isNotTls(failure)
  const isOfPeer =
    error instanceof TimeoutError
      ? error.isConnecting || isForwarded
      : failure.code === 'ECONNRESET' &&
        // After the TLS handshake, only the server can have closed a tunnel in an orderly way.
        (isForwarded || failure.message.includes('before secure TLS'))
  if (!isNotHttp && !isOtherData && !isOfPeer) return error
  const proxy = findProxy(url, env)
  if (proxy === undefined) return error
  if (isNotHttp) return proxyRefusal(proxy, url.host, NaN)
  return isOtherData ? nonTlsResponse(proxy, url.host, error) : proxyFailure(proxy, url.host, error)
}
