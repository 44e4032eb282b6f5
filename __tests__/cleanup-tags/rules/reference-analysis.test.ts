import fc from 'fast-check'
import { MEDIA_TYPES } from '../../../src/oci/media-types.js'
import type { Decision, Decisions } from '../../../src/cleanup-tags/rules/decision.js'
import type { Inventory, ListedImage } from '../../../src/cleanup-tags/rules/inventory.js'
import { orderDeletions } from '../../../src/cleanup-tags/rules/order-deletions.js'
import type { SubjectOrder } from '../../../src/cleanup-tags/rules/order-deletions.js'
import { ReferenceAnalysis } from '../../../src/cleanup-tags/rules/reference-analysis.js'
import type { ReadLimits } from '../../../src/cleanup-tags/rules/reference-analysis.js'
import type { StepFacts } from '../../../src/cleanup-tags/rules/step-facts.js'
import type { ManifestLinks } from '../../../src/oci/image-graph.js'

const hexOf = (at: number): string => at.toString(16).padStart(64, '0')
const digestOf = (at: number): string => `sha256:${hexOf(at)}`

const image = (at: number, changes: Partial<ListedImage> = {}): ListedImage => ({
  digest: digestOf(at),
  tags: [`t${at}`],
  pushedAt: 0,
  sizeBytes: 1,
  mediaType: MEDIA_TYPES.ociManifest,
  artifactMediaType: MEDIA_TYPES.ociConfig,
  ...changes
})

/** Creates an analysis of these images. The rules select the images with the numbers in `selected`. */
function analyze(
  images: readonly ListedImage[],
  selected: readonly number[],
  facts: Partial<StepFacts> = {},
  limits: Partial<ReadLimits> = {},
  unsettled: readonly number[] = []
): ReferenceAnalysis {
  const tags = images.flatMap(({ digest, tags: own }) =>
    own.map((tag) => ({ tag, digest, createdAt: 0 }))
  )
  const inventory: Inventory = {
    tags,
    images: new Map(images.map((one) => [one.digest, one])),
    unsettled: new Set(unsettled.map(digestOf))
  }
  const decisionOf = (digest: string): Decision => ({
    action: selected.some((at) => digestOf(at) === digest) ? 'delete' : 'keep',
    reason: 'x'
  })
  const decisions: Decisions = {
    tags: new Map(
      tags
        .filter(({ tag }) => !tag.startsWith('sha256-'))
        .map(({ tag, digest }) => [tag, decisionOf(digest)])
    ),
    untagged: new Map(images.map(({ digest }) => [digest, decisionOf(digest)])),
    isByImage: false
  }
  const noFacts = { findHolder: () => undefined, unlisted: [] }
  const allowed = { subjects: 100, referrers: 100, isCarriedOut: true, ...limits }
  return new ReferenceAnalysis(inventory, decisions, { ...noFacts, ...facts }, allowed)
}

const links = (children: number[], subject?: number): ManifestLinks => ({
  children: children.map(digestOf),
  subject: subject === undefined ? undefined : digestOf(subject)
})

const index = { mediaType: MEDIA_TYPES.ociIndex, artifactMediaType: undefined }

