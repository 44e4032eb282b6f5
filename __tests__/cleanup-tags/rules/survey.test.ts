import fc from 'fast-check'
import { MEDIA_TYPES } from '../../../src/oci/media-types.js'
import type { Inventory, ListedImage } from '../../../src/cleanup-tags/rules/inventory.js'
import { orderDeletions } from '../../../src/cleanup-tags/rules/levels.js'
import type { SubjectOrder } from '../../../src/cleanup-tags/rules/levels.js'
import { Survey } from '../../../src/cleanup-tags/rules/survey.js'
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

/** A survey of these images, of which those in `going` may go by the rules. */
function surveyOf(images: readonly ListedImage[], going: readonly number[]): Survey {
  const tags = images.flatMap(({ digest, tags: own }) =>
    own.map((tag) => ({ tag, digest, createdAt: 0 }))
  )
  const inventory: Inventory = {
    tags,
    images: new Map(images.map((one) => [one.digest, one])),
    unsettled: new Set()
  }
  const verdictOf = (digest: string) => ({
    goes: going.some((at) => digestOf(at) === digest),
    reason: 'x'
  })
  return new Survey(inventory, {
    tags: new Map(
      tags
        .filter(({ tag }) => !tag.startsWith('sha256-'))
        .map(({ tag, digest }) => [tag, verdictOf(digest)])
    ),
    untagged: new Map(images.map(({ digest }) => [digest, verdictOf(digest)])),
    isByImage: false
  })
}

const links = (children: number[], subject?: number): ManifestLinks => ({
  children: children.map(digestOf),
  subject: subject === undefined ? undefined : digestOf(subject)
})

const index = { mediaType: MEDIA_TYPES.ociIndex, artifactMediaType: undefined }

describe('Survey', () => {
  test('nothing is asked where nothing may go', () => {
    expect(surveyOf([image(1), image(2, index)], []).ask()).toBeUndefined()
  })

  test('kept indexes are read, Docker images that go are not', () => {
    const docker = {
      mediaType: MEDIA_TYPES.dockerManifest,
      artifactMediaType: MEDIA_TYPES.dockerConfig
    }
    const survey = surveyOf([image(1, docker), image(2, index)], [1])
    expect(survey.ask()).toEqual({ kind: 'manifests', digests: [digestOf(2)] })
    survey.learnLinks(digestOf(2), links([]))
    expect(survey.ask()).toBeUndefined()
    expect([...survey.doomed]).toEqual([digestOf(1)])
  })

  test('a manifest of a type that nobody knows may be an index', () => {
    const survey = surveyOf(
      [image(1), image(2, { mediaType: undefined }), image(3, { mediaType: 'x/y' })],
      [1]
    )
    expect(survey.ask()?.digests).toEqual([digestOf(2), digestOf(3)])
    survey.learnLinks(digestOf(3), undefined)
    expect(survey.doomed.size).toBe(0)
    expect(survey.unreadable).toEqual([digestOf(3)])
  })

  test('a candidate that cannot be read stays; it alone, if it is no index', () => {
    const survey = surveyOf([image(1), image(2)], [1, 2])
    expect(survey.ask()?.digests).toEqual([digestOf(1), digestOf(2)])
    survey.learnLinks(digestOf(1), undefined)
    survey.learnLinks(digestOf(2), links([]))
    expect([...survey.doomed]).toEqual([digestOf(2)])
    expect(survey.reasons.get(digestOf(1))).toBe('its manifest could not be read')
  })

  const many = Array.from({ length: 150 }, (_, at) => at)

  test('of many plain images the kept ones are asked what refers to them, where they are few', () => {
    const survey = surveyOf([...many.map((at) => image(at)), image(999)], many)
    expect(survey.ask()).toEqual({ kind: 'referrers', digests: [digestOf(999)] })
    survey.learnReferrers(digestOf(999), [digestOf(5), digestOf(12345)])
    expect(survey.reasons.get(digestOf(5))).toBe('refers to t999')
    expect(survey.ask()).toEqual({ kind: 'referrers', digests: [digestOf(5)] })
    survey.learnReferrers(digestOf(5), [])
    expect(survey.ask()).toBeUndefined()
    expect(survey.doomed.size).toBe(149)
    expect(survey.uncheckedCount).toBe(0)
  })

  test('where the registry fails to tell, they stay; where it cannot, they are counted as not checked', () => {
    const failing = surveyOf([...many.map((at) => image(at)), image(999)], many)
    failing.learnReferrers(digestOf(999), 'unreadable')
    expect(failing.doomed.size).toBe(0)
    const lacking = surveyOf([...many.map((at) => image(at)), image(999)], many)
    lacking.learnReferrers(digestOf(999), undefined)
    expect(lacking.ask()).toBeUndefined()
    expect(lacking.doomed.size).toBe(150)
    expect(lacking.uncheckedCount).toBe(150)
  })

  test('of very many the ones that no index lists are read, as they are the likelier to refer', () => {
    const kept = Array.from({ length: 101 }, (_, at) => 1000 + at)
    const images = [...many, ...kept].map((at) => image(at))
    const survey = surveyOf([...images, image(2000, index)], [...many, 2000])
    survey.learnLinks(digestOf(2000), links(many.slice(3)))
    expect(survey.ask()).toEqual({ kind: 'manifests', digests: many.slice(0, 3).map(digestOf) })
    survey.learnLinks(digestOf(0), links([], 1000))
    for (const at of [1, 2]) survey.learnLinks(digestOf(at), links([]))
    expect(survey.ask()).toBeUndefined()
    expect(survey.doomed.has(digestOf(0))).toBe(false)
    expect(survey.uncheckedCount).toBe(147)
  })

  test('companion tags in a circle stay or go together', () => {
    const ring = [
      image(1, { tags: [`sha256-${hexOf(2)}.sig`] }),
      image(2, { tags: [`sha256-${hexOf(1)}.sig`] })
    ]
    const survey = surveyOf(ring, [])
    for (const { digest } of ring) survey.learnLinks(digest, links([]))
    expect(survey.ask()).toBeUndefined()
    expect(survey.doomed.size).toBe(2)
    expect(
      surveyOf([{ ...ring[0]!, tags: [...ring[0]!.tags, 'kept'] }, ring[1]!], []).doomed.size
    ).toBe(0)
  })
})

