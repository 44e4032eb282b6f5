import fc from 'fast-check'
import { parseList } from '../../../src/runner/inputs/parse-list.js'

describe('parseList', () => {
  it.each([
    ['a\nb', ['a', 'b']],
    ['a, b,c', ['a', 'b', 'c']],
    ['a\r\n\r\n  # comment, with comma\n b ', ['a', 'b']],
    ['a,,b,', ['a', 'b']],
    ['v{1,2}.*, x', ['v{1,2}.*', 'x']],
    ['v{1,x', ['v{1', 'x']],
    ['/^v\\d{1,3}$/, latest', ['/^v\\d{1,3}$/', 'latest']],
    ['/a\\/b,c/i', ['/a\\/b,c/i']],
    ['/unfinished, x', ['/unfinished', 'x']],
    ['a#b', ['a#b']],
    ['', []]
  ])('reads %j as %j', (text, items) => {
    expect(parseList(text)).toEqual(items)
  })

  it('returns the items of any list with one item per line', () => {
    const item = fc
      .stringMatching(/^[a-zA-Z0-9._*?-][a-zA-Z0-9 ._*?=:/#-]{0,20}$/)
      .map((text) => text.trim())
    fc.assert(
      fc.property(fc.array(item, { maxLength: 10 }), (items) => {
        expect(parseList(items.join('\n'))).toEqual(items)
      })
    )
  })
})
