import fc from 'fast-check'
import { createEvaluator } from '../../../src/cleanup-tags/create-evaluator.js'
import { createInventory } from '../../../src/cleanup-tags/rules/inventory.js'
import type { ListedImage } from '../../../src/cleanup-tags/rules/inventory.js'
import { planRetention } from '../../../src/cleanup-tags/rules/plan-retention.js'
import type {
  PlannedDeletion,
  RetentionPlan
} from '../../../src/cleanup-tags/rules/plan-retention.js'
import { ReferenceAnalysis } from '../../../src/cleanup-tags/rules/reference-analysis.js'
import type { StepFacts } from '../../../src/cleanup-tags/rules/step-facts.js'
import { MEDIA_TYPES } from '../../../src/oci/media-types.js'
import { isSoak, SEED, tellCounts } from '../../helpers/counts.js'
import { makeInputs } from '../../helpers/make-inputs.js'
import type { RepositoryState } from '../../helpers/populate.js'
import { given, TAGS } from '../../helpers/registry-scenario.js'
import { policyText, ruleInputs } from '../../helpers/retention-inputs.js'
import { expectedState, findReferrerTagTarget } from '../../helpers/retention-model.js'
import type { Given, Known, PullRequestStates } from '../../helpers/retention-model.js'

const RUNS = isSoak ? 20_000 : 400
const NOW = Date.parse('2026-06-01T00:00:00Z')
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const AGES = [0, MINUTE, 30 * MINUTE, 3 * 60 * MINUTE, DAY, DAY + 1, 15 * DAY, 30 * DAY]

const digestOf = (at: number): string => `sha256:${at.toString(16).padStart(64, '0')}`
/** An image that is in another repository of the step, and one that is in no repository. */
const ELSEWHERE = digestOf(98)
const NOWHERE = digestOf(99)

/** Types that are not the one of an image. */
const ARTIFACT_TYPES: { mediaType: string; artifactMediaType: string | undefined }[] = [
  { mediaType: MEDIA_TYPES.ociManifest, artifactMediaType: 'application/vnd.example.sbom' },
  { mediaType: 'application/vnd.oci.artifact.manifest.v1+json', artifactMediaType: undefined }
]

/**
 * An image. The numbers are images of the same repository, modulo their count, or one of the two above. A manifest can
 * only contain digests of images that existed before it.
 */
const image = fc.record({
  children: fc.oneof(fc.constant(undefined), fc.array(fc.nat(9), { maxLength: 3 })),
  subject: fc.oneof(fc.constant(undefined), fc.nat(11)),
  referrerTags: fc.array(
    fc.record({ to: fc.nat(11), suffix: fc.constantFrom('', '.sig', '.att') }),
    { maxLength: 2 }
  ),
  tags: fc.oneof(fc.constant([]), fc.subarray(TAGS, { minLength: 1, maxLength: 4 })),
  age: fc.constantFrom(...AGES),
  /** Whether the listing contains the media type. An image without one can be an index. */
  hasType: fc.nat(4).map((one) => one > 0),
  /** A Docker image does not have a subject. */
  type: fc.constantFrom(
    ...ARTIFACT_TYPES,
    { mediaType: MEDIA_TYPES.ociManifest, artifactMediaType: MEDIA_TYPES.ociConfig },
    { mediaType: MEDIA_TYPES.ociManifest, artifactMediaType: undefined },
    { mediaType: MEDIA_TYPES.dockerManifest, artifactMediaType: MEDIA_TYPES.dockerConfig }
  )
})
type Image = typeof image extends fc.Arbitrary<infer T> ? T : never

const repository = fc.record({
  images: fc.array(image, { minLength: 1, maxLength: 8 }),
  tagAges: fc.array(fc.constantFrom(...AGES), { minLength: 40, maxLength: 40 }),
  /** The images whose manifests are known before any is asked for, in this order. */
  early: fc.uniqueArray(fc.nat(7), { maxLength: 8 })
})
type Repository = typeof repository extends fc.Arbitrary<infer T> ? T : never

/** Returns whether the listing shows that it is neither an index nor an image. */
function isArtifact({ children, hasType, type }: Image): boolean {
  return children === undefined && hasType && ARTIFACT_TYPES.includes(type)
}

/** Returns whether the listing shows that it is a container image, so that a kept one is not read. */
function isContainer({ children, hasType, type }: Image): boolean {
  return children === undefined && hasType && type.artifactMediaType === MEDIA_TYPES.ociConfig
}

