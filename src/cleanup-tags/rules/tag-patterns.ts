import type { RE2JS } from 're2js'
import { messageOf, problem } from '../../runner/errors.js'
import type { ActionError } from '../../runner/errors.js'
import { compileTagGlob, NO_TAG_MATCHES } from '../../runner/inputs/glob.js'
import type { TextMatcher } from '../../runner/inputs/glob.js'
import { canMatchTag } from './can-match-tag.js'
import { listAlternatives } from './list-alternatives.js'

/** The compiled patterns of one input. */
export interface TagPatterns {
  /** Returns the first pattern that matches a tag, as written in the input, or `undefined`. */
  findMatch(tag: string): string | undefined
  /** Returns the patterns that matched none of the tags that `findMatch` has received so far. */
  listUnused(): string[]
}

const MAX_EXPRESSION_CHARACTERS = 500

/**
 * The maximum number of instructions that a regular expression compiles to. The time of a match is proportional to it,
 * and nested repetitions such as `(a{0,999}){99}` multiply it.
 */
const MAX_EXPRESSION_INSTRUCTIONS = 2000

/**
 * Compiles globs and `/regular expressions/`. The time of a match is linear in the length of the tag for both.
 *
 * @param what the name of the input, for errors
 * @throws ActionError if a pattern is not valid, or if it cannot match any tag
 */
export async function compileTagPatterns(
  patterns: readonly string[],
  what: string
): Promise<TagPatterns> {
  const compiled: { readonly pattern: string; readonly matches: TextMatcher }[] = []
  for (const pattern of patterns) {
    const expression = /^\/(.+)\/([a-z]*)$/s.exec(pattern)
    const matches =
      expression === null
        ? compileTagGlob(pattern, what)
        : await compileExpression(pattern, expression[1] ?? '', expression[2] ?? '', what)
    compiled.push({ pattern, matches })
  }
  const unused = new Set(compiled)
  return {
    findMatch: (tag) => {
      for (const one of unused) if (one.matches(tag)) unused.delete(one)
      return compiled.find(({ matches }) => matches(tag))?.pattern
    },
    listUnused: () => [...unused].map(({ pattern }) => pattern)
  }
}

/** Compiles a regular expression with RE2 syntax. It matches anywhere in the tag unless it is anchored. */
async function compileExpression(
  pattern: string,
  source: string,
  flags: string,
  what: string
): Promise<TextMatcher> {
  if (!/^[iu]*$/.test(flags)) {
    throw problem({
      what: `${what} contains a regular expression with an unsupported flag`,
      value: pattern,
      expected: 'Use only the flags i (ignore case) and u.'
    })
  }
  if (source.length > MAX_EXPRESSION_CHARACTERS) {
    throw invalidExpression(
      what,
      pattern,
      `It is too long. Use at most ${MAX_EXPRESSION_CHARACTERS} characters.`
    )
  }
  // Most runs do not use regular expressions, so the engine is loaded on demand.
  const { RE2JS } = await import('re2js')
  const options = flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0
  const compile = (text: string): RE2JS => RE2JS.compile(RE2JS.translateRegExp(text), options)
  let expression: RE2JS
  try {
    expression = compile(source)
  } catch (error) {
    throw invalidExpression(what, pattern, `RE2 reports: ${messageOf(error)}.`, error)
  }
  if (expression.programSize() > MAX_EXPRESSION_INSTRUCTIONS) {
    throw invalidExpression(what, pattern, 'Its repetitions expand to too many steps.')
  }
  if (!canMatchTag(expression)) throw impossibleExpression(what, pattern)
  const useless = listAlternatives(source).find(({ variant }) => !canMatchTag(compile(variant)))
  if (useless !== undefined) throw impossibleExpression(what, pattern, useless.text)
  return (tag) => expression.test(tag)
}

/** @param alternative the alternative that does not match any tag, or `undefined` for the whole expression */
function impossibleExpression(what: string, pattern: string, alternative?: string): ActionError {
  const isPart = alternative !== undefined
  return problem({
    what: `${what} contains a regular expression ${isPart ? 'with an alternative ' : ''}that does not match any tag`,
    value: pattern,
    reason: isPart ? `It has the alternative "${alternative}". ${NO_TAG_MATCHES}` : NO_TAG_MATCHES,
    fix: isPart ? 'Correct or remove the alternative.' : undefined
  })
}

function invalidExpression(
  what: string,
  pattern: string,
  reason: string,
  cause?: unknown
): ActionError {
  return problem(
    {
      what: `${what} contains an invalid regular expression`,
      value: pattern,
      reason,
      expected: 'Use RE2 syntax, which does not support lookaround and backreferences.',
      fix: 'Use "exclude-tags" to exclude tags.'
    },
    cause
  )
}
