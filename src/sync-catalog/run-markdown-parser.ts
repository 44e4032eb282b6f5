import { createContext, runInContext } from 'node:vm'
import { codeOf, problem } from '../runner/errors.js'
import { TooComplexText } from './markdown/check-nesting.js'
import { UndecodableText } from './markdown/decode-text.js'

/** The time limit for one text, in seconds. The longest real texts take a few seconds on a slow runner. */
const MAX_SECONDS = 60

/**
 * Runs a function that parses the text of a Markdown file, with a time limit. Hostile texts keep the parser busy for
 * hours, and the process could not even handle a cancellation meanwhile.
 *
 * @param input the name of the input that names the file, for errors
 * @param parse is interrupted after `maxMilliseconds`
 * @throws ActionError if the file is not UTF-8 text or is too complex for the parser
 */
export function runMarkdownParser<T>(
  path: string,
  input: string,
  parse: () => T,
  maxMilliseconds = MAX_SECONDS * 1000
): T {
  try {
    return runWithTimeLimit(parse, maxMilliseconds)
  } catch (error) {
    if (error instanceof UndecodableText) {
      throw problem(
        {
          what: `Input "${input}" names a file that is not UTF-8 text`,
          value: path,
          reason: error.message,
          fix: 'Save the file as UTF-8.'
        },
        error
      )
    }
    const reason = findComplexity(error, maxMilliseconds)
    if (reason === undefined) throw error
    throw problem(
      {
        what: `Input "${input}" names a Markdown file that is too complex`,
        value: path,
        reason,
        fix: 'Simplify the file, or set "about" and "usage" to other files.'
      },
      error
    )
  }
}

/** Returns why a text is too complex, or `undefined` if the error has another cause. */
function findComplexity(error: unknown, maxMilliseconds: number): string | undefined {
  if (error instanceof TooComplexText) return error.message
  if (error instanceof RangeError) return 'Its blocks are nested too deep.'
  if (codeOf(error) !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined
  return `Parsing it takes more than ${maxMilliseconds / 1000} seconds.`
}

/** A context takes 0.2 MiB until the garbage collector removes it, so all texts share one. */
const sandbox: { parse?: (() => unknown) | undefined } = createContext({})

/** Uses `node:vm`, since only a function that a script of it calls can be interrupted. */
function runWithTimeLimit<T>(parse: () => T, maxMilliseconds: number): T {
  sandbox.parse = parse
  try {
    return runInContext('parse()', sandbox, { timeout: maxMilliseconds }) as T
  } finally {
    sandbox.parse = undefined
  }
}
