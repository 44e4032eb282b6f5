import type { IncomingHttpHeaders } from 'node:http'
import { proxyRefusal } from './explain-proxy.js'
import { isTlsOrJson } from './json-body.js'
import { findProxy } from './proxy.js'

/** A response with its whole body. */
export interface ReceivedResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Returns `false` if a proxy must have sent the response. */
export type IsGenuine = (response: ReceivedResponse) => boolean

/**
 * Checks that a proxy did not send the response itself. By default, this is assumed of an error without a JSON body in
 * response to a request without TLS, which the proxy can read. A tunnel is refused before the request is sent.
 *
 * @throws ProxyError if a proxy sent the response
 */
export function checkSender(
  response: ReceivedResponse,
  { url, isGenuine }: Readonly<{ url: URL; isGenuine?: IsGenuine | undefined }>,
  env: Readonly<Record<string, string | undefined>>
): void {
  const { status } = response
  const isOfServer = isGenuine?.(response) ?? (status < 400 || isTlsOrJson(url, response.body))
  if (isOfServer && status !== 407) return
  const proxy = findProxy(url, env)
  if (proxy !== undefined) throw proxyRefusal(proxy, url.host, status)
}
