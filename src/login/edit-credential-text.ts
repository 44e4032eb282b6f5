import {
  CredentialDocumentError,
  findValue,
  keyOf,
  meansTheSame,
  parseCredentialDocument
} from './credential-document.js'
import type { Section } from './credential-document.js'
import { isJsonObject } from '../runner/json.js'
import type { Json, JsonObject } from '../runner/json.js'

/** A change of one entry of a section: it is set to `value`, or deleted if `value` is `undefined`. */
export interface EntryEdit {
  readonly section: Section
  readonly host: string
  readonly value: Json | undefined
}

/**
 * Changes entries in the text of a credential file. The rest of the text does not change: key order, indentation and
 * the notation of numbers are kept.
 *
 * @param removableSections sections to delete if they are empty after the edits
 * @throws CredentialDocumentError if the text is malformed or has a duplicate key
 */
export async function editCredentialText(
  text: string,
  edits: readonly EntryEdit[],
  removableSections: readonly Section[] = []
): Promise<string> {
  const before = parseCredentialDocument(text)
  const expected = applyToDocument(before, edits, removableSections)
  const serialize = findSerializer(text, before)
  if (serialize !== undefined) return serialize(expected)
  const edited = await applyToText(text, edits, removableSections)
  if (meansTheSame(edited, JSON.stringify(expected))) return edited
  throw new CredentialDocumentError('The file has a duplicate key.')
}

/** Applies the edits to the parsed document. The edited text must have this value. */
function applyToDocument(
  before: JsonObject,
  edits: readonly EntryEdit[],
  removableSections: readonly Section[]
): JsonObject {
  const document = structuredClone(before)
  for (const { section, host, value } of edits) {
    const key = keyOf(document, section)
    const old = document[key]
    const members = isJsonObject(old) ? old : {}
    if (value !== undefined) document[key] = { ...members, [host]: value }
    else if (isJsonObject(old)) Reflect.deleteProperty(old, host)
  }
  for (const section of removableSections) {
    const key = keyOf(document, section)
    if (isEmptyObject(document[key])) Reflect.deleteProperty(document, key)
  }
  return document
}

/**
 * Returns a function that serializes the document with the formatting of the text, if `JSON.stringify` can produce the
 * text. Docker and podman write such files. A new file is indented with tabs, as Docker does.
 */
function findSerializer(
  text: string,
  document: JsonObject
): ((edited: JsonObject) => string) | undefined {
  const body = text.trim()
  if (body === '') return (edited) => JSON.stringify(edited, undefined, '\t')
  const indent = /^\{\n([ \t]+)"/.exec(body)?.[1]
  if (JSON.stringify(document, undefined, indent) !== body) return undefined
  const start = text.indexOf('{')
  const end = start + body.length
  return (edited) =>
    text.slice(0, start) + JSON.stringify(edited, undefined, indent) + text.slice(end)
}

/** Applies the edits to a text with any other formatting. */
async function applyToText(
  text: string,
  edits: readonly EntryEdit[],
  removableSections: readonly Section[]
): Promise<string> {
  const { setJsonMember } = await import('./json-syntax.js')
  let edited = text
  for (const { section, host, value } of edits) {
    const document = parseCredentialDocument(edited)
    if (value === undefined && findValue(document, section, host) === undefined) continue
    const key = keyOf(document, section)
    if (document[key] === null) edited = setJsonMember(edited, [key], {})
    edited = setJsonMember(edited, [key, host], value)
  }
  for (const section of removableSections) {
    const document = parseCredentialDocument(edited)
    const key = keyOf(document, section)
    if (isEmptyObject(document[key])) edited = setJsonMember(edited, [key], undefined)
  }
  return edited
}

function isEmptyObject(value: Json | undefined): boolean {
  return isJsonObject(value) && Object.keys(value).length === 0
}