describe('orderDeletions', () => {
  /** What goes before each image, as the rules for it have it: what the service insists on, and the others. */
  function orderOf(
    images: readonly ListedImage[],
    known: ReadonlyMap<string, ManifestLinks>,
    subjectOrder: SubjectOrder
  ): { insisted: [string, string][]; others: [string, string][] } {
    const insisted: [string, string][] = []
    const others: [string, string][] = []
    for (const { digest, tags } of images) {
      const { children, subject } = known.get(digest)!
      for (const child of children) insisted.push([digest, child])
      const isTurned = subjectOrder === 'referrer-first'
      if (subject !== undefined && isTurned) insisted.push([digest, subject])
      if (subject !== undefined && !isTurned) others.push([subject, digest])
      for (const tag of tags) {
        const target = tag.replace('-', ':')
        if (target !== digest && !(isTurned && target === subject)) others.push([target, digest])
      }
    }
    return { insisted, others }
  }

  /** Whether one can be reached from the other. */
  function leads(edges: readonly [string, string][], from: string, to: string): boolean {
    const seen = new Set<string>([from])
    for (const node of seen) {
      for (const [before, after] of edges) if (before === node) seen.add(after)
    }
    return seen.has(to)
  }

  test.each<SubjectOrder>(['subject-first', 'referrer-first'])(
    'an index goes before its images, what else has an order keeps it but in circles (%s)',
    (subjectOrder) => {
      const shape = fc.array(
        fc.record({
          children: fc.array(fc.nat(30), { maxLength: 3 }),
          subject: fc.option(fc.nat(30), { nil: undefined }),
          companionOf: fc.option(fc.nat(30), { nil: undefined }),
          goes: fc.boolean()
        }),
        { minLength: 1, maxLength: 20 }
      )
      fc.assert(
        fc.property(shape, (nodes) => {
          // As in a registry, a manifest refers only to what was there before; companion tags may name anything.
          const known = new Map<string, ManifestLinks>()
          const images = nodes.map(({ children, subject, companionOf }, at) => {
            const earlier = (to: number): number[] => (at === 0 ? [] : [to % at])
            const subjects = subject === undefined ? [] : earlier(subject)
            known.set(digestOf(at), links(children.flatMap(earlier), subjects[0]))
            const target = companionOf === undefined ? undefined : companionOf % nodes.length
            return image(at, { tags: target === undefined ? [] : [`sha256-${hexOf(target)}`] })
          })
          const doomed = new Set(nodes.flatMap(({ goes }, at) => (goes ? [digestOf(at)] : [])))
          const inventory = {
            tags: [],
            images: new Map(images.map((one) => [one.digest, one])),
            unsettled: new Set<string>()
          }
          const places = orderDeletions(inventory, doomed, known, subjectOrder)
          expect([...places.keys()].sort()).toEqual([...doomed].sort())
          for (const { level, after } of places.values()) {
            for (const before of after) expect(places.get(before)!.level).toBeLessThan(level)
          }
          const given = orderOf(images, known, subjectOrder)
          const isDoomed = ([before, after]: [string, string]): boolean =>
            doomed.has(before) && doomed.has(after)
          const insisted = given.insisted.filter(isDoomed)
          const others = given.others.filter(isDoomed)
          for (const [before, after] of insisted) {
            expect(places.get(after)!.after).toContain(before)
          }
          for (const [before, after] of others) {
            if (leads([...insisted, ...others], after, before)) continue
            expect(places.get(after)!.after).toContain(before)
          }
        })
      )
    }
  )

  test('an index that refers to its own image goes first, and a signature of that image last', () => {
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
    const doomed = new Set(images.map(({ digest }) => digest))
    const places = orderDeletions(inventory, doomed, known)
    expect(places.get(digestOf(2))).toEqual({ level: 0, after: [] })
    expect(places.get(digestOf(1))).toEqual({ level: 1, after: [digestOf(2)] })
    expect(places.get(digestOf(3))).toEqual({ level: 2, after: [digestOf(1)] })
  })

  test('a long chain of images is put in order, also where it closes to a circle', () => {
    const chain = Array.from({ length: 20_000 }, (_, at) => digestOf(at))
    const known = new Map(chain.map((digest, at) => [digest, links([], at + 1)]))
    known.set(digestOf(19_999), links([0], 0))
    const inventory = { tags: [], images: new Map(), unsettled: new Set<string>() }
    const places = orderDeletions(inventory, new Set(chain), known)
    expect(places.size).toBe(20_000)
  })

  test('without a circle, what refers to an image waits for it, and so does its companion', () => {
    const images = [image(1), image(2), image(3, { tags: [`sha256-${hexOf(2)}.sig`] })]
    const inventory = {
      tags: [],
      images: new Map(images.map((one) => [one.digest, one])),
      unsettled: new Set<string>()
    }
    const known = new Map([[digestOf(2), links([], 1)]])
    const doomed = new Set(images.map(({ digest }) => digest))
    const places = orderDeletions(inventory, doomed, known)
    expect(places.get(digestOf(2))).toEqual({ level: 1, after: [digestOf(1)] })
    expect(places.get(digestOf(3))).toEqual({ level: 2, after: [digestOf(2)] })
  })
})
