import { createHash } from 'node:crypto'
import { applyEdits, modify, parseTree, printParseErrorCode } from 'jsonc-parser'
import type { FormattingOptions, ParseError } from 'jsonc-parser'
import { isTooDeep, MAX_JSON_DEPTH } from '../json-depth.js'

/** A value of JSON. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** An object of JSON. */
export type JsonObject = Record<string, Json>

/** The two sections of an auth file that are kept by host. */
export type Section = 'auths' | 'credHelpers'

/** One member of a section: `value` is set, or the member taken away where it is `undefined`. */
export interface Setting {
  readonly section: Section
  readonly host: string
  readonly value: Json | undefined
}

/** A text that is no auth file; its message says why without quoting the text, which may hold secrets. */
export class AuthDocumentError extends Error {
  override readonly name = 'AuthDocumentError'
}

/**
 * The content of an auth file. Nothing but blanks counts as an empty one.
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

/**
 * The text with these members set or taken away, and nothing else of it changed: key order, indentation
 * and numbers stay as they are written.
 *
 * @param emptied sections that are taken away where they end up empty
 * @throws AuthDocumentError where the text cannot be edited so, such as for a key that it holds twice
 */
export function editAuthText(
  text: string,
  settings: readonly Setting[],
  emptied: readonly Section[] = []
): string {
  const expected = applySettings(parseAuthDocument(text), settings, emptied)
  let edited = text.trim() === '' ? '{}' : text
  const formattingOptions = formatOf(text)
  const set = (path: readonly string[], value: Json | undefined): void => {
    const options = formattingOptions === undefined ? {} : { formattingOptions }
    edited = applyEdits(edited, modify(edited, [...path], value, options))
  }
  for (const { section, host, value } of settings) {
    const document = parseAuthDocument(edited)
    if (value === undefined && findValue(document, section, host) === undefined) continue
    if (document[section] === null) set([section], {})
    set([section, host], value)
  }
  for (const section of emptied) {
    if (isEmptyObject(parseAuthDocument(edited)[section])) set([section], undefined)
  }
  if (canonicalJson(parseAuthDocument(edited)) === canonicalJson(expected)) return edited
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

/** Strict JSON; where it is none, the place is told, and not what is written there. */
function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    const first = findSyntaxError(text)
    if (first === undefined) throw new AuthDocumentError('it is no JSON')
    const before = text.slice(0, first.offset).split('\n')
    const column = (before.at(-1) ?? '').length + 1
    throw new AuthDocumentError(
      `it is no JSON: ${printParseErrorCode(first.error)} in line ${before.length}, column ${column}`
    )
  }
}

/** The first fault; `undefined` also where the text nests deeper than the parser, which recurses, can follow. */
function findSyntaxError(text: string): ParseError | undefined {
  const errors: ParseError[] = []
  try {
    parseTree(text, errors, { disallowComments: true, allowTrailingComma: false })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  return errors[0]
}

/** How the text is indented; `undefined` where it is all on one line, and stays so. Docker indents by tabs. */
function formatOf(text: string): FormattingOptions | undefined {
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  if (text.trim() === '') return { insertSpaces: false, tabSize: 1, eol }
  if (!text.trim().includes('\n')) return undefined
  const indent = /\n([ \t]+)"/.exec(text)?.[1] ?? '\t'
  const insertSpaces = !indent.startsWith('\t')
  return { insertSpaces, tabSize: insertSpaces ? indent.length : 1, eol }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isEmptyObject(value: Json | undefined): boolean {
  return isObject(value) && Object.keys(value).length === 0
}