describe('ReferenceAnalysis', () => {
  test('does not read anything if the rules do not select anything', () => {
    expect(analyze([image(1), image(2, index)], []).ask()).toBeUndefined()
  })

  test('keeps images that changed while the repository was being listed, although the rules select them', () => {
    const signature = { tags: [`sha256-${hexOf(1)}.sig`] }
    const images = [image(1), image(2, { tags: [] }), image(3, signature), image(4)]
    expect([...analyze(images, [1, 2, 4]).toDelete]).toEqual([1, 2, 3, 4].map(digestOf))
    const analysis = analyze(images, [1, 2, 4], {}, {}, [1, 2])
    expect([...analysis.toDelete]).toEqual([digestOf(4)])
    const changed = analyze(images, [1, 2, 4], {}, {}, [3])
    expect([...changed.toDelete]).toEqual([1, 2, 4].map(digestOf))
  })

  test('keeps all referrers of an image that is found to be needed after they were read', () => {
    const artifact = { artifactMediaType: 'application/vnd.example.sbom' }
    const images = [image(1), image(2, artifact), image(3, artifact), image(4, index)]
    const analysis = analyze(images, [1, 2, 3])
    for (const at of [2, 3]) analysis.learnLinks(digestOf(at), links([], 1))
    expect(analysis.toDelete.size).toBe(3)
    analysis.learnLinks(digestOf(4), links([1]))
    expect([...analysis.toDelete]).toEqual([])
    expect(analysis.reasons.get(digestOf(1))).toBe('needed by t4')
    expect(analysis.reasons.get(digestOf(3))).toBe('refers to t1')
  })

  test('keeps the referrers by tag of an image that is found to be needed, and their referrers', () => {
    const signature = image(2, { tags: [`sha256-${hexOf(1)}.sig`] })
    const ofSignature = image(3, { tags: [`sha256-${hexOf(2)}.att`] })
    const analysis = analyze([image(1), signature, ofSignature, image(4, index)], [1])
    expect([...analysis.toDelete]).toEqual([1, 2, 3].map(digestOf))
    analysis.learnLinks(digestOf(4), links([1]))
    expect([...analysis.toDelete]).toEqual([])
    expect(analysis.reasons.get(digestOf(2))).toBe('refers to t1 by its tag')
    expect(analysis.reasons.get(digestOf(3))).toBe(`refers to sha256-${hexOf(1)}.sig by its tag`)
  })

  test('keeps the images of an index that is found to be required only after it was read', () => {
    const analysis = analyze([image(1), image(2, index), image(3, index)], [1, 2])
    analysis.learnLinks(digestOf(2), links([1]))
    analysis.learnLinks(digestOf(3), links([2]))
    expect([...analysis.toDelete]).toEqual([])
    expect(analysis.reasons.get(digestOf(1))).toBe('needed by t2')
  })

  test('reads kept indexes but not the Docker images to delete', () => {
    const docker = {
      mediaType: MEDIA_TYPES.dockerManifest,
      artifactMediaType: MEDIA_TYPES.dockerConfig
    }
    const analysis = analyze([image(1, docker), image(2, index)], [1])
    expect(analysis.ask()).toEqual({ kind: 'manifests', digests: [digestOf(2)] })
    analysis.learnLinks(digestOf(2), links([]))
    expect(analysis.ask()).toBeUndefined()
    expect([...analysis.toDelete]).toEqual([digestOf(1)])
  })

  test('lists the referrers of kept images if there are more images to delete than the limit', () => {
    const images = [1, 2, 3, 4].map((at) => image(at))
    const analysis = analyze(images, [1, 2, 3], {}, { subjects: 2, referrers: 1 })
    expect(analysis.ask()).toEqual({ kind: 'referrers', digests: [digestOf(4)] })
    analysis.learnReferrers(digestOf(4), [digestOf(2)])
    expect([...analysis.toDelete]).toEqual([digestOf(1), digestOf(3)])
  })

  test('reads as many images as the limits allow, and not fewer', () => {
    const images = [1, 2, 3, 4].map((at) => image(at))
    const dryRun = { isCarriedOut: false }
    const direct = analyze(images, [1, 2, 3], {}, { ...dryRun, subjects: 3, referrers: 1 })
    expect(direct.ask()).toEqual({ kind: 'manifests', digests: [1, 2, 3].map(digestOf) })
    const indirect = analyze(images, [1, 2, 3], {}, { ...dryRun, subjects: 2, referrers: 1 })
    expect(indirect.ask()).toEqual({ kind: 'referrers', digests: [digestOf(4)] })
    const limits = { ...dryRun, subjects: 2, referrers: 0 }
    const unlisted = analyze([...images, image(5, index)], [1, 2, 3], {}, limits)
    unlisted.learnLinks(digestOf(5), links([9]))
    expect(unlisted.ask()).toBeUndefined()
    const some = analyze([...images, image(5, index)], [1, 2, 3, 5], {}, limits)
    some.learnLinks(digestOf(5), links([1]))
    expect(some.ask()).toEqual({ kind: 'manifests', digests: [digestOf(2), digestOf(3)] })
  })

  test('trusts the listing in a dry run if both limits are exceeded, and counts the images', () => {
    const images = [1, 2, 3, 4, 5].map((at) => image(at))
    const limits = { subjects: 2, referrers: 1, isCarriedOut: false }
    const analysis = analyze(images, [1, 2, 3], {}, limits)
    expect(analysis.ask()).toBeUndefined()
    expect(analysis.uncheckedCount).toBe(3)
    expect(analysis.toDelete.size).toBe(3)
  })

  test('reads untagged images in a real run for any limits, and then the fewer of tagged and kept ones', () => {
    const images = [1, 2, 3, 4, 5, 6].map((at) => image(at, at === 3 ? { tags: [] } : {}))
    const limits = { subjects: 1, referrers: 0 }
    const many = analyze(images, [1, 2, 3], {}, limits)
    expect(many.ask()).toEqual({ kind: 'manifests', digests: [digestOf(3)] })
    many.learnLinks(digestOf(3), links([], 5))
    expect(many.reasons.get(digestOf(3))).toBe('refers to t5')
    expect(many.ask()).toEqual({ kind: 'manifests', digests: [digestOf(1), digestOf(2)] })
    for (const at of [1, 2]) many.learnLinks(digestOf(at), links([]))
    expect(many.ask()).toBeUndefined()
    expect([...many.toDelete]).toEqual([digestOf(1), digestOf(2)])
    const few = analyze(images, [1, 2, 4, 5], {}, limits)
    expect(few.ask()).toEqual({ kind: 'referrers', digests: [digestOf(3), digestOf(6)] })
    expect([many.uncheckedCount, few.uncheckedCount]).toEqual([0, 0])
  })

  test('never deletes a referrer of a kept image in a real run, for any limits', () => {
    const shape = fc.array(
      fc.record({
        isTagged: fc.boolean(),
        isSelected: fc.boolean(),
        subject: fc.option(fc.nat(11), { nil: undefined })
      }),
      { minLength: 1, maxLength: 12 }
    )
    const limit = fc.nat(12)
    fc.assert(
      fc.property(shape, limit, limit, fc.boolean(), (nodes, subjects, referrers, hasApi) => {
        const images = nodes.map(({ isTagged }, at) => image(at, isTagged ? {} : { tags: [] }))
        const selected = nodes.flatMap(({ isSelected }, at) => (isSelected ? [at] : []))
        const analysis = analyze(images, selected, {}, { subjects, referrers })
        const all = nodes.map(({ subject }, at) => ({ at, subject }))
        for (let next = analysis.ask(); next !== undefined; next = analysis.ask()) {
          for (const digest of next.digests) {
            const { subject } = all.find(({ at }) => digestOf(at) === digest)!
            const found = all.filter((one) => digestOf(one.subject ?? -1) === digest)
            if (next.kind === 'manifests') analysis.learnLinks(digest, links([], subject))
            else
              analysis.learnReferrers(
                digest,
                hasApi ? found.map(({ at }) => digestOf(at)) : undefined
              )
          }
        }
        const { toDelete } = analysis
        for (const { at, subject } of all) {
          const isKept = subject !== undefined && subject < nodes.length
          if (isKept && !toDelete.has(digestOf(subject)))
            expect(toDelete).not.toContain(digestOf(at))
        }
        expect(analysis.uncheckedCount).toBe(0)
      }),
      { numRuns: 1000 }
    )
  })

  test('always reads kept indexes and artifacts to delete, for any limits', () => {
    const artifact = { artifactMediaType: 'application/vnd.example' }
    const images = [image(1, artifact), image(2, artifact), image(3, index), image(4, index)]
    const analysis = analyze(images, [1, 2], {}, { subjects: 1, referrers: 1 })
    expect(analysis.ask()?.digests).toEqual([digestOf(3), digestOf(4)])
    analysis.learnLinks(digestOf(3), links([]))
    analysis.learnLinks(digestOf(4), links([]))
    expect(analysis.ask()?.digests).toEqual([digestOf(1), digestOf(2)])
  })

  test('reads the images of unknown types to delete for any limits, although they have the config of a container', () => {
    const images = [1, 2, 3].map((at) => image(at, { mediaType: undefined }))
    const limits = { subjects: 1, referrers: 0, isCarriedOut: false }
    expect(analyze(images, [1, 2, 3], {}, limits).ask()?.digests).toEqual([1, 2, 3].map(digestOf))
  })

  test.each([
    [true, [image(9)], 2],
    [true, [], 0],
    [false, [image(9)], 0]
  ])(
    'reads many indexes to delete only for the order of a run that deletes other images, too (%p)',
    (isCarriedOut, others, count) => {
      const images = [image(1, index), image(2, index), ...others]
      const analysis = analyze(images, [1, 2, 9], {}, { subjects: 1, referrers: 0, isCarriedOut })
      expect(analysis.ask()?.digests ?? []).toHaveLength(count)
      expect(analysis.readsDeletedIndexes).toBe(false)
    }
  )

  test.each([true, false])(
    'reads a few indexes to delete, also if more images are deleted than it reads (real run: %p)',
    (isCarriedOut) => {
      const images = [image(1, index), image(2), image(3)]
      const limits = { subjects: 1, isCarriedOut }
      const analysis = analyze(images, [1, 2, 3], {}, limits)
      expect(analysis.ask()?.digests).toEqual([digestOf(1)])
      analysis.learnLinks(digestOf(1), links([2, 3]))
      expect(analysis.ask()).toBeUndefined()
      expect(analysis.readsDeletedIndexes).toBe(true)
    }
  )

  test('treats manifests of unknown types as indexes', () => {
    const analysis = analyze(
      [image(1), image(2, { mediaType: undefined }), image(3, { mediaType: 'x/y' })],
      [1]
    )
    expect(analysis.ask()?.digests).toEqual([digestOf(2), digestOf(3)])
    analysis.learnLinks(digestOf(3), undefined)
    expect(analysis.toDelete.size).toBe(0)
    expect(analysis.unreadable).toEqual([digestOf(3)])
    expect(analysis.reasons.get(digestOf(1))).toBe('index t3 could not be read and might need it')
  })

  test('keeps only the unreadable image if it is not an index', () => {
    const analysis = analyze([image(1), image(2), image(3, { tags: [] })], [1, 2, 3])
    expect(analysis.ask()?.digests).toEqual([1, 2, 3].map(digestOf))
    analysis.learnLinks(digestOf(1), undefined)
    for (const at of [2, 3]) analysis.learnLinks(digestOf(at), links([]))
    expect([...analysis.toDelete]).toEqual([digestOf(2), digestOf(3)])
    expect(analysis.unreadableArtifacts).toEqual([])
    expect(analysis.reasons.get(digestOf(1))).toBe('its manifest could not be read')
  })

  const many = Array.from({ length: 150 }, (_, at) => at)

  test('lists the referrers of the kept images if there are too many images to read', () => {
    const analysis = analyze([...many.map((at) => image(at)), image(999)], many)
    expect(analysis.ask()).toEqual({ kind: 'referrers', digests: [digestOf(999)] })
    analysis.learnReferrers(digestOf(999), [digestOf(5), digestOf(12345)])
    expect(analysis.reasons.get(digestOf(5))).toBe('refers to t999')
    expect(analysis.ask()).toEqual({ kind: 'referrers', digests: [digestOf(5)] })
    analysis.learnReferrers(digestOf(5), [])
    expect(analysis.ask()).toBeUndefined()
    expect(analysis.toDelete.size).toBe(149)
    expect(analysis.uncheckedCount).toBe(0)
  })

  test('keeps images if listing referrers fails, and reads them if it is not supported', () => {
    const failing = analyze([...many.map((at) => image(at)), image(999)], many)
    failing.learnReferrers(digestOf(999), 'unreadable')
    expect(failing.toDelete.size).toBe(0)
    const unsupported = analyze([...many.map((at) => image(at)), image(999)], many)
    unsupported.learnReferrers(digestOf(999), undefined)
    expect(unsupported.ask()).toEqual({ kind: 'manifests', digests: many.map(digestOf) })
    expect(unsupported.uncheckedCount).toBe(0)
  })

  test.each([true, false])(
    'reads the images that no index lists if there are too many kept images (real run: %p)',
    (isCarriedOut) => {
      const kept = Array.from({ length: 151 }, (_, at) => 1000 + at)
      const images = [...many, ...kept].map((at) => image(at))
      const selected = [...many, 2000]
      const analysis = analyze([...images, image(2000, index)], selected, {}, { isCarriedOut })
      analysis.learnLinks(digestOf(2000), links(many.slice(3)))
      expect(analysis.ask()).toEqual({ kind: 'manifests', digests: many.slice(0, 3).map(digestOf) })
      analysis.learnLinks(digestOf(0), links([], 1000))
      for (const at of [1, 2]) analysis.learnLinks(digestOf(at), links([]))
      expect(analysis.ask()).toBeUndefined()
      expect(analysis.toDelete.has(digestOf(0))).toBe(false)
      expect(analysis.uncheckedCount).toBe(isCarriedOut ? 0 : 147)
    }
  )

  /** An image with tags: `3` refers to image 3, and any other text is a tag as it is. */
  const tagged = (at: number, ...tags: (number | string)[]): ListedImage =>
    image(at, {
      tags: tags.map((tag) => (typeof tag === 'number' ? `sha256-${hexOf(tag)}.sig` : tag))
    })
  const deletedOf = (analysis: ReferenceAnalysis): string[] => [...analysis.toDelete].sort()

  test.each<[string, readonly ListedImage[], readonly number[], readonly number[]]>([
    ['an image that refers to itself', [tagged(1, 1)], [], []],
    ['an image that refers to itself and has a selected tag', [tagged(1, 1, 'v1')], [1], []],
    ['a cycle', [tagged(1, 2), tagged(2, 1)], [], []],
    ['a cycle with a selected tag', [tagged(1, 2, 'v1'), tagged(2, 1)], [1], []],
    ['a cycle with a kept tag', [tagged(1, 2, 'kept'), tagged(2, 1)], [], []],
    ['a long cycle', [tagged(1, 2), tagged(2, 3), tagged(3, 1)], [], []],
    ['a chain to a cycle', [tagged(1, 2), tagged(2, 3), tagged(3, 2)], [], []],
    ['a chain to a kept image', [tagged(1, 'v1'), tagged(2, 1), tagged(3, 2)], [], []],
    ['a chain to a selected image', [tagged(1, 'v1'), tagged(2, 1), tagged(3, 2)], [1], [1, 2, 3]],
    [
      'a referrer of a kept and a selected image',
      [tagged(1, 'v1'), tagged(2, 'v2'), tagged(3, 1, 2)],
      [1],
      [1]
    ],
    ['a referrer before its image', [tagged(2, 1), tagged(1, 'v1')], [1], [1, 2]],
    ['a chain in reverse', [tagged(3, 2), tagged(2, 1), tagged(1, 'v1')], [1], [1, 2, 3]],
    ['a referrer before a kept image', [tagged(2, 1, 'v2'), tagged(1, 'v1')], [2], []],
    ['a referrer with a kept tag', [tagged(1, 'v1'), tagged(2, 1, 'kept')], [1], [1]],
    ['a referrer with a selected tag', [tagged(1, 'v1'), tagged(2, 1, 'v2')], [1, 2], [1, 2]]
  ])('selects only what the rules ground: %s', (_, images, selected, deleted) => {
    expect(deletedOf(analyze(images, selected))).toEqual(deleted.map(digestOf))
  })

  test('never deletes an image that the rules do not reach', () => {
    const shape = fc.array(
      fc.record({
        referrerTags: fc.array(fc.nat(9), { maxLength: 2 }),
        hasOwnTag: fc.boolean(),
        isSelected: fc.boolean()
      }),
      { minLength: 1, maxLength: 10 }
    )
    fc.assert(
      fc.property(shape, (nodes) => {
        const images = nodes.map(({ referrerTags, hasOwnTag }, at) =>
          tagged(
            at,
            ...new Set(referrerTags.map((to) => to % nodes.length)),
            ...(hasOwnTag ? [`t${at}`] : [])
          )
        )
        const selected = nodes.flatMap(({ isSelected }, at) => (isSelected ? [at] : []))
        const { toDelete } = analyze(images, selected)
        // Every deleted image has a derivation: its rounds end at images that the rules select.
        const derived = new Set<string>()
        for (let size = -1; size !== derived.size;) {
          size = derived.size
          for (const [at, { digest, tags }] of images.entries()) {
            const isGround = (tag: string): boolean =>
              tag.startsWith('sha256-')
                ? derived.has(digestOf(parseInt(tag.slice(7, 71), 16)))
                : selected.includes(at)
            if (tags.length === 0 ? selected.includes(at) : tags.every(isGround))
              derived.add(digest)
          }
        }
        for (const digest of toDelete) expect(derived).toContain(digest)
      }),
      { numRuns: 500 }
    )
  })

  test.each<[string, Partial<StepFacts>, string | undefined]>([
    ['no repository holds', {}, undefined],
    ['another repository holds', { findHolder: () => 'team/app' }, 'its image is in team/app'],
    [
      'an unreadable repository might hold',
      { unlisted: ['team/x'] },
      'its image might be in team/x, which could not be read'
    ]
  ])('decides on a referrer whose subject %s', (_, facts, reason) => {
    const artifact = { artifactMediaType: 'application/vnd.example.sbom', tags: [] }
    const analysis = analyze([image(1), image(2, artifact)], [2], facts)
    expect(analysis.ask()?.digests).toEqual([digestOf(2)])
    analysis.learnLinks(digestOf(2), links([], 99))
    expect(analysis.reasons.get(digestOf(2))).toBe(reason)
    expect(analysis.toDelete.has(digestOf(2))).toBe(reason === undefined)
    expect(analysis.foreign.has(digestOf(2))).toBe(reason !== undefined)
  })

  test('does not search other repositories for the image of a manifest without a subject', () => {
    const artifact = { artifactMediaType: 'application/vnd.example.sbom', tags: [] }
    const analysis = analyze([image(1), image(2, artifact)], [2], { unlisted: ['team/x'] })
    analysis.learnLinks(digestOf(2), links([]))
    expect([...analysis.toDelete]).toEqual([digestOf(2)])
    expect(analysis.foreign.size).toBe(0)
  })

  test('deletes a referrer with its image in the same repository', () => {
    const artifact = { artifactMediaType: 'application/vnd.example.sbom', tags: [] }
    const facts = { findHolder: () => 'team/app' }
    const analysis = analyze([image(1), image(2, artifact), image(3)], [1, 2], facts)
    analysis.learnLinks(digestOf(2), links([], 1))
    expect([...analysis.toDelete]).toEqual([digestOf(1), digestOf(2)])
  })

  describe('the untagged subject of a kept image', () => {
    const sbom = { artifactMediaType: 'application/vnd.example.sbom' }
    const untagged = { tags: [] }

    test('is kept with what it needs, if the artifact is read before or after it is kept', () => {
      const images = [image(1, untagged), image(2, { ...index, ...untagged }), image(3, sbom)]
      const analysis = analyze([...images, image(4, { ...sbom, ...untagged })], [1, 2, 4])
      expect(analysis.ask()).toEqual({ kind: 'manifests', digests: [digestOf(3)] })
      // The subject of image 4 is known before image 4 is kept, and the one of image 3 only afterwards.
      analysis.learnLinks(digestOf(4), links([], 2))
      analysis.learnLinks(digestOf(3), links([], 4))
      expect(analysis.ask()?.digests).toEqual([digestOf(2)])
      analysis.learnLinks(digestOf(2), links([1]))
      expect([...analysis.toDelete]).toEqual([])
      expect(Object.fromEntries(analysis.reasons)).toEqual({
        [digestOf(4)]: 'the subject of t3',
        [digestOf(2)]: `the subject of ${digestOf(4).slice(0, 19)}`,
        [digestOf(1)]: `needed by ${digestOf(2).slice(0, 19)}`
      })
    })

    test.each([
      ['an index', index],
      ['an artifact', sbom],
      ['an artifact without a tag', { ...sbom, ...untagged }],
      ['an artifact without an artifact type', { artifactMediaType: undefined }],
      ['a manifest of an unknown type', { mediaType: undefined }]
    ])('is kept if it is %s', (_, changes) => {
      const analysis = analyze([image(1, untagged), image(2), image(3, changes)], [1, 2])
      expect(analysis.ask()?.digests).toEqual([digestOf(3)])
      analysis.learnLinks(digestOf(3), links([], 1))
      expect([...analysis.toDelete]).toEqual([digestOf(2)])
    })

    test('is deleted if it has a tag that a rule selects', () => {
      const analysis = analyze([image(1), image(2, untagged), image(3, sbom)], [1, 2])
      analysis.learnLinks(digestOf(3), links([], 1))
      expect([...analysis.toDelete]).toEqual([1, 2].map(digestOf))
    })

    test('is deleted if a container image refers to it, also if that was read before it was kept', () => {
      const images = [image(1, untagged), image(2), image(3, index)]
      const analysis = analyze(images, [1, 2])
      analysis.learnLinks(digestOf(2), links([], 1))
      analysis.learnLinks(digestOf(3), links([2]))
      expect([...analysis.toDelete]).toEqual([digestOf(1)])
    })

    test('is deleted with referrers that are kept for no other reason', () => {
      const signature = { ...sbom, tags: [`sha256-${hexOf(1)}.sig`] }
      const images = [image(1, untagged), image(2, { ...sbom, ...untagged }), image(3, signature)]
      const analysis = analyze([...images, image(4, { ...sbom, tags: ['old'] })], [1, 2, 4])
      for (const at of [2, 3, 4]) analysis.learnLinks(digestOf(at), links([], 1))
      expect(analysis.ask()?.digests).toEqual([digestOf(1)])
      expect(analysis.toDelete.size).toBe(4)
    })

    test.each([
      ['no untagged image is deleted', [image(1), image(2, sbom)]],
      [
        'the others are images and charts',
        [
          image(1, untagged),
          image(2),
          image(3, { artifactMediaType: 'application/vnd.cncf.helm.config.v1+json' }),
          image(4, { mediaType: MEDIA_TYPES.dockerManifest, artifactMediaType: undefined })
        ]
      ]
    ])('is not looked for if %s', (_, images) => {
      expect(analyze(images, [1]).ask()).toEqual({ kind: 'manifests', digests: [digestOf(1)] })
    })

    test.each([2, 9])(
      'might be any untagged image if an artifact cannot be read (selected: %i)',
      (selected) => {
        const images = [image(1, untagged), image(2, sbom), image(3), image(4, sbom)]
        const analysis = analyze(images, [1, 3, selected])
        analysis.learnLinks(digestOf(2), undefined)
        analysis.learnLinks(digestOf(4), undefined)
        expect([...analysis.toDelete]).toEqual([digestOf(3)])
        expect(analysis.reasons.get(digestOf(1))).toBe(
          'artifact t2 could not be read and might refer to it'
        )
        expect([analysis.unreadableArtifacts, analysis.unreadable]).toEqual([[digestOf(2)], []])
      }
    )
  })

  test('keeps referrers by subject in a repository that has only referrer tags', () => {
    const artifact = { artifactMediaType: 'application/vnd.example.sbom' }
    const sbom = image(2, { ...artifact, tags: [] })
    const signature = image(3, { ...artifact, tags: [`sha256-${hexOf(98)}.sig`] })
    const analysis = analyze([sbom, signature], [2])
    analysis.learnLinks(digestOf(2), links([], 99))
    expect(analysis.reasons.get(digestOf(2))).toMatch(/^the repository contains only referrers/)
  })
})

