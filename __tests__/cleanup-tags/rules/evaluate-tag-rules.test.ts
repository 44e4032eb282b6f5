import type { Decisions } from '../../../src/cleanup-tags/rules/decision.js'
import { parseDuration } from '../../../src/cleanup-tags/rules/duration.js'
import {
  evaluateTagRules as evaluate,
  listPullRequests
} from '../../../src/cleanup-tags/rules/evaluate-tag-rules.js'
import type { CompiledTagRules } from '../../../src/cleanup-tags/rules/evaluate-tag-rules.js'
import type {
  Inventory,
  ListedImage,
  ListedTag
} from '../../../src/cleanup-tags/rules/inventory.js'
import { compilePullRequestPatterns } from '../../../src/cleanup-tags/rules/pull-request-patterns.js'
import type { StepFacts } from '../../../src/cleanup-tags/rules/step-facts.js'
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

const factsOf = (changes: Partial<StepFacts> = {}): StepFacts => ({
  now: NOW,
  findHolder: () => undefined,
  unlisted: [],
  pullRequests: new Map(),
  ...changes
})
const evaluateTagRules = (
  inventory: Inventory,
  rules: CompiledTagRules,
  now: number,
  facts: Partial<StepFacts> = {}
): Decisions => evaluate(inventory, rules, factsOf({ now, ...facts }))

async function rulesOf(
  changes: Partial<CompiledTagRules> & {
    patterns?: string[]
    exclude?: string[]
    pullRequests?: string[]
  }
) {
  return {
    tags: await compileTagPatterns(changes.patterns ?? ['*'], 'tags'),
    excludeTags: await compileTagPatterns(changes.exclude ?? ['latest'], 'exclude-tags'),
    closedPullRequests: compilePullRequestPatterns(changes.pullRequests ?? []),
    olderThan: undefined,
    keepLatest: 1,
    keepLatestPer: 'repository' as const,
    isForTags: true,
    sortBy: 'created' as const,
    untagged: false,
    ...changes
  }
}

const deletedBy = ({ tags, untagged }: Decisions): string[] =>
  [...tags, ...untagged].filter(([, { action }]) => action === 'delete').map(([name]) => name)

