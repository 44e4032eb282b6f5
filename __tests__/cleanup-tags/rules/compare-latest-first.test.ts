import fc from 'fast-check'
import { compareLatestFirst } from '../../../src/cleanup-tags/rules/compare-latest-first.js'
import type { ListedTag } from '../../../src/cleanup-tags/rules/inventory.js'

const listed = (tag: string, createdAt: number | undefined = 0): ListedTag => ({
  tag,
  digest: 'sha256:x',
  createdAt
})
const sorted = (by: 'created' | 'semver', tags: readonly ListedTag[]): string[] =>
  [...tags].sort(compareLatestFirst(by)).map(({ tag }) => tag)

describe('compareLatestFirst', () => {
  test('sorts by creation time without regard to versions', () => {
    expect(sorted('created', [listed('v2', 1), listed('v1', 3), listed('v3', 2)])).toEqual([
      'v1',
      'v3',
      'v2'
    ])
  })

  test('sorts pre-releases after their release and tags without a version last', () => {
    const tags = [
      'main',
      '1.0.0-rc.1',
      'v1.10.0',
      '1.2',
      'v1.9.9',
      '1.0.0',
      '1.0.0-rc.10',
      '2.0.0-a'
    ]
    expect(
      sorted(
        'semver',
        tags.map((tag, at) => listed(tag, at))
      )
    ).toEqual(['2.0.0-a', 'v1.10.0', 'v1.9.9', '1.0.0', '1.0.0-rc.10', '1.0.0-rc.1', '1.2', 'main'])
  })

  test('sorts equal versions by creation time', () => {
    expect(sorted('semver', [listed('1.0.0', 1), listed('v1.0.0', 2)])).toEqual(['v1.0.0', '1.0.0'])
  })

  test('sorts a tag with unknown creation time first', () => {
    expect(sorted('created', [listed('a', 5), { ...listed('b'), createdAt: undefined }])).toEqual([
      'b',
      'a'
    ])
  })

  test('does not depend on the order of the listing, even if times are equal', () => {
    const tag = fc.record({
      tag: fc.constantFrom('a', 'b', 'c', 'v1.0.0', '1.0.0', '1.0.0-rc1', '2.1.0', 'v2.1.0', '9'),
      digest: fc.constant('sha256:x'),
      createdAt: fc.constantFrom(1, 2, undefined)
    })
    const tags = fc.uniqueArray(tag, { selector: (one) => one.tag })
    fc.assert(
      fc.property(tags, fc.constantFrom('created' as const, 'semver' as const), (all, by) => {
        expect(sorted(by, all.toReversed())).toEqual(sorted(by, all))
      })
    )
  })
})
