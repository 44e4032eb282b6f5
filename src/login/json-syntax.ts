import { applyEdits, modify, parseTree, printParseErrorCode } from 'jsonc-parser'
import type { FormattingOptions, ParseError } from 'jsonc-parser'
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

/**
 * Returns the first syntax error of a JSON text with its position, without quoting the text. Returns `undefined` for
 * valid JSON, and for JSON that is nested too deeply for the recursive parser.
 */
export function describeSyntaxError(text: string): string | undefined {
  const [first] = findSyntaxErrors(text)
  if (first === undefined) return undefined
  const before = text.slice(0, first.offset).split('\n')
  const column = (before.at(-1) ?? '').length + 1
  return `${printParseErrorCode(first.error)} in line ${before.length}, column ${column}`
}

function findSyntaxErrors(text: string): ParseError[] {
  const errors: ParseError[] = []
  try {
    parseTree(text, errors, { disallowComments: true, allowTrailingComma: false })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  return errors
}

/** Returns the indentation of a text, or `undefined` if it has one line. Docker indents with tabs. */
function formatOf(text: string): FormattingOptions | undefined {
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  if (!text.trim().includes('\n')) return undefined
  const indent = /\n([ \t]+)"/.exec(text)?.[1] ?? '\t'
  const insertSpaces = !indent.startsWith('\t')
  return { insertSpaces, tabSize: insertSpaces ? indent.length : 1, eol }
}
