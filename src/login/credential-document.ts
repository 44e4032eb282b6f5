import { createHash } from 'node:crypto'
import { canonicalJson } from '../runner/canonical-json.js'
import { isTooDeep, MAX_JSON_DEPTH } from '../runner/json-depth.js'

/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** A JSON object. */
export type JsonObject = Record<string, Json>

/** A section of a credential file that has one entry per host. */
export type Section = 'auths' | 'credHelpers'

/**
 * The error for a text that is not a credential file. The message is a sentence without a full stop. It does not quote
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
  const document = parseJson(text)
  if (!isObject(document)) throw new CredentialDocumentError('The file is not a JSON object')
  if (isTooDeep(document)) {
    throw new CredentialDocumentError(`The JSON has more than ${MAX_JSON_DEPTH} levels`)
  }
  for (const section of ['auths', 'credHelpers'] as const) {
    const value = document[section]
    if (value !== undefined && value !== null && !isObject(value)) {
      throw new CredentialDocumentError(`The member "${section}" is not a JSON object`)
    }
  }
  return document
}

/** Parses strict JSON. The message of `JSON.parse` is dropped, because it quotes the text. */
function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    throw new CredentialDocumentError('The file is not valid JSON')
  }
}

/** Returns the value of a host in a section, or `undefined`. */
export function findValue(document: JsonObject, section: Section, host: string): Json | undefined {
  const members = document[section]
  return isObject(members) && Object.hasOwn(members, host) ? members[host] : undefined
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

/** Returns `true` for a JSON object, and `false` for an array or `null`. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
