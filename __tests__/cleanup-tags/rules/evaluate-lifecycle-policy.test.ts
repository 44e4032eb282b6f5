import fc from 'fast-check'
import type { Decisions } from '../../../src/cleanup-tags/rules/decision.js'
import type { StepFacts } from '../../../src/cleanup-tags/rules/step-facts.js'
import type { Inventory } from '../../../src/cleanup-tags/rules/inventory.js'
import {
  evaluateLifecyclePolicy as evaluatePolicy,
  evaluateLifecycleRules
} from '../../../src/cleanup-tags/rules/evaluate-lifecycle-policy.js'
import { parseLifecyclePolicy } from '../../../src/cleanup-tags/rules/lifecycle-policy.js'

const DAY_MS = 86_400_000
const NOW = Date.parse('2026-06-01T00:00:00Z')

/** Parses lines: `A: 10 beta-1 prod-1` is image A, pushed 10 days ago, with these tags. */
const imagesOf = (...lines: string[]) =>
  lines.map((line) => {
    const [digest, rest = ''] = line.split(': ')
    const [days, ...tags] = rest.split(' ')
    return { digest: digest!, tags, pushedAt: NOW - Number(days) * DAY_MS }
  })

const rule = (
  rulePriority: number,
  selection: Readonly<Record<string, unknown>>
): Readonly<Record<string, unknown>> => ({
  rulePriority,
  selection,
  action: { type: 'expire' }
})
const prefixes = (...tagPrefixList: string[]) => ({ tagStatus: 'tagged', tagPrefixList })
const patterns = (...tagPatternList: string[]) => ({ tagStatus: 'tagged', tagPatternList })
const moreThan = (countNumber: number) => ({ countType: 'imageCountMoreThan', countNumber })
const since = (countNumber: number) => ({
  countType: 'sinceImagePushed',
  countUnit: 'days',
  countNumber
})

const expired = (images: ReturnType<typeof imagesOf>, ...rules: unknown[]): string => {
  const policy = parseLifecyclePolicy(JSON.stringify({ rules }), 'policy.json')
  const decisions = evaluateLifecycleRules(images, policy, NOW)
  return [...decisions]
    .filter(([, { action }]) => action === 'delete')
    .map(([digest]) => digest)
    .sort()
    .join(' ')
}

// Repositories, policies and results from the documentation of private ECR:
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_examples.html
describe('documented examples', () => {
  test('filtering on image age: images older than 14 days expire', () => {
    const images = imagesOf('A: 15', 'B: 14', 'C: 13', 'D: 30 prod-1')
    expect(expired(images, rule(1, { tagStatus: 'untagged', ...since(14) }))).toBe('A')
    const tagged = imagesOf('A: 15 prod-1', 'B: 13 production', 'C: 20 beta', 'D: 99')
    expect(expired(tagged, rule(1, { ...patterns('prod*'), ...since(14) }))).toBe('A')
  })

  test('filtering on image count: one untagged image is kept', () => {
    const images = imagesOf('A: 3', 'B: 1', 'C: 2', 'D: 9 v1')
    expect(expired(images, rule(1, { tagStatus: 'untagged', ...moreThan(1) }))).toBe('A C')
  })

  const multiple = imagesOf('A: 10 beta-1 prod-1', 'B: 9 beta-2 prod-2', 'C: 8 beta-3')

  test.each([prefixes, (tag: string) => patterns(`${tag}*`)])(
    'filtering on multiple rules, example A: only one rule decides on an image',
    (select) => {
      const rules = [
        rule(1, { ...select('prod'), ...moreThan(1) }),
        rule(2, { ...select('beta'), ...moreThan(1) })
      ]
      expect(expired(multiple, ...rules)).toBe('A')
    }
  )

  test('filtering on multiple rules, example B: the rule with the lower priority number decides', () => {
    const rules = [
      rule(1, { ...prefixes('beta'), ...moreThan(1) }),
      rule(2, { ...prefixes('prod'), ...moreThan(1) })
    ]
    expect(expired(multiple, ...rules)).toBe('A B')
  })

  test('filtering on multiple tags in a single rule, example A: all prefixes must match', () => {
    const images = imagesOf(
      'A: 12 alpha-1',
      'B: 11 beta-1',
      'C: 10 alpha-2 beta-2',
      'D: 4 alpha-3',
      'E: 3 beta-3',
      'F: 2 alpha-4 beta-4'
    )
    expect(expired(images, rule(1, { ...prefixes('alpha', 'beta'), ...since(5) }))).toBe('C')
    expect(expired(images, rule(1, { ...patterns('alpha*', 'beta*'), ...since(5) }))).toBe('C')
  })

  test('filtering on multiple tags in a single rule, example B: other tags are ignored', () => {
    const images = imagesOf(
      'A: 10 alpha-1 beta-1 gamma-1',
      'B: 9 alpha-2 beta-2',
      'C: 8 alpha-3 beta-3 gamma-2'
    )
    expect(expired(images, rule(1, { ...prefixes('alpha', 'beta'), ...moreThan(1) }))).toBe('A B')
  })

  test('filtering on all images, example A: all but the newest expire', () => {
    const images = imagesOf('A: 4 alpha-1', 'B: 3 beta-1', 'C: 2', 'D: 1 alpha-2')
    expect(expired(images, rule(1, { tagStatus: 'any', ...moreThan(1) }))).toBe('A B C')
  })

  test('filtering on all images, example B: any skips images that an earlier rule selects', () => {
    const images = imagesOf('A: 4 alpha-1 beta-1', 'B: 3', 'C: 2 alpha-2', 'D: 1 githash', 'E: 1')
    const rules = [
      rule(1, { ...prefixes('alpha'), ...moreThan(1) }),
      rule(2, { tagStatus: 'untagged', ...since(1) }),
      rule(3, { tagStatus: 'any', ...moreThan(1) })
    ]
    expect(expired(images, ...rules)).toBe('A B D')
  })
})

