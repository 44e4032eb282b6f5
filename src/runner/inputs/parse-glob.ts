/** Returns `true` if a character is accepted at this place. */
export type CharacterTest = (character: string) => boolean

/** One element of a glob. */
export type GlobElement =
  | { readonly kind: 'one'; readonly accepts: CharacterTest }
  | { readonly kind: 'run'; readonly accepts: CharacterTest }
  | { readonly kind: 'alternatives'; readonly alternatives: readonly GlobAlternative[] }

/** An alternative of a glob, and its text. */
export interface GlobAlternative {
  readonly text: string
  readonly elements: readonly GlobElement[]
}

/** A glob that cannot be parsed. The message is a full sentence. */
export class GlobSyntaxError extends Error {
  override readonly name = 'GlobSyntaxError'
}

const UNCLOSED_SET = 'The "[" is not closed.'
const ANY: CharacterTest = () => true
const NOT_SLASH: CharacterTest = (character) => character !== '/'

/**
 * Parses a glob: `*`, `**`, `?`, `[a-z]`, `[!a-z]`, `{a,b}` and `\`. In a glob with segments, only `**` and a literal
 * `/` match a slash.
 *
 * @throws GlobSyntaxError if a set or a brace is not closed, or a special character is at a wrong place
 */
export function parseGlob(glob: string, hasSegments: boolean): readonly GlobElement[] {
  return new GlobParser(glob, hasSegments).parse()
}

class GlobParser {
  private at = 0
  private readonly withinSegment: CharacterTest

  constructor(
    private readonly glob: string,
    hasSegments: boolean
  ) {
    this.withinSegment = hasSegments ? NOT_SLASH : ANY
  }

  parse(): GlobElement[] {
    const elements = this.parseSequence('')
    const stray = this.glob.charAt(this.at)
    if (stray === '') return elements
    throw new GlobSyntaxError(`The "${stray}" does not have an opening "{".`)
  }

  /** Parses up to the end, or to one of the characters in `terminators`. */
  private parseSequence(terminators: string): GlobElement[] {
    const elements: GlobElement[] = []
    while (this.at < this.glob.length) {
      const character = this.glob.charAt(this.at)
      if (character === '}' || terminators.includes(character)) break
      elements.push(this.parseElement(character))
    }
    return elements
  }

  private parseElement(character: string): GlobElement {
    switch (character) {
      case '*':
        return this.parseStars()
      case '?':
        this.at++
        return { kind: 'one', accepts: this.withinSegment }
      case '[':
        return this.parseSet()
      case '{':
        return this.parseBraces()
      case ']':
        throw new GlobSyntaxError('The "]" does not have an opening "[".')
      case '!':
        throw new GlobSyntaxError('A "!" is allowed only at the beginning of a set, as in [!a-z].')
      default: {
        const literal = this.takeCharacter()
        return { kind: 'one', accepts: (candidate) => candidate === literal }
      }
    }
  }

  private parseStars(): GlobElement {
    const start = this.at
    while (this.glob.charAt(this.at) === '*') this.at++
    return { kind: 'run', accepts: this.at - start > 1 ? ANY : this.withinSegment }
  }

  private parseBraces(): GlobElement {
    const alternatives: GlobAlternative[] = []
    do {
      const start = ++this.at
      const elements = this.parseSequence(',')
      alternatives.push({ text: this.glob.slice(start, this.at), elements })
    } while (this.glob.charAt(this.at) === ',')
    if (this.at++ === this.glob.length) throw new GlobSyntaxError('The "{" is not closed.')
    if (alternatives.length > 1) return { kind: 'alternatives', alternatives }
    throw new GlobSyntaxError('Braces need at least two alternatives, as in {a,b}.')
  }

  private parseSet(): GlobElement {
    this.at++
    const isNegated = this.glob.charAt(this.at) === '!'
    if (isNegated) this.at++
    if (this.glob.charAt(this.at) === '^') {
      throw new GlobSyntaxError('A set is negated with "!", as in [!a-z].')
    }
    if (this.at === this.glob.length) throw new GlobSyntaxError(UNCLOSED_SET)
    const ranges: [string, string][] = []
    // A "]" at the first place is a member of the set, as in a POSIX bracket expression.
    do ranges.push(this.parseRange())
    while (this.at < this.glob.length && this.glob.charAt(this.at) !== ']')
    if (this.at++ === this.glob.length) throw new GlobSyntaxError(UNCLOSED_SET)
    const { withinSegment } = this
    const isMember: CharacterTest = (candidate) =>
      ranges.some(([from, to]) => from <= candidate && candidate <= to)
    return {
      kind: 'one',
      accepts: (candidate) => withinSegment(candidate) && isMember(candidate) !== isNegated
    }
  }

  private parseRange(): [string, string] {
    const from = this.takeCharacter()
    const next = this.glob.charAt(this.at + 1)
    if (this.glob.charAt(this.at) !== '-' || next === ']' || next === '') return [from, from]
    this.at++
    const to = this.takeCharacter()
    if (from <= to) return [from, to]
    throw new GlobSyntaxError(`The range "${from}-${to}" is in reverse order.`)
  }

  /** Returns the next literal character, which a backslash can precede. */
  private takeCharacter(): string {
    if (this.glob.charAt(this.at) === '\\') this.at++
    const character = this.glob.charAt(this.at)
    if (character === '') throw new GlobSyntaxError('The pattern ends with a backslash.')
    this.at++
    return character
  }
}
