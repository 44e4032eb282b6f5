import fc from 'fast-check'
import { selectFirst } from '../../src/cleanup-tags/select-first.js'

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
