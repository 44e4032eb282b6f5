import fc from 'fast-check'
import {
  compileRepositoryGlob,
  compileTagGlob,
  compileWildcards,
  isGlob
} from '../../../src/runner/inputs/glob.js'
import { isTag } from '../../../src/oci/reference.js'

/** A part of a glob, from which the test creates the text and the expected matches. */
type Part =
  | { readonly kind: 'literal' | 'escaped'; readonly character: string }
  | { readonly kind: 'star' | 'globstar' | 'any' }
  | { readonly kind: 'set'; readonly isNegated: boolean; readonly members: readonly string[] }
  | { readonly kind: 'braces'; readonly alternatives: readonly (readonly Part[])[] }

function globOf(parts: readonly Part[]): string {
  return parts
    .map((part) => {
      switch (part.kind) {
        case 'literal':
          return part.character
        case 'escaped':
          return `\\${part.character}`
        case 'star':
          return '*'
        case 'globstar':
          return '**'
        case 'any':
          return '?'
        case 'set':
          return `[${part.isNegated ? '!' : ''}${part.members.join('')}]`
        case 'braces':
          return `{${part.alternatives.map(globOf).join(',')}}`
      }
    })
    .join('')
}

/** Returns all ends of a match of the parts that begins at `at`: the definition of the dialect, without an automaton. */
function endsOf(parts: readonly Part[], text: string, at: number, hasSegments: boolean): number[] {
  const [part, ...rest] = parts
  if (part === undefined) return [at]
  const continueAt = (ends: readonly number[]): number[] =>
    ends.flatMap((end) => endsOf(rest, text, end, hasSegments))
  const character = text.charAt(at)
  const fits = character !== '' && !(hasSegments && character === '/')
  switch (part.kind) {
    case 'literal':
    case 'escaped':
      return character === part.character ? continueAt([at + 1]) : []
    case 'any':
      return fits ? continueAt([at + 1]) : []
    case 'set': {
      const isMember = part.members.some((member) => {
        const [from = '', , to = from] = member
        return from <= character && character <= to
      })
      return fits && isMember !== part.isNegated ? continueAt([at + 1]) : []
    }
    case 'star':
    case 'globstar': {
      const runs = hasSegments && part.kind === 'star' ? /^[^/]*/ : /^.*/
      const longest = runs.exec(text.slice(at))?.[0].length ?? 0
      return continueAt(Array.from({ length: longest + 1 }, (_, length) => at + length))
    }
    case 'braces':
      return part.alternatives.flatMap((alternative) =>
        endsOf([...alternative, ...rest], text, at, hasSegments)
      )
  }
}

const CHARACTERS = ['a', 'b', 'c', '.', '-', '_']

function partsOf(characters: readonly string[]): fc.Arbitrary<Part[]> {
  const character = fc.constantFrom(...characters)
  const member = fc.constantFrom('a', 'c', '.', '_', 'a-b', 'b-c')
  // Adjacent stars are one element of a glob.
  const separate = (parts: readonly Part[]): Part[] =>
    parts.filter((part, at) => !(isRun(part) && isRun(parts[at - 1])))
  const { parts } = fc.letrec<{ part: Part; parts: Part[] }>((tie) => ({
    part: fc.oneof(
      { maxDepth: 2 },
      fc.record({ kind: fc.constantFrom('literal' as const, 'escaped' as const), character }),
      fc.record({ kind: fc.constantFrom('star' as const, 'globstar' as const, 'any' as const) }),
      fc.record({
        kind: fc.constant('set' as const),
        isNegated: fc.boolean(),
        members: fc.array(member, { minLength: 1, maxLength: 3 })
      }),
      fc.record({
        kind: fc.constant('braces' as const),
        alternatives: fc.array(tie('parts'), { minLength: 2, maxLength: 3 })
      })
    ),
    parts: fc.array(tie('part'), { maxLength: 4 }).map(separate)
  }))
  return parts
}

function isRun(part: Part | undefined): boolean {
  return part?.kind === 'star' || part?.kind === 'globstar'
}

