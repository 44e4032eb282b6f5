/** Returns `true` if a response body begins like a JSON object, which an HTML page of a proxy does not. */
export function beginsJsonObject(body: Buffer): boolean {
  return /^\s*\{/.test(body.toString('latin1', 0, 64))
}
