import { isIndexMediaType } from '../../oci/media-types.js'
import { findReferrerTagSubject } from '../../oci/referrer-tags.js'
import type { Inventory, ListedTag } from './inventory.js'
import { compareLatestFirst } from './latest-first.js'
import { orderDeletions } from './levels.js'
import type { SubjectOrder } from './levels.js'
import type { Survey } from './survey.js'
import type { Judgement, Verdict } from './verdict.js'
import { goes, stays } from './verdict.js'

/** What becomes of one tag or untagged image. */
export interface Row {
  readonly digest: string
  /** `undefined` for an untagged image. */
  readonly tag: string | undefined
  readonly sizeBytes: number
  /** When the tag was set or the image pushed, in milliseconds since the epoch. */
  readonly since: number | undefined
  readonly verdict: Verdict
  /** `true` where the image goes with this, its last tag. */
  readonly takesImage: boolean
  /** `true` where what goes is an index: its size is that of a manifest that may stay. */
  readonly isIndex: boolean
  /** Images that nothing refers to any more once this one is gone, and that stay. */
  readonly orphans: readonly string[]
}

/**
 * One deletion. What the service does with a tag and a digest together is not documented: it may take the tag away
 * or the image with all its tags. So both stand together only for an image whose only tag that is; an image that
 * keeps a tag loses another by the tag alone, and a digest stands alone only for an image without a tag.
 */
export interface Deletion {
  readonly row: Row
  readonly kind: 'tag' | 'image-by-tag' | 'image'
  /** Deletions of one wave do not depend on each other; those of lower waves go before. */
  readonly wave: number
  /** Images that must be gone before. */
  readonly after: readonly string[]
}

/** What is to become of a repository. */
export interface RetentionPlan {
  readonly rows: readonly Row[]
  readonly deletions: readonly Deletion[]
  /**
   * The same deletions in the order for a service that does not let go of an image while something refers to it
   * (`subject`): nobody outside knows whether ECR Public is one.
   */
  readonly referrersFirst: readonly Deletion[]
}

/**
 * The plan for a repository, once the survey has nothing left to ask.
 *
 * @param includesUntagged whether untagged images were judged at all, and so have rows
 */
export function planRetention(
  inventory: Inventory,
  judgement: Judgement,
  survey: Survey,
  includesUntagged: boolean
): RetentionPlan {
  const verdicts = decideTags(inventory, judgement, survey)
  const lastTags = chooseLastTags(inventory, survey.doomed)
  const orphans = findOrphans(inventory, survey)
  const rows = inventory.tags.map((listed): Row => {
    const { tag, digest, createdAt } = listed
    const takesImage = lastTags.get(digest) === tag
    const image = inventory.images.get(digest)
    return {
      digest,
      tag,
      sizeBytes: image?.sizeBytes ?? 0,
      since: createdAt,
      verdict: verdicts.get(tag) ?? stays('not judged'),
      takesImage,
      isIndex: isIndexMediaType(image?.mediaType ?? ''),
      orphans: takesImage ? (orphans.get(digest) ?? []) : []
    }
  })
  const all = includesUntagged
    ? rows.concat(untaggedRows(inventory, judgement, survey, orphans))
    : rows
  const deletions = listDeletions(all, inventory, survey, lastTags, 'subject-first')
  const referrersFirst = hasReferrers(survey)
    ? listDeletions(all, inventory, survey, lastTags, 'referrer-first')
    : deletions
  return { rows: all, deletions, referrersFirst }
}

/** The verdict on every tag, what else needs its image being known. */
function decideTags(
  inventory: Inventory,
  judgement: Judgement,
  survey: Survey
): Map<string, Verdict> {
  const verdicts = new Map<string, Verdict>()
  for (const { tag, digest } of inventory.tags) {
    const verdict = judgement.tags.get(tag) ?? followTarget(tag, survey)
    const isHeld = verdict.goes && judgement.isByImage && !survey.doomed.has(digest)
    verdicts.set(tag, isHeld ? stays(reasonOf(digest, survey)) : verdict)
  }
  for (const [digest, listed] of tagsThatAllGo(inventory, survey, verdicts)) {
    // The service does not take the last tag of an image that is needed: the latest holds it.
    const [holder] = listed.sort(compareHolders)
    if (holder !== undefined) verdicts.set(holder.tag, stays(reasonOf(digest, survey)))
  }
  return verdicts
}

function followTarget(tag: string, survey: Survey): Verdict {
  const target = findReferrerTagSubject(tag) ?? ''
  const name = survey.nameOf(target)
  return survey.doomed.has(target)
    ? goes(`belongs to ${name}, which goes`)
    : stays(`belongs to ${name}`)
}

function reasonOf(digest: string, survey: Survey): string {
  return survey.reasons.get(digest) ?? 'another tag of its image stays'
}