describe('evaluateLifecycleRules', () => {
  test('applies rules by priority and not in the order of the file', () => {
    const images = imagesOf('A: 10 beta-1 prod-1', 'B: 9 beta-2 prod-2', 'C: 8 beta-3')
    const rules = [
      rule(20, { ...prefixes('beta'), ...moreThan(1) }),
      rule(10, { ...prefixes('prod'), ...moreThan(1) })
    ]
    expect(expired(images, ...rules)).toBe('A')
  })

  test('selects tagged and untagged images with any, except images of an earlier rule', () => {
    const images = imagesOf('A: 40 alpha-1', 'B: 40', 'C: 2')
    const any = rule(7, { tagStatus: 'any', ...since(30) })
    expect(expired(images, any)).toBe('A B')
    expect(expired(images, rule(1, { ...prefixes('alpha'), ...moreThan(1) }), any)).toBe('B')
  })

  test('counts images that an earlier rule expired in later rules', () => {
    const images = imagesOf('A: 1 a', 'B: 2 b', 'C: 3 b')
    const rules = [
      rule(1, { ...prefixes('a'), ...moreThan(1) }),
      rule(2, { tagStatus: 'any', ...moreThan(2) })
    ]
    expect(expired(images, ...rules)).toBe('C')
  })

  test('decides on each image by the first rule that selects it', () => {
    const tag = fc.constantFrom('a1', 'a2', 'b1', 'b2')
    const image = fc.record({
      tags: fc.uniqueArray(tag),
      pushedAt: fc.integer({ min: 1, max: 60 }).map((days) => NOW - days * DAY_MS)
    })
    const count = fc.oneof(
      fc.integer({ min: 1, max: 4 }).map(moreThan),
      fc.integer({ min: 1, max: 50 }).map(since)
    )
    const selections = [
      prefixes('a'),
      prefixes('b'),
      prefixes('a', 'b'),
      patterns('*2'),
      { tagStatus: 'untagged' }
    ]
    fc.assert(
      fc.property(
        fc.array(image, { maxLength: 12 }),
        fc.shuffledSubarray(selections),
        fc.array(count, { minLength: 6, maxLength: 6 }),
        (images, chosen, counts) => {
          const numbered = images.map((one, at) => ({ ...one, digest: `i${at}` }))
          const rules = chosen.map((selection, at) => rule(at + 1, { ...selection, ...counts[at] }))
          const policy = parseLifecyclePolicy(
            JSON.stringify({ rules: [...rules, rule(99, { tagStatus: 'any', ...counts[5] })] }),
            'p'
          )
          const together = evaluateLifecycleRules(numbered, policy, NOW)
          for (const { digest, tags } of numbered) {
            const first = policy.find(
              ({ tagStatus, tagMatchers }) =>
                tagStatus === 'any' ||
                (tagStatus === 'untagged' && tags.length === 0) ||
                (tagStatus === 'tagged' && tagMatchers.every((match) => tags.some(match)))
            )!
            const alone = evaluateLifecycleRules(numbered, [first], NOW)
            expect(together.get(digest)).toEqual(alone.get(digest))
          }
        }
      )
    )
  })
})

