import { parseTree, printParseErrorCode } from 'jsonc-parser'
import type { ParseError } from 'jsonc-parser'

/**
 * Returns the first syntax error of a JSON text with its position, without quoting the text. Returns `undefined` for
 * valid JSON, and for JSON that is nested too deeply for the recursive parser.
 */
export function describeSyntaxError(text: string): string | undefined {
  const [first] = findSyntaxErrors(text)
  if (first === undefined) return undefined
  const before = text.slice(0, first.offset).split('\n')
  const column = (before.at(-1) ?? '').length + 1
  // The parser has names such as ValueExpected.
  const words = printParseErrorCode(first.error).replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
  return `${words.toLowerCase()} in line ${before.length}, column ${column}`
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