/** The tags of each image that stays although all its tags would go. */
function tagsThatAllGo(
  inventory: Inventory,
  survey: Survey,
  verdicts: ReadonlyMap<string, Verdict>
): Map<string, ListedTag[]> {
  const going = new Map<string, ListedTag[]>()
  for (const listed of inventory.tags) {
    if (survey.doomed.has(listed.digest) || verdicts.get(listed.tag)?.goes !== true) continue
    const known = going.get(listed.digest)
    if (known === undefined) going.set(listed.digest, [listed])
    else known.push(listed)
  }
  for (const [digest, listed] of going) {
    if (listed.length < (inventory.images.get(digest)?.tags.length ?? 0)) going.delete(digest)
  }
  return going
}

const compareCreated = compareLatestFirst('created')

/** Companion tags last: they are to go after the image that they belong to, and hold no other. */
function compareHolders(a: ListedTag, b: ListedTag): number {
  const one = findReferrerTagSubject(a.tag) !== undefined
  const other = findReferrerTagSubject(b.tag) !== undefined
  if (one !== other) return one ? 1 : -1
  return compareCreated(a, b)
}

/** The tag with which each image goes: a companion tag if it has one, as that must not go early; else the latest. */
function chooseLastTags(inventory: Inventory, doomed: ReadonlySet<string>): Map<string, string> {
  const last = new Map<string, ListedTag>()
  for (const listed of inventory.tags) {
    if (!doomed.has(listed.digest)) continue
    const known = last.get(listed.digest)
    const isLater =
      known === undefined ||
      (isCompanion(known.tag) === isCompanion(listed.tag)
        ? compareCreated(listed, known) < 0
        : isCompanion(listed.tag))
    if (isLater) last.set(listed.digest, listed)
  }
  return new Map([...last].map(([digest, { tag }]) => [digest, tag]))
}

function isCompanion(tag: string): boolean {
  return findReferrerTagSubject(tag) !== undefined
}

function untaggedRows(
  inventory: Inventory,
  judgement: Judgement,
  survey: Survey,
  orphans: ReadonlyMap<string, readonly string[]>
): Row[] {
  const rows: Row[] = []
  for (const { digest, tags, sizeBytes, pushedAt, mediaType } of inventory.images.values()) {
    if (tags.length > 0) continue
    const judged = judgement.untagged.get(digest) ?? stays('not judged')
    const isHeld = judged.goes && !survey.doomed.has(digest)
    rows.push({
      digest,
      tag: undefined,
      sizeBytes,
      since: pushedAt,
      verdict: isHeld ? stays(reasonOf(digest, survey)) : judged,
      takesImage: false,
      isIndex: isIndexMediaType(mediaType ?? ''),
      orphans: survey.doomed.has(digest) ? (orphans.get(digest) ?? []) : []
    })
  }
  return rows
}

/** By index that goes: its untagged manifests that stay and that no other index needs. */
function findOrphans(inventory: Inventory, survey: Survey): Map<string, string[]> {
  const needed = new Set<string>()
  for (const [digest, { children }] of survey.links) {
    if (!survey.doomed.has(digest)) for (const child of children) needed.add(child)
  }
  const orphans = new Map<string, string[]>()
  for (const digest of survey.doomed) {
    const left = [...new Set(survey.links.get(digest)?.children)].filter((child) => {
      const isUntagged = inventory.images.get(child)?.tags.length === 0
      return isUntagged && !survey.doomed.has(child) && !needed.has(child)
    })
    if (left.length > 0) orphans.set(digest, left)
  }
  return orphans
}

function hasReferrers({ doomed, links }: Survey): boolean {
  return [...doomed].some((digest) => doomed.has(links.get(digest)?.subject ?? ''))
}

/** The deletions, in the order of their waves: each level has one for single tags, then one for images. */
function listDeletions(
  rows: readonly Row[],
  inventory: Inventory,
  survey: Survey,
  lastTags: ReadonlyMap<string, string>,
  subjectOrder: SubjectOrder
): Deletion[] {
  const places = orderDeletions(inventory, survey.doomed, survey.links, subjectOrder)
  const deletions = rows.flatMap((row): Deletion[] => {
    if (!row.verdict.goes) return []
    const { digest, tag } = row
    const own = places.get(digest)
    const isWhole = own !== undefined && (tag === undefined || lastTags.get(digest) === tag)
    if (isWhole) {
      const kind = tag === undefined ? 'image' : 'image-by-tag'
      return [{ row, kind, wave: 2 * own.level + 1, after: own.after }]
    }
    const target = findReferrerTagSubject(tag ?? '')
    const before = target === undefined ? undefined : places.get(target)
    const isCompanionInTime =
      target !== undefined &&
      before !== undefined &&
      (own === undefined || own.after.includes(target))
    if (!isCompanionInTime) return [{ row, kind: 'tag', wave: 0, after: [] }]
    return [{ row, kind: 'tag', wave: 2 * (before.level + 1), after: [target] }]
  })
  return deletions.sort((a, b) => a.wave - b.wave)
}
