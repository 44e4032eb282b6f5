import { runInNewContext } from 'node:vm'
import { TooIntricateText } from './markdown/check-nesting.js'
import { UndecodableText } from './decode-text.js'
import { codeOf, problem } from '../runner/errors.js'

/** How long one text may take: the longest that people write take a few seconds on a slow runner. */
const MAX_SECONDS = 60

/**
 * What `read` makes of a Markdown file, with an end to it: some texts, written to that end, would keep the
 * parser busy for hours, and nothing else of the process, a cancellation least of all, has its turn meanwhile.
 *
 * @param read is ended after `maxMilliseconds`
 * @throws ActionError where the file is no text, or one that the parser cannot cope with
 */
export function readText<T>(
  path: string,
  input: string,
  read: () => T,
  maxMilliseconds = MAX_SECONDS * 1000
): T {
  try {
    return runBounded(read, maxMilliseconds)
  } catch (error) {
    if (error instanceof UndecodableText) {
      throw problem(
        {
          what: `Input "${input}" names a file that is no Markdown text in UTF-8`,
          value: path,
          expected: error.message,
          fix: 'save it as UTF-8'
        },
        error
      )
    }
    const reason = reasonOf(error, maxMilliseconds)
    if (reason === undefined) throw error
    throw problem(
      {
        what: `Input "${input}" names a file whose Markdown is too intricate to be read`,
        value: path,
        expected: reason,
        fix: `simplify it, or give other files as "about" and "usage"`
      },
      error
    )
  }
}

function reasonOf(error: unknown, maxMilliseconds: number): string | undefined {
  if (error instanceof TooIntricateText) return error.message
  if (error instanceof RangeError) return 'its blocks nest too deep'
  if (codeOf(error) !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined
  return `it takes more than ${maxMilliseconds / 1000} s to parse`
}

/** Only what a script of `node:vm` calls can be ended while it runs. */
function runBounded<T>(read: () => T, maxMilliseconds: number): T {
  return runInNewContext('read()', { read }, { timeout: maxMilliseconds }) as T
}
