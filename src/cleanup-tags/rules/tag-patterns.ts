import { messageOf, problem } from '../../runner/errors.js'
import { compileTagGlob } from '../../runner/inputs/glob.js'
import type { TextMatcher } from '../../runner/inputs/glob.js'

/** The pattern that a tag matches first, as written, or `undefined`. */
export type TagMatcher = (tag: string) => string | undefined

const MAX_EXPRESSION_CHARACTERS = 500

/**
 * Instructions that a regular expression may compile to. The time of a match grows with their number times the
 * length of the tag: repetitions of repetitions (`a{0,999}` a hundred times over) would make it seconds.
 */
const MAX_EXPRESSION_INSTRUCTIONS = 2000

/**
 * Compiles globs and `/regular expressions/`, both safe against patterns that take for ever.
 *
 * @param what the input that holds them, for errors
 * @throws ActionError for a pattern that cannot be used
 */
export async function compileTagPatterns(
  patterns: readonly string[],
  what: string
): Promise<TagMatcher> {
  const compiled: { readonly pattern: string; readonly matches: TextMatcher }[] = []
  for (const pattern of patterns) {
    const expression = /^\/(.+)\/([a-z]*)$/s.exec(pattern)
    const matches =
      expression === null
        ? compileTagGlob(pattern, what)
        : await compileExpression(pattern, expression[1] ?? '', expression[2] ?? '', what)
    compiled.push({ pattern, matches })
  }
  return (tag) => compiled.find(({ matches }) => matches(tag))?.pattern
}

/**
 * A regular expression in the syntax of RE2, whose time is linear in the text; found anywhere in the tag
 * unless it is anchored. Its engine is loaded only where one is given.
 */
async function compileExpression(
  pattern: string,
  source: string,
  flags: string,
  what: string
): Promise<TextMatcher> {
  const { RE2JS } = await import('re2js')
  if (!/^[iu]*$/.test(flags)) {
    throw problem({
      what: `${what} holds a regular expression with unknown flags`,
      value: pattern,
      expected: 'i (case does not matter)'
    })
  }
  let expression
  try {
    if (source.length > MAX_EXPRESSION_CHARACTERS) throw new Error('it is too long')
    expression = RE2JS.compile(
      RE2JS.translateRegExp(source),
      flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0
    )
    if (expression.programSize() > MAX_EXPRESSION_INSTRUCTIONS) {
      throw new Error('its repetitions multiply to too many steps')
    }
  } catch (error) {
    throw problem(
      {
        what: `${what} holds a regular expression that cannot be used`,
        value: pattern,
        expected: `the syntax of RE2 (${messageOf(error)})`,
        fix: 'lookaround and backreferences do not exist there: use "exclude-tags"'
      },
      error
    )
  }
  const compiled = expression
  return (tag) => compiled.test(tag)
}