/** Builds a repository. A tag that several images have belongs to the last one. */
function build({ images, tagAges }: Repository) {
  const targetOf = (to: number, count = images.length): string =>
    [ELSEWHERE, NOWHERE][to - 10] ?? (count === 0 ? NOWHERE : digestOf(to % count))
  const known = new Map<string, Known>()
  const tags = new Map<string, string>()
  for (const [at, one] of images.entries()) {
    const children = (one.children ?? []).map((to) => targetOf(to, at))
    const canRefer = one.children !== undefined || one.type.mediaType !== MEDIA_TYPES.dockerManifest
    const subject = one.subject === undefined || !canRefer ? undefined : targetOf(one.subject, at)
    known.set(digestOf(at), {
      text: '',
      children,
      subject,
      isArtifact: isArtifact(one),
      isContainer: isContainer(one),
      pushedAt: NOW - one.age
    })
    const referrerTags = one.referrerTags.map(
      ({ to, suffix }) => `${targetOf(to).replace(':', '-')}${suffix}`
    )
    for (const tag of [...one.tags, ...referrerTags]) tags.set(tag, digestOf(at))
  }
  const tagTimes = new Map([...tags.keys()].map((tag, at) => [tag, NOW - tagAges[at]!]))
  const tagsOf = (digest: string): string[] =>
    [...tags].flatMap(([tag, other]) => (other === digest ? [tag] : []))
  const state: RepositoryState = {
    tags,
    images: new Map([...known.keys()].map((digest) => [digest, tagsOf(digest)]))
  }
  return { known, tagTimes, now: NOW, state }
}

type World = ReturnType<typeof build>

function listImages({ known, state }: World, images: readonly Image[]): Map<string, ListedImage> {
  const listed = [...state.images].map(([digest, tags], at): ListedImage => {
    const { children, type, hasType } = images[at]!
    const index = { mediaType: MEDIA_TYPES.ociIndex, artifactMediaType: undefined }
    return {
      digest,
      tags,
      pushedAt: known.get(digest)!.pushedAt,
      sizeBytes: 1,
      ...(children === undefined ? type : index),
      ...(hasType ? {} : { mediaType: undefined })
    }
  })
  return new Map(listed.map((one) => [one.digest, one]))
}

const STATES = { OPEN: 'open', CLOSED: 'closed', MERGED: 'closed', issue: 'none' } as const

function factsOf(pullRequests: PullRequestStates): StepFacts {
  return {
    now: NOW,
    findHolder: (digest) => (digest === ELSEWHERE ? 'team/other' : undefined),
    unlisted: [],
    pullRequests: new Map(
      Object.entries(pullRequests).map(([number, state]) => [
        Number(number),
        state === undefined ? 'none' : STATES[state]
      ])
    )
  }
}

/** Plans the deletions as the mode does, with the manifests in memory. */
async function plan(
  world: World,
  { images, early }: Repository,
  rules: Given
): Promise<RetentionPlan> {
  const texts =
    rules.policy === undefined
      ? ruleInputs(rules.rules)
      : { 'lifecycle-policy': policyText(rules.policy) }
  const inputs = makeInputs('cleanup-tags', { repository: 'team/app', ...texts })
  const evaluator = await createEvaluator(inputs, {})
  const listed = listImages(world, images)
  const tags = [...world.state.tags].map(([tag, digest]) => {
    return { tag, digest, createdAt: world.tagTimes.get(tag) }
  })
  const inventory = createInventory(tags, listed, listed)
  const facts = factsOf(rules.rules?.pullRequests ?? {})
  const decisions = evaluator.evaluate(inventory, facts)
  const limits = { subjects: 100, referrers: 100, isCarriedOut: true }
  const analysis = new ReferenceAnalysis(inventory, decisions, facts, limits)
  for (const at of early) {
    const links = world.known.get(digestOf(at))
    if (links !== undefined) analysis.learnLinks(digestOf(at), links)
  }
  for (let question = analysis.ask(); question !== undefined; question = analysis.ask()) {
    expect(question.kind).toBe('manifests')
    for (const digest of question.digests) analysis.learnLinks(digest, world.known.get(digest))
  }
  return planRetention(inventory, decisions, analysis, evaluator.includesUntagged)
}

/** Returns whether an image can only be deleted after an image that can only be deleted after it. */
function hasCycle({ known, state }: World): boolean {
  const after = new Map<string, string[]>([...known.keys()].map((digest) => [digest, []]))
  for (const [digest, { children, subject }] of known) {
    after.get(digest)!.push(...children)
    after.get(subject ?? '')?.push(digest)
  }
  for (const [tag, digest] of state.tags) {
    after.get(findReferrerTagTarget(tag) ?? '')?.push(digest)
  }
  return [...known.keys()].some((digest) => {
    const reached = new Set(after.get(digest))
    for (const each of reached) for (const next of after.get(each) ?? []) reached.add(next)
    return reached.has(digest)
  })
}

