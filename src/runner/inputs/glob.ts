import { problem } from '../errors.js'

/** Says whether a text matches as a whole. */
export type TextMatcher = (text: string) => boolean

/** One element of a glob: a run of any length, or one character that has to pass. */
type Token = 'star' | ((character: string) => boolean)

/** Alternatives that the braces of one glob may unfold to. */
const MAX_ALTERNATIVES = 1000
const MAX_PATTERN_CHARACTERS = 500

/**
 * A glob over tags: `*` (and `**`, as tags have no segments) is any run of characters, `?` is any one, `[a-z]`
 * and `[!a-z]` are sets, `{a,b}` are alternatives, `\` takes the next character literally. It matches whole tags.
 * An own matcher and not a translation to a regular expression: its time grows with the product of both
 * lengths, whatever the pattern, where `*a*a*a*…` makes a backtracking engine try for ever.
 *
 * @param what the input that holds the glob, for errors
 * @throws ActionError where no tag could ever match
 */
export function compileTagGlob(glob: string, what: string): TextMatcher {
  const refuse = (reason: string, fix?: string): never => {
    throw problem({ what: `${what} holds a glob that ${reason}`, value: glob, fix })
  }
  if (glob.length > MAX_PATTERN_CHARACTERS) {
    refuse(`is longer than ${MAX_PATTERN_CHARACTERS} characters`)
  }
  if (glob.startsWith('!')) {
    refuse('begins with !', 'give what must stay in "exclude-tags"')
  }
  const stray = /[^\w.\-*?[\]{},\\^!]/u.exec(glob)?.[0]
  if (stray !== undefined) {
    refuse(
      `holds ${JSON.stringify(stray)}, which no tag has`,
      'a regular expression stands between slashes: /^v\\d+$/'
    )
  }
  const alternatives = expandBraces(glob)
  if (alternatives === undefined) return refuse('has braces that do not close, or too many')
  const matchers = alternatives.map((alternative) => {
    const tokens = tokenize(alternative)
    return tokens === undefined ? refuse('has a set that does not close') : matcherOf(tokens)
  })
  return (text) => matchers.some((matches) => matches(text))
}

/** A pattern in which only `*` is special, as lifecycle policies have them; it matches whole texts. */
export function compileWildcards(pattern: string): TextMatcher {
  return matcherOf(Array.from(pattern, tokenOf))
}

function tokenOf(character: string): Token {
  return character === '*' ? 'star' : (candidate) => candidate === character
}

/** The texts that the braces stand for; `undefined` where they do not close or stand for too many. */
function expandBraces(glob: string): string[] | undefined {
  const open = findUnescaped(glob, '{', 0)
  if (open === -1) return findUnescaped(glob, '}', 0) === -1 ? [glob] : undefined
  const parts: string[] = []
  let depth = 0
  let start = open + 1
  for (let at = open; at < glob.length; at++) {
    const character = glob.charAt(at)
    if (character === '\\') at++
    else if (character === '{') depth++
    else if (character === ',' && depth === 1) {
      parts.push(glob.slice(start, at))
      start = at + 1
    } else if (character === '}' && --depth === 0) {
      parts.push(glob.slice(start, at))
      return unfold(glob.slice(0, open), parts, glob.slice(at + 1))
    }
  }
  return undefined
}

function unfold(head: string, parts: readonly string[], tail: string): string[] | undefined {
  const expanded: string[] = []
  for (const part of parts) {
    const texts = expandBraces(`${part}${tail}`)
    if (texts === undefined || expanded.length + texts.length > MAX_ALTERNATIVES) return undefined
    for (const text of texts) expanded.push(head + text)
  }
  return expanded
}

function findUnescaped(text: string, wanted: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '\\') at++
    else if (character === wanted) return at
  }
  return -1
}

/** The elements of a glob without braces; `undefined` where a set does not close. */
function tokenize(glob: string): Token[] | undefined {
  const tokens: Token[] = []
  for (let at = 0; at < glob.length; at++) {
    const character = glob.charAt(at)
    if (character === '*') {
      if (tokens.at(-1) !== 'star') tokens.push('star')
    } else if (character === '?') {
      tokens.push(() => true)
    } else if (character === '\\') {
      const literal = glob.charAt(++at)
      tokens.push((candidate) => candidate === literal)
    } else if (character === '[') {
      // A bracket right after the opening one (or its negation) is a member of the set.
      const first = /^[!^]/.test(glob.slice(at + 1)) ? at + 2 : at + 1
      const close = glob.indexOf(']', first + 1)
      if (close === -1) return undefined
      tokens.push(setOf(glob.slice(first, close), first === at + 2))
      at = close
    } else {
      tokens.push((candidate) => candidate === character)
    }
  }
  return tokens
}

function setOf(members: string, isNegated: boolean): Token {
  const ranges: [string, string][] = []
  for (let at = 0; at < members.length; at++) {
    const from = members.charAt(at)
    if (members.charAt(at + 1) === '-' && at + 2 < members.length) {
      ranges.push([from, members.charAt(at + 2)])
      at += 2
    } else {
      ranges.push([from, from])
    }
  }
  return (candidate) =>
    ranges.some(([from, to]) => from <= candidate && candidate <= to) !== isNegated
}

/** Matches from the left; after a mismatch only the last star can take one character more. */
function matcherOf(tokens: readonly Token[]): TextMatcher {
  return (text) => {
    let at = 0
    let token = 0
    let star = -1
    let starAt = 0
    while (at < text.length) {
      const current = tokens[token]
      if (current === 'star') {
        star = token++
        starAt = at
      } else if (current?.(text.charAt(at)) === true) {
        token++
        at++
      } else if (star !== -1) {
        token = star + 1
        at = ++starAt
      } else {
        return false
      }
    }
    while (tokens[token] === 'star') token++
    return token === tokens.length
  }
}