describe('evaluateTagRules', () => {
  const inventoryOf = (tags: readonly ListedTag[], ...untagged: ListedImage[]): Inventory => {
    const tagged = tags.map(({ digest }) => {
      const all = tags.filter((other) => other.digest === digest)
      return image(
        digest,
        all.map(({ tag: name }) => name),
        NOW
      )
    })
    const images = byDigest(...tagged, ...untagged)
    return { tags, images, unsettled: new Set() }
  }

  test('keeps tags and untagged images that changed while the repository was being listed', async () => {
    const tags = [tag('a', 'A', 0), tag('b', 'B', 0)]
    const inventory = inventoryOf(tags, image('U', [], 0), image('W', [], 0))
    const rules = await rulesOf({ keepLatest: 0, untagged: true })
    const settled = evaluateTagRules(inventory, rules, NOW)
    expect(deletedBy(settled).sort()).toEqual(['U', 'W', 'a', 'b'])
    const unsettled = new Set(['A', 'U'])
    const decisions = evaluateTagRules({ ...inventory, unsettled }, rules, NOW)
    expect(deletedBy(decisions)).toEqual(['b', 'W'])
    expect(decisions.tags.get('a')?.reason).toBe(
      'its image changed while the repository was being listed'
    )
    expect(decisions.untagged.get('U')?.reason).toBe(
      'it changed while the repository was being listed'
    )
  })

  test('evaluates only images without a tag as untagged, and keeps them if untagged is false', async () => {
    const inventory = inventoryOf([tag('a', 'A', 0)], image('U', [], 0))
    const { untagged } = evaluateTagRules(inventory, await rulesOf({ untagged: false }), NOW)
    expect([...untagged]).toEqual([['U', { action: 'keep', reason: 'untagged is false' }]])
    const rules = await rulesOf({ untagged: true })
    expect([...evaluateTagRules(inventory, rules, NOW).untagged.keys()]).toEqual(['U'])
  })

  test('leaves the decision on a referrer tag to the reference analysis if its image is in the repository', async () => {
    const target = `sha256:${'a'.repeat(64)}`
    const name = `${target.replace(':', '-')}.sig`
    const inventory = inventoryOf([tag('a', target, 0), tag(name, 'S', 0)])
    const rules = await rulesOf({ keepLatest: 0, untagged: true })
    const { tags, isByImage } = evaluateTagRules(inventory, rules, NOW)
    expect({ tags: [...tags.keys()], isByImage }).toEqual({ tags: ['a'], isByImage: false })
  })

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
    expect(decisions.tags.get('a')?.reason).toBe('its age is unknown')
    expect(decisions.untagged.get('U')?.reason).toBe('its age is unknown')
  })

  test('keeps the highest semantic versions at any age, and tags without a version', async () => {
    const tags = ['2.0.0', '10.0.0', '9.0.0', 'edge', 'sha-0abc123'].map((name, at) =>
      tag(name, name, NOW + at)
    )
    const rules = await rulesOf({ sortBy: 'semver', keepLatest: 2 })
    const decisions = evaluateTagRules(inventoryOf(tags), rules, NOW)
    expect(deletedBy(decisions)).toEqual(['2.0.0'])
    expect(decisions.tags.get('edge')?.reason).toBe(
      'does not contain a version, which sort-by semver requires'
    )
    const none = await rulesOf({ sortBy: 'semver', keepLatest: 0 })
    expect(deletedBy(evaluateTagRules(inventoryOf(tags), none, NOW)).sort()).toEqual([
      '10.0.0',
      '2.0.0',
      '9.0.0'
    ])
  })

  test('orders the versions of Helm charts, whose tags contain "_" instead of "+"', async () => {
    const tags = ['104.1.1_up57.0.3', '2.0.0_up1.0', '1.1.0', '1.0.0'].map((name, at) =>
      tag(name, name, NOW + at)
    )
    const rules = await rulesOf({ sortBy: 'semver', keepLatest: 2 })
    expect(deletedBy(evaluateTagRules(inventoryOf(tags), rules, NOW)).sort()).toEqual([
      '1.0.0',
      '1.1.0'
    ])
  })

  test('counts images and not tags in keep-latest, and keeps all matching tags of these images', async () => {
    const tags = [tag('1', 'A', 4), tag('1.3', 'A', 5), tag('1.3.5', 'A', 1), tag('1.2.9', 'B', 9)]
    for (const sortBy of ['semver', 'created'] as const) {
      const decisions = evaluateTagRules(inventoryOf(tags), await rulesOf({ sortBy }), NOW)
      expect([sortBy, deletedBy(decisions)]).toEqual([
        sortBy,
        sortBy === 'semver' ? ['1.2.9'] : ['1.3', '1', '1.3.5']
      ])
    }
    const both = await rulesOf({ sortBy: 'semver', keepLatest: 2 })
    expect(deletedBy(evaluateTagRules(inventoryOf(tags), both, NOW))).toEqual([])
  })

  test('ranks an image by its latest matching tag only', async () => {
    const tags = [tag('x-new', 'A', 9), tag('v1', 'A', 1), tag('v2', 'B', 2)]
    const rules = await rulesOf({ patterns: ['v*'] })
    expect(deletedBy(evaluateTagRules(inventoryOf(tags), rules, NOW))).toEqual(['v1'])
  })

  test('keeps the latest images of each pattern with keep-latest-per pattern', async () => {
    const nightly = Array.from({ length: 30 }, (_, at) => tag(`nightly-${at}`, `N${at}`, 100 + at))
    const rc = Array.from({ length: 6 }, (_, at) => tag(`v1-rc.${at}`, `R${at}`, at))
    const patterns = ['nightly-*', '*-rc.*']
    const keptBy = async (changes: Parameters<typeof rulesOf>[0]): Promise<string[]> => {
      const rules = await rulesOf({ patterns, keepLatest: 5, ...changes })
      const { tags } = evaluateTagRules(inventoryOf([...nightly, ...rc]), rules, NOW)
      return [...tags].filter(([, { action }]) => action === 'keep').map(([name]) => name)
    }
    expect((await keptBy({})).some((name) => name.includes('rc'))).toBe(false)
    expect((await keptBy({ keepLatestPer: 'pattern' })).sort()).toEqual([
      ...[25, 26, 27, 28, 29].map((at) => `nightly-${at}`),
      ...[1, 2, 3, 4, 5].map((at) => `v1-rc.${at}`)
    ])
  })

  test('assigns a tag to the first line of tags that matches it', async () => {
    const tags = [tag('a1', 'A', 1), tag('a2', 'B', 2), tag('ab', 'C', 3)]
    const per = { keepLatestPer: 'pattern' as const }
    const specific = await rulesOf({ ...per, patterns: ['a1', 'a*'] })
    expect(deletedBy(evaluateTagRules(inventoryOf(tags), specific, NOW))).toEqual(['a2'])
    const general = await rulesOf({ ...per, patterns: ['a*', 'a1'] })
    expect(deletedBy(evaluateTagRules(inventoryOf(tags), general, NOW)).sort()).toEqual([
      'a1',
      'a2'
    ])
    expect(evaluateTagRules(inventoryOf(tags), specific, NOW).tags.get('a2')?.reason).toBe(
      'not among the 1 most recent images of a* (rank 2 by creation time)'
    )
  })

  test('keeps tags of images that changed between the listings', async () => {
    const tags = [tag('a', 'A', 1), tag('b', 'B', 2)]
    const inventory = { ...inventoryOf(tags), unsettled: new Set(['A']) }
    expect(deletedBy(evaluateTagRules(inventory, await rulesOf({ keepLatest: 0 }), NOW))).toEqual([
      'b'
    ])
  })

  test('deletes untagged images after a day, or after older-than', async () => {
    const untagged = [
      image('U', [], NOW - DAY_MS - 1),
      image('V', [], NOW - DAY_MS),
      image('W', [], NOW - HOUR_MS)
    ]
    const deletedWith = async (text?: string): Promise<string[]> => {
      const olderThan = text === undefined ? undefined : parseDuration(text, 'x')
      const rules = await rulesOf({ untagged: true, olderThan })
      return deletedBy(evaluateTagRules(inventoryOf([], ...untagged), rules, NOW))
    }
    expect(await deletedWith()).toEqual(['U'])
    expect(await deletedWith('3d')).toEqual([])
    expect(await deletedWith('3h')).toEqual(['U', 'V'])
    expect(await deletedWith('10m')).toEqual(['U', 'V', 'W'])
  })

  test('keeps a tag that refers to its own image, by any rule', async () => {
    const digest = `sha256:${'c'.repeat(64)}`
    for (const suffix of ['', '.sig', '.att', '.sbom']) {
      const name = digest.replace(':', '-') + suffix
      const inventory = inventoryOf([tag(name, digest, 0)])
      const rules = await rulesOf({ keepLatest: 0, untagged: true })
      expect(evaluateTagRules(inventory, rules, NOW).tags.get(name)).toMatchObject({
        action: 'keep',
        reason: 'refers to its own image'
      })
    }
  })

  describe('referrer tags whose image is not in the repository', () => {
    const missing = `sha256:${'d'.repeat(64)}`
    const name = `${missing.replace(':', '-')}.sig`
    const signature = tag(name, 'S', NOW - 2 * DAY_MS)
    const other = tag('v1', 'A', NOW)
    const decide = async (
      tags: readonly ListedTag[],
      facts: Partial<StepFacts>,
      untagged = true
    ): Promise<string> => {
      const rules = await rulesOf({ untagged })
      const decision = evaluateTagRules(inventoryOf(tags), rules, NOW, facts).tags.get(name)
      return `${decision?.action}: ${decision?.reason}`
    }

    test('are deleted after a day if no repository of the step holds the image', async () => {
      expect(await decide([signature, other], {})).toBe(
        'delete: its image is not in the repository, older than 1d'
      )
      expect(await decide([{ ...signature, createdAt: NOW - HOUR_MS }, other], {})).toBe(
        'keep: not older than 1d'
      )
      expect(await decide([signature, other], {}, false)).toMatch(/^keep: .*untagged is false$/)
    })

    test('are kept if another repository holds the image or might hold it', async () => {
      const findHolder = (digest: string): string | undefined =>
        digest === missing ? 'team/app' : undefined
      expect(await decide([signature, other], { findHolder })).toBe(
        'keep: its image is in team/app'
      )
      expect(await decide([signature, other], { unlisted: ['team/x'] })).toBe(
        'keep: its image might be in team/x, which could not be read'
      )
    })

    test('are kept if the repository does not have other tags', async () => {
      expect(await decide([signature], {})).toMatch(/^keep: the repository contains only referrers/)
    })
  })

  describe('closed-pull-requests', () => {
    const states = {
      pullRequests: new Map([
        [1, 'closed'],
        [2, 'open'],
        [3, 'none']
      ] as const)
    }
    const names = ['pr-1', 'pr-2', 'pr-3', 'pr-4', 'pr-01', 'pr-9999999999', 'pr-x', 'v1']
    const tags = names.map((name, at) => tag(name, name, NOW - (at + 1) * HOUR_MS))
    const only = { pullRequests: ['pr-{number}'], isForTags: false }

    test('deletes only tags of closed pull requests', async () => {
      const decisions = evaluateTagRules(inventoryOf(tags), await rulesOf(only), NOW, states)
      expect(deletedBy(decisions)).toEqual(['pr-1'])
      expect(names.map((name) => decisions.tags.get(name)?.reason)).toEqual([
        'matches pr-{number}, and pull request 1 is closed',
        'pull request 2 is open',
        '3 is not the number of a pull request',
        'the state of pull request 4 is unknown',
        '01 is not the number of a pull request',
        '9999999999 is not the number of a pull request',
        'neither older-than nor keep-latest is set',
        'neither older-than nor keep-latest is set'
      ])
    })

    test('claims its tags: they take no place among keep-latest and no other rule deletes them', async () => {
      const rules = await rulesOf({ pullRequests: ['pr-{number}'], keepLatest: 1 })
      const decisions = evaluateTagRules(inventoryOf(tags), rules, NOW, states)
      // Of the tags that are not claimed, pr-x is the latest.
      expect(deletedBy(decisions).sort()).toEqual(['pr-1', 'v1'])
      const all = await rulesOf({ pullRequests: ['pr-{number}'], keepLatest: 99 })
      expect(deletedBy(evaluateTagRules(inventoryOf(tags), all, NOW, states))).toEqual(['pr-1'])
    })

    test('respects exclude-tags and older-than', async () => {
      const excluded = await rulesOf({ ...only, exclude: ['pr-1'] })
      expect(deletedBy(evaluateTagRules(inventoryOf(tags), excluded, NOW, states))).toEqual([])
      const young = await rulesOf({ ...only, olderThan: parseDuration('2h', 'x') })
      expect(deletedBy(evaluateTagRules(inventoryOf(tags), young, NOW, states))).toEqual([])
      // The states of their pull requests are not requested.
      const unknown = { ...states, pullRequests: new Map() }
      const kept = evaluateTagRules(inventoryOf(tags), young, NOW, unknown).tags.get('pr-1')
      expect(kept).toEqual({ action: 'keep', reason: 'not older than 2h', dueAt: undefined })
      const old = await rulesOf({ ...only, olderThan: parseDuration('30m', 'x') })
      expect(deletedBy(evaluateTagRules(inventoryOf(tags), old, NOW, states))).toEqual(['pr-1'])
    })

    test('deletes a tag with several numbers only if all of them are closed pull requests', async () => {
      const two = [tag('pr-1-2', 'A', 0), tag('pr-1-1', 'B', 0)]
      const rules = await rulesOf({ pullRequests: ['*-{number}*'], isForTags: false })
      expect(deletedBy(evaluateTagRules(inventoryOf(two), rules, NOW, states))).toEqual(['pr-1-1'])
    })

    test('does not list a pull request if the tag also contains an impossible number', async () => {
      const rules = await rulesOf({ pullRequests: ['*-{number}*'], isForTags: false })
      expect(listPullRequests([tag('pr-2-007', 'A', 0), tag('pr-3', 'B')], rules, NOW)).toEqual([3])
    })

    test('lists the pull requests that can change a decision', async () => {
      const rules = await rulesOf({
        ...only,
        exclude: ['pr-3'],
        olderThan: parseDuration('90m', 'x')
      })
      expect(listPullRequests(tags, rules, NOW)).toEqual([2, 4])
    })
  })
})