function textsOf(characters: readonly string[]): fc.Arbitrary<string[]> {
  const text = fc.array(fc.constantFrom(...characters), { maxLength: 7 })
  return fc.array(
    text.map((all) => all.join('')),
    { maxLength: 4 }
  )
}

describe('a glob', () => {
  it('matches the tags that a reference implementation matches', () => {
    fc.assert(
      fc.property(partsOf(CHARACTERS), textsOf(CHARACTERS), (parts, texts) => {
        const expected = (text: string): boolean =>
          endsOf(parts, text, 0, false).includes(text.length)
        let matches: (text: string) => boolean
        try {
          matches = compileTagGlob(globOf(parts), 'Input "tags"')
        } catch (error) {
          expect(error).toMatchObject({ message: expect.stringContaining('No tag can match it') })
          if (String(error).includes('It has the alternative')) return
          for (const text of texts)
            if (isTag(text)) expect([text, expected(text)]).toEqual([text, false])
          return
        }
        for (const text of texts) expect(matches(text)).toBe(expected(text))
      }),
      { numRuns: 1000 }
    )
  })

  it.each(['.*main-ci.*', '-x*', '.a', '{.a,-b}', '[.-]*', '[!A-Za-z0-9_]*', '', '[.][a-z]?'])(
    'for tags, rejects %j because no tag can match it',
    (glob) => {
      expect(() => compileTagGlob(glob, 'Input "exclude-tags"')).toThrow(
        /^Input "exclude-tags" has an invalid pattern: .* No tag can match it: a tag begins with/
      )
    }
  )

  it.each([
    ['{latest,.*main-ci.*}', '.*main-ci.*'],
    ['{.a,b}', '.a'],
    ['{,.a}b{c,d}', '.a'],
    ['{a,{b,.c}d}*', '.c']
  ])('for tags, rejects %j because no tag can match its alternative %j', (glob, alternative) => {
    expect(() => compileTagGlob(glob, 'Input "exclude-tags"')).toThrow(
      `It has the alternative ${JSON.stringify(alternative)}. No tag can match it: a tag begins with a letter, a digit or "_", and contains only these, "." and "-". Remove it, or write a regular expression`
    )
  })

  it.each([
    '*.main-ci.*',
    '*-x*',
    '?.a',
    '*{.a,-b}',
    '{,a}{.b,c}',
    '{,a}',
    '{a,b{,-c{.d,}}}',
    '[.a-]*',
    '_',
    '[!.-]*',
    '{,a}*',
    '*'
  ])('for tags, accepts %j because a tag can match it', (glob) => {
    expect(() => compileTagGlob(glob, 'Input "exclude-tags"')).not.toThrow()
  })

  it('matches the repository names that a reference implementation matches', () => {
    const characters = [...CHARACTERS, '/']
    fc.assert(
      fc.property(partsOf(characters), textsOf(characters), (parts, texts) => {
        const matches = compileRepositoryGlob(globOf(parts))
        for (const text of texts) {
          expect(matches(text)).toBe(endsOf(parts, text, 0, true).includes(text.length))
        }
      }),
      { numRuns: 1000 }
    )
  })

  it.each([
    ['team/*', 'team/app', true],
    ['team/*', 'team/app/web', false],
    ['team/*', 'team', false],
    ['team/**', 'team/app/web', true],
    ['**', 'team/app', true],
    ['*', 'team/app', false],
    ['team?app', 'team/app', false],
    ['team[/]app', 'team/app', false],
    ['team[!a]app', 'team/app', false],
    ['team[.-0]app', 'team/app', false],
    ['{team/app,web}', 'team/app', true],
    ['team/{app,web}/*', 'team/web/x', true],
    ['[]a]x', 'ax', true],
    ['app*', 'app', true]
  ])('for repositories, %s on %s: %s', (glob, name, expected) => {
    expect(compileRepositoryGlob(glob)(name)).toBe(expected)
  })

  it('accepts any number of combinations of alternatives', () => {
    const matches = compileTagGlob('{a,b}'.repeat(60), 'Input "tags"')
    expect(matches('ab'.repeat(30))).toBe(true)
    expect(matches('ab'.repeat(30) + 'a')).toBe(false)
  })

  it.each([
    `${'*a'.repeat(200)}b`,
    `${'{*a,*a}'.repeat(70)}b`,
    `${'{'.repeat(98)}a${',*a}'.repeat(98)}b`,
    `${'{a,a*,**,?}'.repeat(45)}b`
  ])('that would exhaust a backtracking engine returns a result: %.30s', (glob) => {
    expect(compileTagGlob(glob, 'Input "tags"')('a'.repeat(300))).toBe(false)
    expect(compileRepositoryGlob(glob)('a'.repeat(205))).toBe(false)
  })

  it('matches correctly with more sets of states than it remembers', () => {
    const matches = compileTagGlob(`*a${'?'.repeat(12)}`, 'Input "tags"')
    for (let number = 0; number < 2 ** 13; number += 3) {
      const text = number.toString(2).padStart(13, '0').replaceAll('0', 'b').replaceAll('1', 'a')
      expect(matches(`b${text}`)).toBe(text.startsWith('a'))
      expect(matches(`${text}${text}`)).toBe(text.startsWith('a'))
    }
  })

  it('reads the text in one pass', () => {
    let reads = 0
    const text = {
      *[Symbol.iterator]() {
        for (let at = 0; at < 1000; at++) {
          reads++
          yield 'a'
        }
      }
    }
    compileTagGlob('*a'.repeat(200), 'Input "tags"')(text as unknown as string)
    expect(reads).toBe(1000)
  })
})

