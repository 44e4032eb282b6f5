import { listAlternatives } from '../../../src/cleanup-tags/rules/list-alternatives.js'

describe('listAlternatives', () => {
  test('lists alternatives at any depth with the expression of each', () => {
    expect(listAlternatives('^(?:a|(?<n>b|c))$')).toEqual([
      { text: 'a', variant: '^(?:a)$' },
      { text: '(?<n>b|c)', variant: '^(?:(?<n>b|c))$' },
      { text: 'b', variant: '^(?:(?<n>b))$' },
      { text: 'c', variant: '^(?:(?<n>c))$' }
    ])
  })

  test.each(['v1', 'v(1|2)', '(a|b)+', '(a|b)?c', '\\(a\\|b\\)', '[(a|b)]', '\\Qa|b\\E', '^|$'])(
    'lists nothing for %s, whose alternatives are not patterns of their own',
    (source) => {
      expect(listAlternatives(source)).toEqual([])
    }
  )
})