/** Carries out deletions one by one, as a service that deletes an image with its last tag. Checks each of them. */
function carryOut(
  world: World,
  deletions: readonly PlannedDeletion[],
  isReferrerFirst: boolean
): RepositoryState {
  const { known, state } = world
  const isCyclic = hasCycle(world)
  const tags = new Map(state.tags)
  const images = new Map([...state.images].map(([digest, own]) => [digest, [...own]]))
  const planned = new Set(
    deletions.flatMap(({ kind, row }) => (kind === 'tag' ? [] : [row.digest]))
  )
  let phase = 0
  for (const { kind, row, after, phase: own } of deletions) {
    expect(own).toBeGreaterThanOrEqual(phase)
    phase = own
    for (const digest of after) expect([digest, images.has(digest)]).toEqual([digest, false])
    const left = images.get(row.digest)!
    // A tag alone is never the last one of its image, and an image is deleted with its last tag.
    expect([kind, left.length]).toEqual([kind, expectedTags(kind, left.length)])
    if (row.tag !== undefined) {
      const target = findReferrerTagTarget(row.tag) ?? ''
      // A referrer is not deleted before its image, except within a cycle.
      if (!isReferrerFirst && !isCyclic && planned.has(target)) {
        expect([row.tag, images.has(target)]).toEqual([row.tag, false])
      }
      expect(tags.get(row.tag)).toBe(row.digest)
      tags.delete(row.tag)
      left.splice(left.indexOf(row.tag), 1)
    }
    if (kind === 'tag') continue
    images.delete(row.digest)
    // The service rejects the deletion of an image that an index lists.
    for (const [holder, { children, subject }] of known) {
      if (!images.has(holder)) continue
      expect(children).not.toContain(row.digest)
      const isReferrer = subject === row.digest && holder !== row.digest
      if (isReferrerFirst && isReferrer) expect(planned.has(holder)).toBe(false)
    }
  }
  return { tags, images }
}

function expectedTags(kind: PlannedDeletion['kind'], left: number): number {
  if (kind === 'tag') return Math.max(left, 2)
  return kind === 'image' ? 0 : 1
}

const toComparable = ({ tags, images }: RepositoryState): unknown => ({
  tags: [...tags].sort(),
  images: [...images].map(([digest, own]) => [digest, [...own].sort()]).sort()
})

