import { createHash } from 'node:crypto'
import { canonicalJson, isJsonObject, JsonError, parseJson } from '../runner/json.js'
import type { Json, JsonObject } from '../runner/json.js'

/** The members that this action reads. Docker ignores the case of their keys (Go, `encoding/json`). */
const MEMBERS = ['auths', 'credHelpers', 'credsStore'] as const

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
 * @throws CredentialDocumentError if the text is not a JSON object, if `auths` or `credHelpers` is not an object, if a
 * member exists twice in different case, or if the JSON is nested too deeply
 */
export function parseCredentialDocument(text: string): JsonObject {
  if (text.trim() === '') return {}
  const document = parseDocument(text)
  if (!isJsonObject(document)) throw new CredentialDocumentError('The file is not a JSON object.')
  for (const member of MEMBERS) {
    if (listKeys(document, member).length < 2) continue
    throw new CredentialDocumentError(`The member "${member}" exists twice, in different case.`)
  }
  for (const section of ['auths', 'credHelpers'] as const) {
    const value = document[keyOf(document, section)]
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

/** Returns the key of a member as the document spells it, or its usual spelling if the document does not have it. */
export function keyOf(document: JsonObject, member: (typeof MEMBERS)[number]): string {
  return listKeys(document, member)[0] ?? member
}

function listKeys(document: JsonObject, member: string): string[] {
  return Object.keys(document).filter((key) => key.toLowerCase() === member.toLowerCase())
}

/** Returns the value of a host in a section, or `undefined`. */
export function findValue(document: JsonObject, section: Section, host: string): Json | undefined {
  const members = document[keyOf(document, section)]
  return isJsonObject(members) && Object.hasOwn(members, host) ? members[host] : undefined
}

/** Returns the hosts of a section, including those with a path. */
export function listHosts(document: JsonObject, section: Section): string[] {
  const members = document[keyOf(document, section)]
  return isJsonObject(members) ? Object.keys(members) : []
}

/** Returns the credential store of all hosts, such as `desktop`, or `undefined`. */
export function findCredentialStore(document: JsonObject): string | undefined {
  const store = document[keyOf(document, 'credsStore')]
  return typeof store === 'string' && store !== '' ? store : undefined
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