describe('an invalid glob', () => {
  it.each([
    ['!v1', 'A pattern cannot begin with "!". List the tags to keep in the input "exclude-tags".'],
    ['a{b', 'The "{" is not closed.'],
    ['a}b', 'The "}" does not have an opening "{".'],
    ['[ab', 'The "[" is not closed.'],
    ['[', 'The "[" is not closed.'],
    ['[!', 'The "[" is not closed.'],
    ['ab]', 'The "]" does not have an opening "[".'],
    ['[z-a]', 'The range "z-a" is in reverse order.'],
    ['[^a]', 'A set is negated with "!", as in [!a-z].'],
    ['a!b', 'A "!" is allowed only at the beginning of a set, as in [!a-z].'],
    ['{1..3}', 'Braces need at least two alternatives, as in {a,b}.'],
    ['a\\', 'The pattern ends with a backslash.'],
    ['a'.repeat(501), 'The pattern has more than 500 characters.'],
    ['+(a)', 'A tag cannot contain the character "+".'],
    ['@(a)', 'A tag cannot contain the character "@".'],
    ['v(1|2)', 'A tag cannot contain the character "(".']
  ])('for tags is rejected: %.20s', (glob, reason) => {
    expect(() => compileTagGlob(glob, 'Input "tags"')).toThrow(
      new RegExp(`^Input "tags" has an invalid pattern: ".*". ${escape(reason)}`)
    )
  })

  it.each([
    ['a!(b)', 'A "!" is allowed only at the beginning of a set'],
    ['+(a)*', 'A repository name cannot contain the character "+".'],
    ['{1..3}', 'Braces need at least two alternatives']
  ])('for repositories is rejected: %s', (glob, reason) => {
    expect(() => compileRepositoryGlob(glob, `host/alias/${glob}`)).toThrow(
      `Input "repository" has an invalid pattern: "host/alias/${glob}". ${reason}`
    )
  })
})

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

describe('isGlob', () => {
  it.each(['*', 'a?', '[ab]', '{a,b}', 'a\\b'])('is true for %s', (text) => {
    expect(isGlob(text)).toBe(true)
  })

  it.each(['team/app', 'a.b-c_d', '!a', 'a!b', 'a]', 'a}', '+(a)', '@(a)'])(
    'is false for %s',
    (text) => {
      expect(isGlob(text)).toBe(false)
    }
  )
})

describe('compileWildcards', () => {
  it('reads only the star as a special character', () => {
    expect(compileWildcards('a?[b]*')('a?[b]cd')).toBe(true)
    expect(compileWildcards('a?')('ab')).toBe(false)
    expect(compileWildcards('*test*1*2*3')('my-test-1-2-3')).toBe(true)
  })
})
