import { applyEdits, modify } from 'jsonc-parser'
import type { FormattingOptions } from 'jsonc-parser'
import type { Json } from '../runner/json.js'

// This file is loaded on use: most credential files are valid and do not need a parser that keeps the formatting.

/**
 * Sets a member of a JSON text, or deletes it if `value` is `undefined`. The rest of the text keeps its formatting.
 */
export function setJsonMember(
  text: string,
  path: readonly string[],
  value: Json | undefined
): string {
  const formattingOptions = formatOf(text)
  const options = formattingOptions === undefined ? {} : { formattingOptions }
  return applyEdits(text, modify(text, [...path], value, options))
}

/** Returns the indentation of a text, or `undefined` if it has one line. Docker indents with tabs. */
function formatOf(text: string): FormattingOptions | undefined {
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  if (!text.trim().includes('\n')) return undefined
  const indent = /\n([ \t]+)"/.exec(text)?.[1] ?? '\t'
  const insertSpaces = !indent.startsWith('\t')
  return { insertSpaces, tabSize: insertSpaces ? indent.length : 1, eol }
}
