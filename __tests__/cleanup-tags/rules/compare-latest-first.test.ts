import fc from 'fast-check'
import {
  compareCreated,
  compareVersionsLatestFirst
} from '../../../src/cleanup-tags/rules/compare-latest-first.js'
import type { VersionedTag } from '../../../src/cleanup-tags/rules/compare-latest-first.js'
import type { ListedTag } from '../../../src/cleanup-tags/rules/inventory.js'
import { parseVersion } from '../../../src/cleanup-tags/rules/version.js'

const listed = (tag: string, createdAt: number | undefined = 0): ListedTag => ({
  tag,
  digest: 'sha256:x',
  createdAt
})
const byTime = (tags: readonly ListedTag[]): string[] =>
  tags.toSorted(compareCreated).map(({ tag }) => tag)
const versioned = (one: ListedTag): VersionedTag => ({
  listed: one,
  version: parseVersion(one.tag)!
})
const byVersion = (tags: readonly ListedTag[]): string[] =>
  tags
    .map(versioned)
    .sort(compareVersionsLatestFirst)
    .map((one) => one.listed.tag)

describe('the order of tags', () => {
  test('sorts by creation time without regard to versions', () => {
    expect(byTime([listed('v2', 1), listed('v1', 3), listed('v3', 2)])).toEqual(['v1', 'v3', 'v2'])
  })

  test('sorts a tag with unknown creation time first', () => {
    expect(byTime([listed('a', 5), { ...listed('b'), createdAt: undefined }])).toEqual(['b', 'a'])
  })

  test('sorts by version, and equal versions by time and then by name', () => {
    const tags = [
      listed('1.0.0', 2),
      listed('v1.0.0', 3),
      listed('1.0.0_up1', 2),
      listed('0.9', 9),
      listed('1.0.0-rc1', 9)
    ]
    expect(byVersion(tags)).toEqual(['v1.0.0', '1.0.0_up1', '1.0.0', '1.0.0-rc1', '0.9'])
  })

  test('does not depend on the order of the listing, even if times are equal', () => {
    const tag = fc.record({
      tag: fc.constantFrom('v1.0.0', '1.0.0', '1.0.0-rc1', '2.1.0', 'v2.1.0', '9', '2.1'),
      digest: fc.constant('sha256:x'),
      createdAt: fc.constantFrom(1, 2, undefined)
    })
    const tags = fc.uniqueArray(tag, { selector: (one) => one.tag })
    fc.assert(
      fc.property(tags, (all) => {
        expect(byTime(all.toReversed())).toEqual(byTime(all))
        expect(byVersion(all.toReversed())).toEqual(byVersion(all))
      })
    )
  })
})
