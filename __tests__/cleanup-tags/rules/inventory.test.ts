import fc from 'fast-check'
import { createInventory, isSameSet } from '../../../src/cleanup-tags/rules/inventory.js'
import type { ListedImage, ListedTag } from '../../../src/cleanup-tags/rules/inventory.js'

const image = (digest: string, tags: readonly string[]): ListedImage => ({
  digest,
  tags,
  pushedAt: 0,
  sizeBytes: 1,
  mediaType: undefined,
  artifactMediaType: undefined
})
const tag = (name: string, digest: string): ListedTag => ({ tag: name, digest, createdAt: 0 })
const byDigest = (...images: ListedImage[]): Map<string, ListedImage> =>
  new Map(images.map((one) => [one.digest, one]))

describe('createInventory', () => {
  test('marks images that differ between the two listings as unsettled', () => {
    const tags = [tag('a', 'A'), tag('b', 'B'), tag('c', 'C')]
    const tagged = byDigest(image('A', ['a']), image('B', ['b']), image('C', ['c']))
    const images = byDigest(image('A', ['a']), image('B', []), image('D', ['d']), image('E', []))
    const inventory = createInventory(tags, tagged, images)
    expect([...inventory.unsettled].sort()).toEqual(['B', 'C', 'D'])
    expect(inventory.images.get('C')?.tags).toEqual(['c'])
  })

  test('uses the images of the tags if images were not listed', () => {
    const inventory = createInventory(
      [tag('a', 'A'), tag('b', 'A')],
      byDigest(image('A', ['a', 'b'])),
      undefined
    )
    expect(inventory.images.get('A')?.tags).toEqual(['a', 'b'])
    expect(inventory.unsettled.size).toBe(0)
  })

  test('settles images that have the same tags in both listings, in any order', () => {
    const tags = [tag('a', 'A'), tag('b', 'A'), tag('c', 'A')]
    const tagged = byDigest(image('A', ['a', 'b', 'c']))
    const unsettledOf = (...listed: string[]): string[] => [
      ...createInventory(tags, tagged, byDigest(image('A', listed))).unsettled
    ]
    expect(unsettledOf('c', 'a', 'b')).toEqual([])
    expect(unsettledOf('a', 'b')).toEqual(['A'])
    expect(unsettledOf('a', 'b', 'd')).toEqual(['A'])
    expect(unsettledOf('a', 'b', 'c', 'd')).toEqual(['A'])
  })
})

describe('isSameSet', () => {
  test('compares the values of two lists, in any order', () => {
    const values = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 3 })
    fc.assert(
      fc.property(values, values, (first, second) => {
        const isSame = first.toSorted().join() === second.toSorted().join()
        expect(isSameSet(first, second)).toBe(isSame)
        expect(isSameSet(first, first.toReversed())).toBe(true)
      })
    )
  })
})
