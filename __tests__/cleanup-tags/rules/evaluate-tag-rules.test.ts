import type { Decisions } from '../../../src/cleanup-tags/rules/decision.js'
import { parseDuration } from '../../../src/cleanup-tags/rules/duration.js'
import { evaluateTagRules } from '../../../src/cleanup-tags/rules/evaluate-tag-rules.js'
import type { CompiledTagRules } from '../../../src/cleanup-tags/rules/evaluate-tag-rules.js'
import { createInventory } from '../../../src/cleanup-tags/rules/inventory.js'
import type {
  Inventory,
  ListedImage,
  ListedTag
} from '../../../src/cleanup-tags/rules/inventory.js'
import { keepLastTag } from '../../../src/cleanup-tags/rules/keep-last-tag.js'
import { compileTagPatterns } from '../../../src/cleanup-tags/rules/tag-patterns.js'

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

async function rulesOf(
  changes: Partial<CompiledTagRules> & { patterns?: string[]; exclude?: string[] }
) {
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

const deletedBy = ({ tags, untagged }: Decisions): string[] =>
  [...tags, ...untagged].filter(([, { action }]) => action === 'delete').map(([name]) => name)

describe('createInventory', () => {
  test('marks images that differ between the two listings as unsettled', () => {
    const tags = [tag('a', 'A'), tag('b', 'B'), tag('c', 'C')]
    const tagged = byDigest(image('A', []), image('B', []), image('C', []))
    const images = byDigest(image('A', ['a']), image('B', []), image('D', ['d']), image('E', []))
    const inventory = createInventory(tags, tagged, images)
    expect([...inventory.unsettled].sort()).toEqual(['B', 'C', 'D'])
    expect(inventory.images.get('C')?.tags).toEqual(['c'])
  })

  test('uses the images of the tags if images were not listed', () => {
    const inventory = createInventory(
      [tag('a', 'A'), tag('b', 'A')],
      byDigest(image('A', [])),
      undefined
    )
    expect(inventory.images.get('A')?.tags).toEqual(['a', 'b'])
    expect(inventory.unsettled.size).toBe(0)
  })
})

describe('evaluateTagRules', () => {
  const inventoryOf = (tags: readonly ListedTag[], ...untagged: ListedImage[]): Inventory => {
    const images = byDigest(
      ...tags.map(({ tag: name, digest }) => image(digest, [name], NOW)),
      ...untagged
    )
    return { tags, images, unsettled: new Set() }
  }

  test('keeps a tag that is exactly as old as older-than', async () => {
    const olderThan = parseDuration('1d', 'x')
    const tags = [tag('a', 'A', NOW - DAY_MS), tag('b', 'B', NOW - DAY_MS - 1)]
    const decisions = evaluateTagRules(
      inventoryOf(tags),
      await rulesOf({ olderThan, keepLatest: 0 }),
      NOW
    )
    expect(deletedBy(decisions)).toEqual(['b'])
    expect(decisions.tags.get('a')).toEqual({
      action: 'keep',
      reason: 'not older than 1d',
      dueAt: NOW
    })
  })

  test('counts tags that are too young to delete in keep-latest', async () => {
    const olderThan = parseDuration('1d', 'x')
    const tags = [tag('young', 'A', NOW), tag('old', 'B', NOW - 9 * DAY_MS)]
    expect(
      deletedBy(evaluateTagRules(inventoryOf(tags), await rulesOf({ olderThan }), NOW))
    ).toEqual(['old'])
    expect(
      deletedBy(
        evaluateTagRules(inventoryOf(tags), await rulesOf({ olderThan, keepLatest: 2 }), NOW)
      )
    ).toEqual([])
  })

  test('keeps tags and images of unknown age', async () => {
    const rules = await rulesOf({
      olderThan: parseDuration('1d', 'x'),
      keepLatest: 0,
      untagged: true
    })
    const decisions = evaluateTagRules(inventoryOf([tag('a', 'A')], image('U', [])), rules, NOW)
    expect(deletedBy(decisions)).toEqual([])
    expect(decisions.tags.get('a')?.reason).toBe('its creation time is unknown')
    expect(decisions.untagged.get('U')?.reason).toBe('its push time is unknown')
  })

  test('keeps the highest semantic versions at any age', async () => {
    const tags = ['2.0.0', '10.0.0', '9.0.0', 'edge'].map((name, at) => tag(name, name, NOW + at))
    const rules = await rulesOf({ sortBy: 'semver', keepLatest: 2 })
    expect(deletedBy(evaluateTagRules(inventoryOf(tags), rules, NOW))).toEqual(['2.0.0', 'edge'])
  })

  test('keeps tags of images that changed between the listings', async () => {
    const tags = [tag('a', 'A', 1), tag('b', 'B', 2)]
    const inventory = { ...inventoryOf(tags), unsettled: new Set(['A']) }
    expect(deletedBy(evaluateTagRules(inventory, await rulesOf({ keepLatest: 0 }), NOW))).toEqual([
      'b'
    ])
  })

  test('deletes untagged images after an hour, or after older-than', async () => {
    const untagged = [image('U', [], NOW - 2 * HOUR_MS), image('V', [], NOW - HOUR_MS / 2)]
    const deletedWith = async (text?: string): Promise<string[]> => {
      const olderThan = text === undefined ? undefined : parseDuration(text, 'x')
      const rules = await rulesOf({ untagged: true, olderThan })
      return deletedBy(evaluateTagRules(inventoryOf([], ...untagged), rules, NOW))
    }
    expect(await deletedWith()).toEqual(['U'])
    expect(await deletedWith('3h')).toEqual([])
    expect(await deletedWith('10m')).toEqual(['U', 'V'])
  })
})

describe('keepLastTag', () => {
  const signature = `sha256-${'a'.repeat(64)}.sig`
  const inventory: Inventory = {
    tags: [tag('a', 'A', 1), tag('b', 'B', 2), tag('b2', 'B', 1), tag(signature, 'C', 3)],
    images: new Map(),
    unsettled: new Set()
  }
  const decisionsOf = (isByImage: boolean, ...kept: string[]): Decisions => ({
    tags: new Map(
      inventory.tags.map(({ tag: name }) => [
        name,
        { action: kept.includes(name) ? 'keep' : 'delete', reason: 'x' }
      ])
    ),
    untagged: new Map(),
    isByImage
  })

  test('keeps the latest tag if all tags would be deleted, not counting referrer tags', () => {
    expect(deletedBy(keepLastTag(inventory, decisionsOf(false)))).toEqual(['a', 'b2', signature])
    expect(deletedBy(keepLastTag(inventory, decisionsOf(false, signature)))).toEqual(['a', 'b2'])
  })

  test('keeps all tags of the image if the rules select images', () => {
    expect(deletedBy(keepLastTag(inventory, decisionsOf(true)))).toEqual(['a', signature])
  })

  test('changes nothing if another tag is kept', () => {
    const given = decisionsOf(false, 'a')
    expect(keepLastTag(inventory, given)).toBe(given)
  })
})
