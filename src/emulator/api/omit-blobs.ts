import { isObject } from '../is-object.js'

/**
 * Returns the JSON of an input without its blobs, which are the contents of layers and logos.
 *
 * @param input the same input with blobs as buffers
 */
export function omitBlobs(json: unknown, input: unknown): unknown {
  if (!isObject(json) || !isObject(input)) return json
  const members = Object.entries(json).filter(([name]) => !Buffer.isBuffer(input[name]))
  return Object.fromEntries(members.map(([name, item]) => [name, omitBlobs(item, input[name])]))
}
