/** Returns `true` if a response body begins like a JSON object or list, which an HTML page of a proxy does not. */
export function beginsJson(body: Buffer): boolean {
  return /^\s*[[{]/.test(body.toString('latin1', 0, 64))
}

/**
 * Returns `true` if only the server can have sent a response: a proxy can read a request without TLS, and respond to it
 * itself with an HTML page.
 */
export function isTlsOrJson(url: URL, body: Buffer): boolean {
  return url.protocol === 'https:' || beginsJson(body)
}
