import fc from 'fast-check'
import { compileTagPatterns } from '../../../src/cleanup-tags/rules/tag-patterns.js'
import { compileWildcards } from '../../../src/runner/inputs/glob.js'

const matches = async (pattern: string, tag: string): Promise<boolean> =>
  (await compileTagPatterns([pattern], 'Input "tags"')).findMatch(tag) !== undefined

describe('globs over tags', () => {
  test.each([
    ['*', 'anything'],
    ['**', 'v1.2.3'],
    ['v*', 'v1.2.3'],
    ['v1.*', 'v1.2'],
    ['*-rc*', 'v1-rc2'],
    ['nightly-????', 'nightly-2026'],
    ['v[0-9]', 'v7'],
    ['v[!0-9]', 'vx'],
    ['[]a]', 'a'],
    ['v{1,2}.*', 'v2.9'],
    ['{a,b{c,d}}x', 'bdx'],
    ['v{,-alpine}', 'v'],
    ['a\\-*', 'a-b'],
    ['latest', 'latest']
  ])('%s matches %s', async (pattern, tag) => {
    expect(await matches(pattern, tag)).toBe(true)
  })

  test.each([
    ['v*', 'rev1'],
    ['v1.*', 'v12'],
    ['latest', 'latest-2'],
    ['latest', 'Latest'],
    ['nightly-????', 'nightly-26'],
    ['v[0-9]', 'v12'],
    ['v[!0-9]', 'v1'],
    ['v{1,2}.*', 'v3.1'],
    ['a?', 'a'],
    ['v1.0', 'v1x0']
  ])('%s does not match %s', async (pattern, tag) => {
    expect(await matches(pattern, tag)).toBe(false)
  })

  test.each([
    'team/app:v*',
    '!v1',
    'v 1',
    'v(1|2)',
    'a{b',
    'a}b',
    '[ab',
    'v1|v2',
    '^(v1)$',
    'v[^0-9]',
    'a\\*',
    'app/v1/',
    '/v1/-rc'
  ])('rejects %s because it cannot match any tag', async (pattern) => {
    await expect(matches(pattern, 'x')).rejects.toThrow(/^Input "tags" has an invalid pattern: /)
  })

  test('matches globs that would exhaust a backtracking engine', async () => {
    expect(await matches(`${'*a'.repeat(100)}b`, 'a'.repeat(300))).toBe(false)
    expect(await matches(`{${'*a'.repeat(50)}b,${'*a'.repeat(50)}}`, 'a'.repeat(300))).toBe(true)
  })

  test('matches like the equivalent regular expression', async () => {
    const token = fc.constantFrom('a', 'b', '.', '-', '?', '*')
    await fc.assert(
      fc.asyncProperty(
        fc.array(token, { minLength: 1, maxLength: 8 }).map((tokens) => `a${tokens.join('')}`),
        fc
          .array(fc.constantFrom('a', 'b', '.', '-'), { maxLength: 10 })
          .map((all) => `a${all.join('')}`),
        async (glob, tag) => {
          const source = glob.replace(/\./g, '\\.').replace(/\*+/g, '.*').replace(/\?/g, '.')
          expect(await matches(glob, tag)).toBe(new RegExp(`^${source}$`).test(tag))
        }
      ),
      { numRuns: 500 }
    )
  })

  test('treats only * as special in wildcards', () => {
    expect(compileWildcards('a?[b]*')('a?[b]cd')).toBe(true)
    expect(compileWildcards('a?')('ab')).toBe(false)
    expect(compileWildcards('*test*1*2*3')('my-test-1-2-3')).toBe(true)
  })
})

