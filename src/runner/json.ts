import { messageOf } from './errors.js'

/** A value of JSON. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** An object of JSON. */
export type JsonObject = Record<string, Json>

/** The maximum number of nested lists and objects. Files that people and tools write have about ten levels. */
export const MAX_JSON_DEPTH = 100

/**
 * A text that is not JSON or is nested too deeply. The message is a full sentence that does not quote the text, since
 * the text can contain secrets. The cause, if there is one, quotes it.
 */
export class JsonError extends Error {
  override readonly name = 'JsonError'
}

/**
 * Parses strict JSON.
 *
 * @throws JsonError if the text is not JSON, or nests deeper than `MAX_JSON_DEPTH` levels
 */
export function parseJson(text: string): Json {
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch (error) {
    throw new JsonError('The text is not valid JSON.', { cause: error })
  }
  if (!isTooDeep(value)) return value
  throw new JsonError(`The JSON is nested deeper than ${MAX_JSON_DEPTH} levels.`)
}

/** Returns the reason for a `JsonError`, with the position of the syntax error. It can quote a part of the text. */
export function syntaxErrorOf(error: JsonError): string {
  return error.cause === undefined ? error.message : `${messageOf(error.cause)}.`
}

/** Returns `true` if the value is an object of JSON. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns the value as JSON with sorted keys and without spaces: equal values have equal texts. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (!isJsonObject(value)) return JSON.stringify(value)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, each]) => `${JSON.stringify(key)}:${canonicalJson(each)}`).join(',')}}`
}

/** Returns `true` if the lists and objects of a value nest deeper than `MAX_JSON_DEPTH` levels. */
export function isTooDeep(json: unknown): boolean {
  let level = [json]
  for (let depth = 0; depth <= MAX_JSON_DEPTH; depth++) {
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? (Object.values(value) as unknown[]) : []
    )
    if (level.length === 0) return false
  }
  return true
}