describe('evaluateLifecyclePolicy', () => {
  const evaluateLifecyclePolicy = (
    inventory: Inventory,
    rules: Parameters<typeof evaluatePolicy>[1],
    now: number,
    facts: Partial<StepFacts> = {}
  ): Decisions => {
    const none = { findHolder: () => undefined, unlisted: [], pullRequests: new Map() }
    return evaluatePolicy(inventory, rules, { now, ...none, ...facts })
  }
  const hex = 'ab'.repeat(32)
  const inventoryOf = (...lines: string[]): Inventory => {
    const images = imagesOf(...lines)
    return {
      tags: images.flatMap(({ digest, tags, pushedAt }) =>
        tags.map((tag) => ({ tag, digest, createdAt: pushedAt }))
      ),
      images: new Map(
        images.map((image) => [
          image.digest,
          { ...image, sizeBytes: 1, mediaType: undefined, artifactMediaType: undefined }
        ])
      ),
      unsettled: new Set()
    }
  }
  const all = parseLifecyclePolicy(
    JSON.stringify({ rules: [rule(1, { tagStatus: 'any', ...moreThan(1) })] }),
    'p'
  )

  test('does not evaluate referrer tags of an image in the repository', () => {
    const inventory = inventoryOf(`sha256:${hex}: 9 v1`, 'B: 8 v2', `S: 1 sha256-${hex}.sig`)
    const { tags } = evaluateLifecyclePolicy(inventory, all, NOW)
    expect(tags.get('v2')?.action).toBe('keep')
    expect(tags.get('v1')?.action).toBe('delete')
    expect(tags.has(`sha256-${hex}.sig`)).toBe(false)
  })

  test('evaluates dangling referrer tags as untagged images', () => {
    const inventory = inventoryOf('B: 8 v2', `S: 9 sha256-${hex}.sig`)
    expect(evaluateLifecyclePolicy(inventory, all, NOW).tags.get(`sha256-${hex}.sig`)?.action).toBe(
      'delete'
    )
  })

  test('keeps dangling referrer tags if their image is in another repository of the step', () => {
    const name = `sha256-${hex}.sig`
    const inventory = inventoryOf('B: 8 v2', `S: 9 ${name}`)
    const findHolder = (digest: string): string | undefined =>
      digest === `sha256:${hex}` ? 'team/app' : undefined
    const { tags } = evaluateLifecyclePolicy(inventory, all, NOW, { findHolder })
    expect(tags.get(name)).toMatchObject({ action: 'keep', reason: 'its image is in team/app' })
    // The image of the referrer tag does not take a place among the most recent images either.
    const newer = inventoryOf('B: 8 v2', `S: 1 ${name}`)
    for (const facts of [{}, { findHolder }, { unlisted: ['team/x'] }]) {
      const found = evaluateLifecyclePolicy(newer, all, NOW, facts).tags
      expect(found.get('v2')?.action).toBe('keep')
    }
    const unlisted = evaluateLifecyclePolicy(inventory, all, NOW, { unlisted: ['team/x'] })
    expect(unlisted.tags.get(name)?.action).toBe('keep')
    const lone = evaluateLifecyclePolicy(inventoryOf(`S: 9 ${name}`, 'T: 1'), all, NOW)
    expect(lone.tags.get(name)?.action).toBe('keep')
  })

  test('keeps an image that only its own referrer tag names', () => {
    const inventory = inventoryOf(`sha256:${hex}: 90 sha256-${hex}`, 'B: 1 v1', 'C: 2 v2')
    const { tags } = evaluateLifecyclePolicy(inventory, all, NOW)
    expect(tags.get(`sha256-${hex}`)?.action).toBe('keep')
    expect(tags.get('v2')?.action).toBe('delete')
  })

  test('keeps an image that changed while the repository was being listed', () => {
    const inventory = inventoryOf('A: 9 v1', 'B: 8 v2', 'C: 7', 'D: 1 v3')
    const decisions = evaluateLifecyclePolicy(inventory, all, NOW)
    const changed = { ...inventory, unsettled: new Set(['A', 'C']) }
    const { tags, untagged } = evaluateLifecyclePolicy(changed, all, NOW)
    const reason = 'its image changed while the repository was being listed'
    expect(decisions.tags.get('v1')?.action).toBe('delete')
    expect(decisions.untagged.get('C')?.action).toBe('delete')
    expect(tags.get('v1')).toEqual({ action: 'keep', reason })
    expect(untagged.get('C')).toEqual({ action: 'keep', reason })
    expect(tags.get('v2')?.action).toBe('delete')
  })

  test('keeps what no rule selects', () => {
    const rules = [rule(1, { ...prefixes('v'), ...moreThan(1) })]
    const policy = parseLifecyclePolicy(JSON.stringify({ rules }), 'p')
    const inventory = inventoryOf('A: 9 v1', 'B: 8 v2', 'C: 7 beta', 'D: 6')
    const { tags, untagged, isByImage } = evaluateLifecyclePolicy(inventory, policy, NOW)
    const kept = { action: 'keep', reason: 'no lifecycle rule selects it' }
    expect(tags.get('v1')?.action).toBe('delete')
    expect([tags.get('beta'), untagged.get('D')]).toEqual([kept, kept])
    expect({ untagged: [...untagged.keys()], isByImage }).toEqual({
      untagged: ['D'],
      isByImage: true
    })
  })

  test('counts an image with a tag of its own although it also has a referrer tag', () => {
    const inventory = inventoryOf(`sha256:${hex}: 9 v1`, 'B: 8 v2', `S: 1 sha256-${hex}.sig tool`)
    const { tags } = evaluateLifecyclePolicy(inventory, all, NOW)
    const actions = ['v1', 'v2', 'tool'].map((name) => tags.get(name)?.action)
    expect(actions).toEqual(['delete', 'delete', 'keep'])
    expect(tags.has(`sha256-${hex}.sig`)).toBe(false)
  })

  test('keeps an image whose push time is unknown', () => {
    const rules = [rule(1, { tagStatus: 'any', ...since(1) })]
    const policy = parseLifecyclePolicy(JSON.stringify({ rules }), 'p')
    const images = [...imagesOf('A: 9 v1'), { digest: 'B', tags: ['v2'], pushedAt: undefined }]
    const decisions = evaluateLifecycleRules(images, policy, NOW)
    expect(decisions.get('A')).toMatchObject({
      action: 'delete',
      reason: 'lifecycle rule with priority 1: pushed more than 1 day ago'
    })
    expect(decisions.get('B')).toEqual({
      action: 'keep',
      reason: 'lifecycle rule with priority 1: its push time is unknown'
    })
  })

  test.each([
    ['application/vnd.oci.image.manifest.v1+json', 'application/spdx+json', false],
    ['application/vnd.oci.artifact.manifest.v1+json', undefined, false],
    ['application/vnd.oci.image.manifest.v1+json', undefined, true],
    [
      'application/vnd.oci.image.manifest.v1+json',
      'application/vnd.oci.image.config.v1+json',
      true
    ],
    [
      'application/vnd.oci.image.manifest.v1+json',
      'application/vnd.cncf.helm.config.v1+json',
      true
    ],
    ['application/vnd.docker.distribution.manifest.v2+json', undefined, true],
    ['application/vnd.oci.image.index.v1+json', 'application/spdx+json', true]
  ])(
    'decides whether untagged manifests of type %s with config %s take places: %p',
    (mediaType, artifactMediaType, takePlaces) => {
      const inventory = inventoryOf('A: 9 v1', 'B: 8 v2', 'S: 3', 'T: 2', 'O: 20')
      const images = new Map(inventory.images)
      for (const digest of ['S', 'T', 'O']) {
        images.set(digest, { ...images.get(digest)!, mediaType, artifactMediaType })
      }
      const two = parseLifecyclePolicy(
        JSON.stringify({ rules: [rule(1, { tagStatus: 'any', ...moreThan(2) })] }),
        'p'
      )
      const { tags, untagged } = evaluateLifecyclePolicy({ ...inventory, images }, two, NOW)
      const action = takePlaces ? 'delete' : 'keep'
      expect([tags.get('v1')?.action, tags.get('v2')?.action]).toEqual([action, action])
      expect(['S', 'T', 'O'].map((digest) => untagged.get(digest)?.action)).toEqual([
        'keep',
        'keep',
        'delete'
      ])
    }
  )

  test('keeps untagged images for a day', () => {
    const { untagged } = evaluateLifecyclePolicy(inventoryOf('A: 0', 'B: 1', 'C: 1.01'), all, NOW)
    expect([...untagged].map(([digest, { action }]) => [digest, action])).toEqual([
      ['A', 'keep'],
      ['B', 'keep'],
      ['C', 'delete']
    ])
  })
})
