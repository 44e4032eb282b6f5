import {
  AuthDocumentError,
  findValue,
  isObject,
  meansTheSame,
  parseAuthDocument
} from './auth-document.js'
import type { Json, JsonObject, Section } from './auth-document.js'

/** One member of a section: `value` is set, or the member taken away where it is `undefined`. */
export interface Setting {
  readonly section: Section
  readonly host: string
  readonly value: Json | undefined
}

/**
 * The text with these members set or taken away, and nothing else of it changed: key order, indentation
 * and numbers stay as they are written.
 *
 * @param emptied sections that are taken away where they end up empty
 * @throws AuthDocumentError where the text cannot be edited so, such as for a key that it holds twice
 */
export async function editAuthText(
  text: string,
  settings: readonly Setting[],
  emptied: readonly Section[] = []
): Promise<string> {
  const before = parseAuthDocument(text)
  const expected = applySettings(before, settings, emptied)
  const rewrite = findRewrite(text, before)
  if (rewrite !== undefined) return rewrite(expected)
  const edited = await editInPlace(text, settings, emptied)
  if (meansTheSame(edited, JSON.stringify(expected))) return edited
  throw new AuthDocumentError('it holds a key twice')
}

/** What the text has to mean after the edit, computed on its meaning alone. */
function applySettings(
  before: JsonObject,
  settings: readonly Setting[],
  emptied: readonly Section[]
): JsonObject {
  const document = structuredClone(before)
  for (const { section, host, value } of settings) {
    const old = document[section]
    const members = isObject(old) ? old : {}
    if (value !== undefined) document[section] = { ...members, [host]: value }
    else if (isObject(old)) Reflect.deleteProperty(old, host)
  }
  for (const section of emptied) {
    if (isEmptyObject(document[section])) Reflect.deleteProperty(document, section)
  }
  return document
}

/**
 * How to write the whole text anew so that all that is not edited stays as it is: where it is written as
 * `JSON.stringify` writes it, as docker and podman do. A new file gets the tabs of docker.
 */
function findRewrite(
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

/** Edits a text that is written in a way of its own; what that takes is loaded only for it. */
async function editInPlace(
  text: string,
  settings: readonly Setting[],
  emptied: readonly Section[]
): Promise<string> {
  const { setMember } = await import('./json-text.js')
  let edited = text
  for (const { section, host, value } of settings) {
    const document = parseAuthDocument(edited)
    if (value === undefined && findValue(document, section, host) === undefined) continue
    if (document[section] === null) edited = setMember(edited, [section], {})
    edited = setMember(edited, [section, host], value)
  }
  for (const section of emptied) {
    if (isEmptyObject(parseAuthDocument(edited)[section])) {
      edited = setMember(edited, [section], undefined)
    }
  }
  return edited
}

function isEmptyObject(value: Json | undefined): boolean {
  return isObject(value) && Object.keys(value).length === 0
}
