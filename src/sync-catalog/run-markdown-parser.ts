import { createContext, runInContext } from 'node:vm'
import { codeOf, problem } from '../runner/errors.js'
import { limitMemory } from '../runner/limit-memory.js'
import { TooComplexText } from './markdown/check-nesting.js'
import type { Steps } from './markdown/steps.js'
import { UndecodableText } from './markdown/decode-text.js'

/** The time limit for one text, in seconds. The longest real texts take a few seconds on a slow runner. */
const MAX_SECONDS = 60

/** The number of steps before garbage can be collected. A step parses about 1 kB. */
const STEPS_PER_SLICE = 32

/**
 * The size of heap and buffers in bytes from which garbage is collected. Live objects need about 20 MiB, and parsing a README
 * creates much more garbage than its texts have characters.
 */
export const PARSER_MEMORY_BYTES = 44 * 1024 * 1024

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

/**
 * Runs steps as `runMarkdownParser` runs a function, with a time limit for all of them. A long text needs several times as
 * much memory as its tree, so garbage is collected between the steps.
 */
export async function runMarkdownSteps<T>(
  path: string,
  input: string,
  steps: Steps<T>,
  maxMilliseconds = MAX_SECONDS * 1000
): Promise<T> {
  const deadline = performance.now() + maxMilliseconds
  const runSlice = (): IteratorResult<undefined, T> => {
    if (performance.now() > deadline) throw new TooComplexText(describeTimeLimit(maxMilliseconds))
    for (let count = 1; count < STEPS_PER_SLICE; count++) {
      const result = steps.next()
      if (result.done === true) return result
    }
    return steps.next()
  }
  for (;;) {
    const result = runMarkdownParser(path, input, runSlice, maxMilliseconds)
    if (result.done === true) return result.value
    await limitMemory(PARSER_MEMORY_BYTES)
  }
}

/** Returns why a text is too complex, or `undefined` if the error has another cause. */
function findComplexity(error: unknown, maxMilliseconds: number): string | undefined {
  if (error instanceof TooComplexText) return error.message
  if (error instanceof RangeError) return 'Its blocks are nested too deep.'
  if (codeOf(error) !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined
  return describeTimeLimit(maxMilliseconds)
}

function describeTimeLimit(maxMilliseconds: number): string {
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
