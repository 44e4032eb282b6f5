import fc from 'fast-check'
import { NO_TAG_MATCHES } from '../../../src/runner/inputs/glob.js'
import {
  compilePullRequestPatterns,
  parsePullRequestNumber
} from '../../../src/cleanup-tags/rules/pull-request-patterns.js'

const numbersIn = (pattern: string, tag: string): readonly string[] | undefined =>
  compilePullRequestPatterns([pattern])(tag)?.numbers

describe('compilePullRequestPatterns', () => {
  test.each([
    ['pr-{number}', 'pr-7', ['7']],
    ['pr-{number}', 'pr-123', ['123']],
    ['pr-{number}-*', 'pr-12-alpine3.18', ['12']],
    ['pr-{number}*', 'pr-123', ['123']],
    ['*{number}', 'pr-123', ['123']],
    ['pr{number}', 'pr12', ['12']],
    ['{pr,mr}-{number}', 'mr-3', ['3']],
    ['{number}', '15', ['15']],
    ['{number}-merge', '15-merge', ['15']],
    ['pr-{number}.{a,b}', 'pr-1.b', ['1']],
    ['*-{number}-*', 'pr-1-2-3', ['1', '2']],
    ['pr-{number}', 'pr-007', ['007']]
  ])('%s finds in %s the number %j', (pattern, tag, numbers) => {
    expect(numbersIn(pattern, tag)).toEqual(numbers)
  })

  test.each([
    ['pr-{number}', 'pr-7-alpine'],
    ['pr-{number}', 'pr-'],
    ['pr-{number}', 'pr-x7'],
    ['pr-{number}', 'xpr-7'],
    ['pr-{number}3', 'pr-123'],
    ['pr-1{number}', 'pr-123'],
    ['pr-{number}-*', 'pr-7'],
    ['PR-{number}', 'pr-7']
  ])('%s does not match %s', (pattern, tag) => {
    expect(numbersIn(pattern, tag)).toBeUndefined()
  })

  test('names the first pattern that matches', () => {
    const match = compilePullRequestPatterns(['pr-{number}-*', 'pr-{number}*'])
    expect(match('pr-7')).toEqual({ pattern: 'pr-{number}*', numbers: ['7'] })
    expect(match('pr-7-x')).toEqual({ pattern: 'pr-{number}-*', numbers: ['7'] })
  })

  test.each([
    'pr-*',
    'pr-{number}-{number}',
    '{pr-{number},x}',
    'pr-{numbers}',
    '.{number}',
    '-{number}',
    'team/pr-{number}',
    '!pr-{number}',
    'pr-[{number}]'
  ])('rejects %s', (pattern) => {
    expect(() => compilePullRequestPatterns([pattern])).toThrow(
      /^Input "closed-pull-requests" has an invalid pattern: /
    )
  })

  test.each([
    ['.{number}', NO_TAG_MATCHES],
    ['/pr-{number}/', 'This input does not accept regular expressions.'],
    ['/^pr-{number}$/i', 'This input does not accept regular expressions.'],
    ['team/pr-{number}', 'A tag cannot contain the character "/".'],
    ['!pr-{number}', 'A pattern cannot begin with "!".'],
    ['{number}-[a', 'The "[" is not closed.']
  ])('quotes the pattern %s as written, with the reason %s', (pattern, reason) => {
    expect(() => compilePullRequestPatterns([pattern])).toThrow(
      `Input "closed-pull-requests" has an invalid pattern: "${pattern}". ${reason} Use a glob such as pr-{number} or pr-{number}-*.`
    )
  })

  test('never splits a run of digits', () => {
    const token = fc.constantFrom('a', '-', '0', '1', '23', '.')
    const tag = fc.array(token, { minLength: 1, maxLength: 8 }).map((all) => all.join(''))
    fc.assert(
      fc.property(
        tag,
        fc.constantFrom('*{number}*', 'a*{number}', '{number}*', '*-{number}*'),
        (text, pattern) => {
          for (const number of numbersIn(pattern, text) ?? []) {
            expect(text.match(/\d+/g)).toContain(number)
          }
        }
      ),
      { numRuns: 500 }
    )
  })
})

describe('parsePullRequestNumber', () => {
  test.each([
    ['1', 1],
    ['2147483647', 2147483647],
    ['2147483648', undefined],
    ['0', undefined],
    ['007', undefined],
    ['99999999999', undefined]
  ])('reads %s as %s', (digits, number) => {
    expect(parsePullRequestNumber(digits)).toBe(number)
  })
})
