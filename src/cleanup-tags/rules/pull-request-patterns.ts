import { problem } from '../../runner/errors.js'
import { compileTagGlob, MAX_PATTERN_CHARACTERS, NO_TAG_MATCHES } from '../../runner/inputs/glob.js'
import type { TextMatcher } from '../../runner/inputs/glob.js'
import { GlobSyntaxError, parseGlob } from '../../runner/inputs/parse-glob.js'

/** A tag that a pattern with `{number}` matches. */
export interface PullRequestClaim {
  /** The pattern as written in the input. */
  readonly pattern: string
  /** The numbers in the tag that can be meant, usually one. Each is a run of digits. */
  readonly numbers: readonly string[]
}

/** Returns the claim on a tag, or `undefined` if no pattern matches it. */
export type PullRequestMatcher = (tag: string) => PullRequestClaim | undefined

const PLACEHOLDER = '{number}'

/** The greatest number that GitHub's API accepts (Int of GraphQL). */
const MAX_NUMBER = 2 ** 31 - 1

/**
 * Compiles globs that contain `{number}` once. `{number}` matches a number with all its digits: `pr-{number}*` finds 123
 * in `pr-123`, and not 12.
 *
 * @throws ActionError if a pattern is not valid
 */
export function compilePullRequestPatterns(patterns: readonly string[]): PullRequestMatcher {
  const compiled = patterns.map((pattern) => ({ pattern, ...compilePattern(pattern) }))
  return (tag) => {
    const runs = [...tag.matchAll(/\d+/g)].map(({ 0: digits, index }) => ({ digits, index }))
    for (const { pattern, before, after } of compiled) {
      const numbers = runs
        .filter(({ digits, index }) => {
          return before(tag.slice(0, index)) && after(tag.slice(index + digits.length))
        })
        .map(({ digits }) => digits)
      if (numbers.length > 0) return { pattern, numbers }
    }
    return undefined
  }
}

/** Returns the number of a pull request, or `undefined` for digits that cannot be one, such as `007`. */
export function parsePullRequestNumber(digits: string): number | undefined {
  const number = /^[1-9]\d{0,9}$/.test(digits) ? Number(digits) : Infinity
  return number <= MAX_NUMBER ? number : undefined
}

function compilePattern(pattern: string): { before: TextMatcher; after: TextMatcher } {
  const what = 'Input "closed-pull-requests"'
  const [before = '', after, ...more] = pattern.split(PLACEHOLDER)
  if (after === undefined || more.length > 0 || isWithinBraces(before)) {
    throw problem({
      what: `${what} has an invalid pattern`,
      value: pattern,
      expected: `Use ${PLACEHOLDER} exactly once per pattern and outside of other braces, as in pr-${PLACEHOLDER}.`
    })
  }
  try {
    // The placeholder as a literal digit, so that a pattern such as ".{number}" is rejected as a whole.
    compileTagGlob(`${before}0${after}`, what)
    return { before: compilePart(before, what), after: compilePart(after, what) }
  } catch (error) {
    // The error quotes the text without the placeholder.
    throw problem(
      { what: `${what} has an invalid pattern`, value: pattern, ...explain(pattern) },
      error
    )
  }
}

function explain(pattern: string): { reason: string; expected: string } {
  const expected = `Use a glob such as pr-${PLACEHOLDER} or pr-${PLACEHOLDER}-*.`
  const isExpression = /^\/.*\/[a-z]*$/.test(pattern)
  if (isExpression) return { reason: 'This input does not accept regular expressions.', expected }
  if (pattern.startsWith('!')) return { reason: 'A pattern cannot begin with "!".', expected }
  const glob = pattern.replace(PLACEHOLDER, '0')
  const [stray] = /[^\w.\-*?[\]{},\\!]/u.exec(glob) ?? []
  if (stray !== undefined) {
    return { reason: `A tag cannot contain the character ${JSON.stringify(stray)}.`, expected }
  }
  return { reason: findSyntaxError(glob) ?? NO_TAG_MATCHES, expected }
}

function findSyntaxError(glob: string): string | undefined {
  if (glob.length > MAX_PATTERN_CHARACTERS) {
    return `The pattern has more than ${MAX_PATTERN_CHARACTERS} characters.`
  }
  try {
    parseGlob(glob, false)
    return undefined
  } catch (error) {
    if (error instanceof GlobSyntaxError) return error.message
    throw error
  }
}

function isWithinBraces(before: string): boolean {
  const text = before.replace(/\\./g, '')
  return text.split('{').length !== text.split('}').length
}

function compilePart(part: string, what: string): TextMatcher {
  return part === '' ? (text) => text === '' : compileTagGlob(part, what, 'part')
}
