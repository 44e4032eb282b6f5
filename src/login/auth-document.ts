import { createHash } from 'node:crypto'
import { isTooDeep, MAX_JSON_DEPTH } from '../runner/json.js'

/** A value of JSON. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** An object of JSON. */
export type JsonObject = Record<string, Json>

/** The two sections of an credential file that are kept by host. */
export type Section = 'auths' | 'credHelpers'

/** A text that is no credential file; its message says why without quoting the text, which may hold secrets. */
export class AuthDocumentError extends Error {
  override readonly name = 'AuthDocumentError'
}

/**
 * The content of an credential file. Nothing but blanks counts as an empty one.
 *
 * @throws AuthDocumentError where it is no JSON object, or `auths` or `credHelpers` is none, or it nests too deep
 */
export function parseAuthDocument(text: string): JsonObject {
  if (text.trim() === '') return {}
  const document = parseJson(text)
  if (!isObject(document)) throw new AuthDocumentError('it holds no JSON object')
  if (isTooDeep(document)) {
    throw new AuthDocumentError(`it nests deeper than ${MAX_JSON_DEPTH} levels`)
  }
  for (const section of ['auths', 'credHelpers'] as const) {
    const value = document[section]
    if (value !== undefined && value !== null && !isObject(value)) {
      throw new AuthDocumentError(`its member "${section}" is no JSON object`)
    }
  }
  return document
}

/** The value that a section has for a host, or `undefined`. */
export function findValue(document: JsonObject, section: Section, host: string): Json | undefined {
  const members = document[section]
  return isObject(members) && Object.hasOwn(members, host) ? members[host] : undefined
}

/** A digest of a value that does not depend on the order of keys; the value cannot be had back from it. */
export function digestOf(value: Json): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}

/** A digest of a text. */
export function textDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** `true` where both texts mean the same to every reader, however they are written. */
export function meansTheSame(one: string, other: string): boolean {
  return canonicalJson(parseAuthDocument(one)) === canonicalJson(parseAuthDocument(other))
}

function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, each]) => `${JSON.stringify(key)}:${canonicalJson(each)}`).join(',')}}`
}

/** Strict JSON. What JSON.parse says is left out: it quotes the text. */
function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    throw new AuthDocumentError('it is no JSON')
  }
}

/** `true` for what JSON writes in braces. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