describe('planRetention', () => {
  test('plans for random repositories what a naive implementation of the rules deletes', async () => {
    let plans = 0
    const property = fc.asyncProperty(repository, given, async (one, rules) => {
      const world = build(one)
      const { rows, deletions, referrersFirst } = await plan(world, one, rules)
      const expected = expectedState(world, world.state, rules, new Set([ELSEWHERE]))
      expect(toComparable(carryOut(world, deletions, false))).toEqual(toComparable(expected))
      expect(new Set(referrersFirst.map(({ row }) => row))).toEqual(
        new Set(deletions.map(({ row }) => row))
      )
      carryOut(world, referrersFirst, true)
      for (const { tag, digest, decision } of rows) {
        const stays = tag === undefined ? expected.images.has(digest) : expected.tags.has(tag)
        expect([tag ?? digest, decision]).toEqual([
          tag ?? digest,
          expect.objectContaining({ action: stays ? 'keep' : 'delete' })
        ])
      }
      expect(rows.filter(({ tag }) => tag !== undefined)).toHaveLength(world.state.tags.size)
      plans++
    })
    await fc.assert(property, { numRuns: RUNS })
    tellCounts('planRetention', { plans }, SEED)
  })

  const RULES: Given = {
    rules: {
      keepLatest: 0,
      keepLatestPer: 'repository',
      claims: [],
      pullRequests: {},
      sortBy: 'created',
      untagged: true
    }
  }

  /** Plans for images that are 30 days old. The ages of the tags are in days, in the order of the images. */
  async function planFor(
    images: readonly Partial<Image>[],
    tagDays: readonly number[] = [],
    rules: Given = RULES
  ): Promise<RetentionPlan> {
    const type = { mediaType: MEDIA_TYPES.ociManifest, artifactMediaType: MEDIA_TYPES.ociConfig }
    const base = { children: undefined, subject: undefined, referrerTags: [], tags: [] }
    const one: Repository = {
      images: images.map((image) => ({ ...base, age: 30 * DAY, hasType: true, type, ...image })),
      tagAges: Array.from({ length: 20 }, (_, at) => (tagDays[at] ?? 30) * DAY),
      early: []
    }
    return plan(build(one), one, rules)
  }

  const tagOf = (at: number, suffix = ''): string => `${digestOf(at).replace(':', '-')}${suffix}`
  const textsOf = ({ deletions }: RetentionPlan): string[] =>
    deletions.map(({ kind, row, phase }) => `${phase} ${kind} ${row.tag ?? row.digest}`)
  const keptBy = ({ rows }: RetentionPlan): Record<string, string> =>
    Object.fromEntries(
      rows.flatMap(({ tag = '', decision: { action, reason } }) =>
        action === 'keep' ? [[tag, reason]] : []
      )
    )

  test.each([
    ['v1.0.0', 'v1.1.0', [1, 2]],
    ['v1.1.0', 'v1.0.0', [2, 1]]
  ])(
    'keeps the latest tag of an image that is needed, %s and not %s',
    async (kept, deleted, days) => {
      const images = [{ tags: ['v1.0.0', 'v1.1.0'] }, { children: [0], tags: ['latest'] }]
      const planned = await planFor(images, days)
      expect(textsOf(planned)).toEqual([`0 tag ${deleted}`])
      expect(keptBy(planned)).toMatchObject({ [kept]: 'needed by latest' })
    }
  )

  test('keeps a tag of its own rather than a referrer tag, in any order of their times', async () => {
    const images = [
      { tags: ['v1.0.0'] },
      { tags: ['v1.1.0'], referrerTags: [{ to: 0, suffix: '.sig' as const }] },
      { children: [1], tags: ['latest'] }
    ]
    for (const days of [
      [3, 2, 1],
      [3, 1, 2]
    ]) {
      const planned = await planFor(images, days)
      expect(textsOf(planned)).toEqual(['1 image-by-tag v1.0.0', `2 tag ${tagOf(0, '.sig')}`])
      expect(planned.deletions[1]?.after).toEqual([digestOf(0)])
      expect(Object.keys(keptBy(planned))).toEqual(['v1.1.0', 'latest'])
    }
  })

  test.each([
    ['v1.0.0', 'v1.1.0', [2, 1]],
    ['v1.1.0', 'v1.0.0', [1, 2]]
  ])('deletes an image with its latest tag: first %s, then %s', async (first, last, days) => {
    const planned = await planFor([{ tags: ['v1.0.0', 'v1.1.0'] }], days)
    expect(textsOf(planned)).toEqual([`0 tag ${first}`, `1 image-by-tag ${last}`])
    const whole = planned.rows.filter(({ deletesImage }) => deletesImage)
    expect(whole.map(({ tag }) => tag)).toEqual([last])
  })

  test('deletes a referrer with its referrer tag after its image, in any order of the tags', async () => {
    const referrer = { tags: ['v1.1.0'], referrerTags: [{ to: 0, suffix: '.sig' as const }] }
    for (const days of [
      [3, 2, 1],
      [3, 1, 2]
    ]) {
      const planned = await planFor([{ tags: ['v1.0.0'] }, referrer], days)
      expect(textsOf(planned)).toEqual([
        '0 tag v1.1.0',
        '1 image-by-tag v1.0.0',
        `3 image-by-tag ${tagOf(0, '.sig')}`
      ])
      expect(planned.deletions[2]?.after).toEqual([digestOf(0)])
    }
  })

  test('reports the images that an index to delete no longer references', async () => {
    const young = { age: 0 }
    const planned = await planFor([
      young,
      young,
      { tags: ['latest'] },
      { children: [0, 1, 2], tags: ['v1.0.0', 'v1.1.0'] },
      { children: [1], tags: ['latest'] }
    ])
    const index = planned.rows.filter(({ digest }) => digest === digestOf(3))
    expect(index.map(({ tag, isIndex, orphans }) => [tag, isIndex, orphans])).toEqual([
      ['v1.0.0', true, []],
      ['v1.1.0', true, [digestOf(0)]]
    ])
    expect(planned.rows.every(({ sizeBytes }) => sizeBytes === 1)).toBe(true)
    const untagged = planned.rows.filter(({ tag }) => tag === undefined)
    expect(
      untagged.map(({ digest, isIndex, deletesImage }) => [digest, isIndex, deletesImage])
    ).toEqual([0, 1, 2].map((at) => [digestOf(at), false, false]))
  })

  test('counts the referrers that are kept without their image, by reason', async () => {
    const foreign = (suffix: '.sig' | '.att') => ({ referrerTags: [{ to: 10, suffix }] })
    const { notices } = await planFor([{ tags: ['v1.0.0'] }, foreign('.sig'), foreign('.att')])
    expect(notices).toEqual([
      'Referrers that are kept without their image: 2 (its image is in team/other).'
    ])
    expect((await planFor([{ tags: ['v1.0.0'] }])).notices).toEqual([])
  })
})
