import { applyEdits, modify, parseTree, printParseErrorCode } from 'jsonc-parser'
import type { FormattingOptions, ParseError } from 'jsonc-parser'
import type { Json } from './auth-document.js'

/** The text of a JSON object with a member set, or taken away where `value` is `undefined`; the rest stays as it is written. */
export function setMember(text: string, path: readonly string[], value: Json | undefined): string {
  const formattingOptions = formatOf(text)
  const options = formattingOptions === undefined ? {} : { formattingOptions }
  return applyEdits(text, modify(text, [...path], value, options))
}

/**
 * What is wrong in a text that is no strict JSON, and where, without quoting it; `undefined` where nothing is, and also
 * where it nests deeper than the parser, which recurses, can follow.
 */
export function describeSyntaxFault(text: string): string | undefined {
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

/** How the text is indented; `undefined` where it is all on one line, and stays so. Docker indents by tabs. */
function formatOf(text: string): FormattingOptions | undefined {
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  if (!text.trim().includes('\n')) return undefined
  const indent = /\n([ \t]+)"/.exec(text)?.[1] ?? '\t'
  const insertSpaces = !indent.startsWith('\t')
  return { insertSpaces, tabSize: insertSpaces ? indent.length : 1, eol }
}
