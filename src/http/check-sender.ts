import { findProxy, hasProxy } from './proxy.js'
import type { BoundedRequest, BufferedResponse } from './request-sender.js'

/**
 * Checks that a proxy did not send the response itself. By default, this is assumed of an error without a JSON body in
 * response to a request without TLS, which the proxy can read. A tunnel is refused before the request is sent.
 *
 * @throws ProxyError if a proxy sent the response
 */
export async function checkSender(
  response: Omit<BufferedResponse, 'reason'>,
  { url, isGenuine = hasJson }: Pick<BoundedRequest, 'url' | 'isGenuine'>,
  env: Readonly<Record<string, string | undefined>>
): Promise<void> {
  const { status } = response
  if (status < 300 || !hasProxy(env)) return
  const isOfServer = (isGenuine === hasJson && url.protocol === 'https:') || isGenuine(response)
  if (isOfServer && status !== 407) return
  const proxy = findProxy(url, env)
  if (proxy === undefined) return
  const { proxyRefusal } = await import('./proxy-error.js')
  throw proxyRefusal(proxy, url.host, status)
}

function hasJson({ status, body }: Omit<BufferedResponse, 'reason'>): boolean {
  return status < 400 || /^\s*[[{]/.test(body.toString('latin1', 0, 64))
}