describe('orderDeletions', () => {
  /** Lists which image is deleted before which, by the documented rules: enforced pairs and preferred pairs. */
  function orderOf(
    images: readonly ListedImage[],
    known: ReadonlyMap<string, ManifestLinks>,
    subjectOrder: SubjectOrder
  ): { enforced: [string, string][]; preferred: [string, string][] } {
    const enforced: [string, string][] = []
    const preferred: [string, string][] = []
    for (const { digest, tags } of images) {
      const { children, subject } = known.get(digest)!
      for (const child of children) enforced.push([digest, child])
      const isReferrerFirst = subjectOrder === 'referrer-first'
      if (subject !== undefined && isReferrerFirst) enforced.push([digest, subject])
      if (subject !== undefined && !isReferrerFirst) preferred.push([subject, digest])
      for (const tag of tags) {
        const target = tag.replace('-', ':')
        if (target !== digest && !(isReferrerFirst && target === subject))
          preferred.push([target, digest])
      }
    }
    return { enforced, preferred }
  }

  /** Returns whether the graph has a path between the two nodes. */
  function hasPath(edges: readonly [string, string][], from: string, to: string): boolean {
    const seen = new Set<string>([from])
    for (const node of seen) {
      for (const [before, after] of edges) if (before === node) seen.add(after)
    }
    return seen.has(to)
  }

  test.each<SubjectOrder>(['subject-first', 'referrer-first'])(
    'orders indexes before their images and keeps the preferred order outside of cycles (%s)',
    (subjectOrder) => {
      const shape = fc.array(
        fc.record({
          children: fc.array(fc.nat(30), { maxLength: 3 }),
          subject: fc.option(fc.nat(30), { nil: undefined }),
          referrerTagOf: fc.option(fc.nat(30), { nil: undefined }),
          isSelected: fc.boolean()
        }),
        { minLength: 1, maxLength: 20 }
      )
      fc.assert(
        fc.property(shape, (nodes) => {
          // A manifest refers only to earlier manifests, as in a registry. Referrer tags can have any target.
          const known = new Map<string, ManifestLinks>()
          const images = nodes.map(({ children, subject, referrerTagOf }, at) => {
            const earlier = (to: number): number[] => (at === 0 ? [] : [to % at])
            const subjects = subject === undefined ? [] : earlier(subject)
            known.set(digestOf(at), links(children.flatMap(earlier), subjects[0]))
            const target = referrerTagOf === undefined ? undefined : referrerTagOf % nodes.length
            return image(at, { tags: target === undefined ? [] : [`sha256-${hexOf(target)}`] })
          })
          const toDelete = new Set(
            nodes.flatMap(({ isSelected }, at) => (isSelected ? [digestOf(at)] : []))
          )
          const inventory = {
            tags: [],
            images: new Map(images.map((one) => [one.digest, one])),
            unsettled: new Set<string>()
          }
          const findPosition = orderDeletions(inventory, toDelete, known, subjectOrder)
          for (const { digest } of images) {
            expect(findPosition(digest) !== undefined).toBe(toDelete.has(digest))
            const { depth, after } = findPosition(digest) ?? { depth: 0, after: [] }
            for (const before of after) expect(findPosition(before)!.depth).toBeLessThan(depth)
          }
          const given = orderOf(images, known, subjectOrder)
          const isDeleted = ([before, after]: [string, string]): boolean =>
            toDelete.has(before) && toDelete.has(after)
          const enforced = given.enforced.filter(isDeleted)
          const preferred = given.preferred.filter(isDeleted)
          for (const [before, after] of enforced) {
            expect(findPosition(after)!.after).toContain(before)
          }
          for (const [before, after] of preferred) {
            if (hasPath([...enforced, ...preferred], after, before)) continue
            expect(findPosition(after)!.after).toContain(before)
          }
        })
      )
    }
  )

  test('orders an index that refers to its own image first, and a signature of that image last', () => {
    const images = [image(1), image(2, index), image(3)]
    const inventory = {
      tags: [],
      images: new Map(images.map((one) => [one.digest, one])),
      unsettled: new Set<string>()
    }
    const known = new Map([
      [digestOf(2), links([1], 1)],
      [digestOf(3), links([], 1)]
    ])
    const toDelete = new Set(images.map(({ digest }) => digest))
    const findPosition = orderDeletions(inventory, toDelete, known)
    expect(findPosition(digestOf(2))).toEqual({ depth: 0, after: [] })
    expect(findPosition(digestOf(1))).toEqual({ depth: 1, after: [digestOf(2)] })
    expect(findPosition(digestOf(3))).toEqual({ depth: 2, after: [digestOf(1)] })
  })

  test('orders a long chain of images, including a cycle', () => {
    const chain = Array.from({ length: 20_000 }, (_, at) => digestOf(at))
    const known = new Map(chain.map((digest, at) => [digest, links([], at + 1)]))
    known.set(digestOf(19_999), links([0], 0))
    const inventory = { tags: [], images: new Map(), unsettled: new Set<string>() }
    const findPosition = orderDeletions(inventory, new Set(chain), known)
    expect(chain.filter((digest) => findPosition(digest) === undefined)).toEqual([])
  })

  test('orders referrers and referrer tags after their image', () => {
    const images = [image(1), image(2), image(3, { tags: [`sha256-${hexOf(2)}.sig`] })]
    const inventory = {
      tags: [],
      images: new Map(images.map((one) => [one.digest, one])),
      unsettled: new Set<string>()
    }
    const known = new Map([[digestOf(2), links([], 1)]])
    const toDelete = new Set(images.map(({ digest }) => digest))
    const findPosition = orderDeletions(inventory, toDelete, known)
    expect(findPosition(digestOf(2))).toEqual({ depth: 1, after: [digestOf(1)] })
    expect(findPosition(digestOf(3))).toEqual({ depth: 2, after: [digestOf(2)] })
  })
})
