/** Returns `true` if a response body begins like a JSON object or list, which an HTML page of a proxy does not. */
export function beginsJson(body: Buffer): boolean {
  return /^\s*[[{]/.test(body.toString('latin1', 0, 64))
}