describe('regular expressions over tags', () => {
  test.each([
    ['/^v\\d+$/', 'v12', true],
    ['/^v\\d+$/', 'v12-rc', false],
    ['/rc/', 'v1-rc2', true],
    ['/^RC/i', 'rc1', true],
    ['/^RC/', 'rc1', false],
    ['/^(?<major>\\d+)\\.(?:0|[1-9]\\d*)$/', '1.20', true],
    ['/^(sha-)?[0-9a-f]{7,40}$/', 'sha-0123abc', true]
  ])('evaluates %s on %s as %s', async (pattern, tag, expected) => {
    expect(await matches(pattern, tag)).toBe(expected)
  })

  test.each(['^(a+)+$', '^(a|a)*$', '(.*a){20}$', '^(\\w+\\s?)*$'])(
    'matches /%s/, which would exhaust a backtracking engine',
    async (source) => {
      expect(typeof (await matches(`/${source}/`, `${'a'.repeat(299)}!`))).toBe('boolean')
    }
  )

  test.each([
    ['/(?!latest)/', /lookaround/],
    ['/(?<=v)1/', /lookaround/],
    ['/(a)\\1/', /backreferences/],
    ['/(/', /invalid regular expression: "\/\(\/"\. RE2 reports: /],
    ['/a{0,999}{9}/', /invalid regular expression/],
    [`/${'a{0,999}'.repeat(9)}/`, /too many steps/],
    [`/${'a'.repeat(501)}/`, /too long/],
    ['/a/g', /unsupported flag/]
  ])('rejects %s', async (pattern, message) => {
    await expect(matches(pattern, 'x')).rejects.toThrow(message)
  })

  test('returns the first pattern that matches', async () => {
    const matcher = await compileTagPatterns(['v*', '/^latest$/'], 'Input "exclude-tags"')
    expect(matcher.findMatch('latest')).toBe('/^latest$/')
    expect(matcher.findMatch('v1')).toBe('v*')
    expect(matcher.findMatch('other')).toBeUndefined()
  })

  test('lists the patterns that matched none of the tags, also if an earlier pattern matched', async () => {
    const patterns = await compileTagPatterns(['v*', 'v1*', 'rc-*', '/^x/'], 'Input "tags"')
    expect(patterns.listUnused()).toEqual(['v*', 'v1*', 'rc-*', '/^x/'])
    for (const tag of ['v1.2', 'latest']) patterns.findMatch(tag)
    expect(patterns.listUnused()).toEqual(['rc-*', '/^x/'])
    patterns.findMatch('xyz')
    expect(patterns.listUnused()).toEqual(['rc-*'])
  })

  test.each([
    '/^\\.rc/',
    '/^-/',
    '/refs\\/heads/',
    '/app:v1/',
    '/ rc/',
    '/a b|c d/',
    '/^$/',
    '/v1$x/',
    '/x^v1/',
    '/[^\\w.-]/',
    '/^[.-]+$/',
    '/é/i'
  ])('rejects %s because no tag can match it', async (pattern) => {
    await expect(matches(pattern, 'x')).rejects.toThrow(
      /^Input "tags" contains a regular expression that does not match any tag: ".*"\. No tag can match it: /
    )
  })

  test.each([
    ['/^(latest|\\.main.*)$/', '\\.main.*'],
    ['/^latest$|^release\\/.*$/', '^release\\/.*$'],
    ['/(a b|c)/', 'a b'],
    ['/(?i)^(?:v1|(?<branch>-x|y))$/', '-x'],
    ['/^((?i:main|feature\\/x))$/', 'feature\\/x'],
    ['/a[)|(]?b|[|]c/', '[|]c'],
    ['/v1||x^y/', 'x^y']
  ])('rejects %s because no tag can match its alternative', async (pattern, alternative) => {
    await expect(matches(pattern, 'x')).rejects.toThrow(
      `Input "tags" contains a regular expression with an alternative that does not match any tag: "${pattern}". ` +
        `It has the alternative "${alternative}". No tag can match it: `
    )
  })

  test.each([
    '/\\.rc/',
    '/-/',
    '/^[.-]*/',
    '/$/',
    '/^/',
    '/^(?:\\.|v)1/',
    '/\\bv1\\b/',
    '/^V1$/i',
    '/./',
    '/[^a]/',
    '/v1(\\+|-|$)/',
    '/^(\\d|\\.)+$/',
    '/^$|^v1$/',
    '/[|. ]v1|v2/',
    '/v1\\|?/',
    '/\\Qv|\\E?1|2/',
    '/^.$/',
    '/\\p{L}/u',
    '/^v{3}$/'
  ])('accepts %s because a tag can match it', async (pattern) => {
    await expect(matches(pattern, 'x')).resolves.toBeDefined()
  })

  test('accepts every expression that matches some tag', async () => {
    const token = fc.constantFrom(
      'a',
      '\\.',
      '-',
      '^',
      '$',
      '.',
      '[.-]',
      '[^a]',
      '(?:',
      '|',
      ')',
      '*',
      '+',
      ' ',
      '\\b',
      'é'
    )
    const tags = ['a', 'b', 'a.', 'a-', 'a-.', 'b.a', 'aa', '_-a', 'a.a-b']
    await fc.assert(
      fc.asyncProperty(fc.array(token, { minLength: 1, maxLength: 6 }), async (tokens) => {
        const source = tokens.join('')
        let expression: RegExp
        try {
          expression = new RegExp(source)
        } catch {
          return
        }
        fc.pre(tags.some((tag) => expression.test(tag)))
        const message = await matches(`/${source}/`, 'x').then(() => '', String)
        expect(message).not.toContain('expression that does not match any tag')
      }),
      { numRuns: 500 }
    )
  })
})
