import fc from 'fast-check'
import { selectFirst, takeFirst } from '../../src/cleanup-tags/select-first.js'

describe('selectFirst', () => {
  test('returns the same items as sorting all of them', () => {
    const item = fc.record({ rank: fc.nat(20), at: fc.nat() })
    fc.assert(
      fc.property(
        fc.array(item, { maxLength: 60 }),
        fc.integer({ min: 1, max: 10 }),
        (items, count) => {
          const compare = (a: { rank: number }, b: { rank: number }): number => a.rank - b.rank
          expect(selectFirst(items, count, compare)).toEqual(
            items.toSorted(compare).slice(0, count)
          )
        }
      )
    )
  })
})

describe('takeFirst', () => {
  test('reads no more items than it returns', () => {
    let read = 0
    const items = function* (): Generator<number, void, undefined> {
      while (read < 5) yield ++read
    }
    expect(takeFirst(items(), 3)).toEqual([1, 2, 3])
    expect(read).toBe(3)
    expect(takeFirst([1], 3)).toEqual([1])
    expect(takeFirst([1], 0)).toEqual([])
  })
})
