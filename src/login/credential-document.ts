import { createHash } from 'node:crypto'
import { canonicalJson, isJsonObject, JsonError, parseJson } from '../runner/json.js'
import type { Json, JsonObject } from '../runner/json.js'

/** A section of a credential file that has one entry per host. */
export type Section = 'auths' | 'credHelpers'

/**
 * The error for a text that is not a credential file. The message is a full sentence. It does not quote
 * the text, because the text can contain secrets.
 */
export class CredentialDocumentError extends Error {
  override readonly name = 'CredentialDocumentError'
}

/**
 * Parses the text of a credential file. An empty or blank text is an empty document.
 *
 * @throws CredentialDocumentError if the text is not a JSON object, if `auths` or `credHelpers` is not an object, or if
 * the JSON is nested too deeply
 */
export function parseCredentialDocument(text: string): JsonObject {
  if (text.trim() === '') return {}
  const document = parseDocument(text)
  if (!isJsonObject(document)) throw new CredentialDocumentError('The file is not a JSON object.')
  for (const section of ['auths', 'credHelpers'] as const) {
    const value = document[section]
    if (value !== undefined && value !== null && !isJsonObject(value)) {
      throw new CredentialDocumentError(`The member "${section}" is not a JSON object.`)
    }
  }
  return document
}

function parseDocument(text: string): Json {
  try {
    return parseJson(text)
  } catch (error) {
    // The cause of the error quotes the text, so it is dropped.
    throw error instanceof JsonError ? new CredentialDocumentError(error.message) : error
  }
}

/** Returns the value of a host in a section, or `undefined`. */
export function findValue(document: JsonObject, section: Section, host: string): Json | undefined {
  const members = document[section]
  return isJsonObject(members) && Object.hasOwn(members, host) ? members[host] : undefined
}

/** Returns the SHA-256 of a value. It does not depend on the order of keys. */
export function digestOf(value: Json): string {
  return textDigest(canonicalJson(value))
}

/** Returns the SHA-256 of a text. */
export function textDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Returns `true` if both texts have the same JSON value, regardless of formatting and key order. */
export function meansTheSame(one: string, other: string): boolean {
  return (
    canonicalJson(parseCredentialDocument(one)) === canonicalJson(parseCredentialDocument(other))
  )
}
