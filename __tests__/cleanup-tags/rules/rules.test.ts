import { keepLastTag } from '../../../src/cleanup-tags/rules/brake.js'
import { parseDuration } from '../../../src/cleanup-tags/rules/duration.js'
import { createInventory } from '../../../src/cleanup-tags/rules/inventory.js'
import type {
  Inventory,
  ListedImage,
  ListedTag
} from '../../../src/cleanup-tags/rules/inventory.js'
import { judgeByRules } from '../../../src/cleanup-tags/rules/rules.js'
import type { Rules } from '../../../src/cleanup-tags/rules/rules.js'
import { compileTagPatterns } from '../../../src/cleanup-tags/rules/tag-patterns.js'
import type { Judgement } from '../../../src/cleanup-tags/rules/verdict.js'

const NOW = Date.parse('2026-06-01T00:00:00Z')
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const image = (digest: string, tags: readonly string[], pushedAt?: number): ListedImage => ({
  digest,
  tags,
  pushedAt,
  sizeBytes: 1,
  mediaType: undefined,
  artifactMediaType: undefined
})
const tag = (name: string, digest: string, createdAt?: number): ListedTag => ({
  tag: name,
  digest,
  createdAt
})
const byDigest = (...images: ListedImage[]): Map<string, ListedImage> =>
  new Map(images.map((one) => [one.digest, one]))

async function rulesOf(changes: Partial<Rules> & { patterns?: string[]; exclude?: string[] }) {
  return {
    tags: await compileTagPatterns(changes.patterns ?? ['*'], 'tags'),
    excludeTags: await compileTagPatterns(changes.exclude ?? ['latest'], 'exclude-tags'),
    olderThan: undefined,
    keepLatest: 1,
    isForTags: true,
    sortBy: 'created' as const,
    untagged: false,
    ...changes
  }
}

const goesOf = ({ tags, untagged }: Judgement): string[] =>
  [...tags, ...untagged].filter(([, { goes }]) => goes).map(([name]) => name)

describe('createInventory', () => {
  test('an image whose tags differ between the two listings is unsettled, as is one that only one has', () => {
    const tags = [tag('a', 'A'), tag('b', 'B'), tag('c', 'C')]
    const tagged = byDigest(image('A', []), image('B', []), image('C', []))
    const images = byDigest(image('A', ['a']), image('B', []), image('D', ['d']), image('E', []))
    const inventory = createInventory(tags, tagged, images)
    expect([...inventory.unsettled].sort()).toEqual(['B', 'C', 'D'])
    expect(inventory.images.get('C')?.tags).toEqual(['c'])
  })

  test('where images were not listed, those of the tags are all there are', () => {
    const inventory = createInventory(
      [tag('a', 'A'), tag('b', 'A')],
      byDigest(image('A', [])),
      undefined
    )
    expect(inventory.images.get('A')?.tags).toEqual(['a', 'b'])
    expect(inventory.unsettled.size).toBe(0)
  })
})