describe('keepLastTag', () => {
  const signature = `sha256-${'a'.repeat(64)}.sig`
  const inventory: Inventory = {
    tags: [tag('a', 'A', 1), tag('b', 'B', 2), tag('b2', 'B', 1), tag(signature, 'C', 3)],
    images: new Map(),
    unsettled: new Set()
  }
  const decisionsOf = (...kept: string[]): Decisions => ({
    tags: new Map(
      inventory.tags.map(({ tag: name }) => [
        name,
        { action: kept.includes(name) ? 'keep' : 'delete', reason: 'x' }
      ])
    ),
    untagged: new Map(),
    isByImage: true
  })

  test('keeps all tags of the image with the latest tag if all tags would be deleted, not counting referrer tags', () => {
    expect(deletedBy(keepLastTag(inventory, decisionsOf()))).toEqual(['a', signature])
    expect(deletedBy(keepLastTag(inventory, decisionsOf(signature)))).toEqual(['a'])
  })

  test('finds the latest tag in any order, and changes nothing without a tag', () => {
    const reversed = { ...inventory, tags: inventory.tags.toReversed() }
    expect(deletedBy(keepLastTag(reversed, decisionsOf())).sort()).toEqual(['a', signature])
    const given = decisionsOf()
    expect(keepLastTag({ ...inventory, tags: [tag(signature, 'C', 3)] }, given)).toBe(given)
  })

  test('changes nothing if another tag is kept', () => {
    const given = decisionsOf('a')
    expect(keepLastTag(inventory, given)).toBe(given)
  })
})