describe('judgeByRules', () => {
  const inventoryOf = (tags: readonly ListedTag[], ...untagged: ListedImage[]): Inventory => {
    const images = byDigest(
      ...tags.map(({ tag: name, digest }) => image(digest, [name], NOW)),
      ...untagged
    )
    return { tags, images, unsettled: new Set() }
  }

  test('exactly as old as older-than is not older', async () => {
    const olderThan = parseDuration('1d', 'x')
    const tags = [tag('a', 'A', NOW - DAY_MS), tag('b', 'B', NOW - DAY_MS - 1)]
    const judgement = judgeByRules(
      inventoryOf(tags),
      await rulesOf({ olderThan, keepLatest: 0 }),
      NOW
    )
    expect(goesOf(judgement)).toEqual(['b'])
    expect(judgement.tags.get('a')).toEqual({
      goes: false,
      reason: 'not older than 1d',
      goesAt: NOW
    })
  })

  test('keep-latest counts what is too young to go as well', async () => {
    const olderThan = parseDuration('1d', 'x')
    const tags = [tag('young', 'A', NOW), tag('old', 'B', NOW - 9 * DAY_MS)]
    expect(goesOf(judgeByRules(inventoryOf(tags), await rulesOf({ olderThan }), NOW))).toEqual([
      'old'
    ])
    expect(
      goesOf(judgeByRules(inventoryOf(tags), await rulesOf({ olderThan, keepLatest: 2 }), NOW))
    ).toEqual([])
  })

  test('a tag whose time the service does not tell stays, and so does such an image', async () => {
    const rules = await rulesOf({
      olderThan: parseDuration('1d', 'x'),
      keepLatest: 0,
      untagged: true
    })
    const judgement = judgeByRules(inventoryOf([tag('a', 'A')], image('U', [])), rules, NOW)
    expect(goesOf(judgement)).toEqual([])
    expect(judgement.tags.get('a')?.reason).toBe('the service does not say when it was set')
    expect(judgement.untagged.get('U')?.reason).toBe('the service does not say when it was pushed')
  })

  test('by semantic version the highest stay, however old', async () => {
    const tags = ['2.0.0', '10.0.0', '9.0.0', 'edge'].map((name, at) => tag(name, name, NOW + at))
    const rules = await rulesOf({ sortBy: 'semver', keepLatest: 2 })
    expect(goesOf(judgeByRules(inventoryOf(tags), rules, NOW))).toEqual(['2.0.0', 'edge'])
  })

  test('what changed between the listings stays', async () => {
    const tags = [tag('a', 'A', 1), tag('b', 'B', 2)]
    const inventory = { ...inventoryOf(tags), unsettled: new Set(['A']) }
    expect(goesOf(judgeByRules(inventory, await rulesOf({ keepLatest: 0 }), NOW))).toEqual(['b'])
  })

  test('untagged images go after an hour, or after older-than', async () => {
    const untagged = [image('U', [], NOW - 2 * HOUR_MS), image('V', [], NOW - HOUR_MS / 2)]
    const goesWith = async (text?: string): Promise<string[]> => {
      const olderThan = text === undefined ? undefined : parseDuration(text, 'x')
      const rules = await rulesOf({ untagged: true, olderThan })
      return goesOf(judgeByRules(inventoryOf([], ...untagged), rules, NOW))
    }
    expect(await goesWith()).toEqual(['U'])
    expect(await goesWith('3h')).toEqual([])
    expect(await goesWith('10m')).toEqual(['U', 'V'])
  })
})

describe('keepLastTag', () => {
  const companion = `sha256-${'a'.repeat(64)}.sig`
  const goes = { goes: true, reason: 'x' }
  const inventory: Inventory = {
    tags: [tag('a', 'A', 1), tag('b', 'B', 2), tag('b2', 'B', 1), tag(companion, 'C', 3)],
    images: new Map(),
    unsettled: new Set()
  }
  const judgement = (isByImage: boolean, ...kept: string[]): Judgement => ({
    tags: new Map(
      inventory.tags.map(({ tag: name }) => [name, { ...goes, goes: !kept.includes(name) }])
    ),
    untagged: new Map(),
    isByImage
  })

  test('the tag that was set last stays where all would go; companions do not count', () => {
    expect(goesOf(keepLastTag(inventory, judgement(false)))).toEqual(['a', 'b2', companion])
    expect(goesOf(keepLastTag(inventory, judgement(false, companion)))).toEqual(['a', 'b2'])
  })

  test('where images go as a whole, its image keeps all of them', () => {
    expect(goesOf(keepLastTag(inventory, judgement(true)))).toEqual(['a', companion])
  })

  test('where one stays anyway nothing changes', () => {
    const given = judgement(false, 'a')
    expect(keepLastTag(inventory, given)).toBe(given)
  })
})
