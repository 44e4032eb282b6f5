import { isIndexMediaType } from '../../oci/media-types.js'
import { findReferrerTagSubject } from '../../oci/referrer-tags.js'
import { compareCreated } from './compare-latest-first.js'
import { decideDelete, decideKeep, decideKeepForeign } from './decision.js'
import type { Decision, Decisions } from './decision.js'
import type { Inventory, ListedTag } from './inventory.js'
import { orderDeletions } from './order-deletions.js'
import type { SubjectOrder } from './order-deletions.js'
import type { ReferenceAnalysis } from './reference-analysis.js'

/** The plan for one tag or untagged image. */
export interface RetentionRow {
  readonly digest: string
  /** `undefined` for an untagged image. */
  readonly tag: string | undefined
  readonly sizeBytes: number
  /** When the tag was created or the image was pushed, in milliseconds since the epoch. */
  readonly since: number | undefined
  readonly decision: Decision
  /** `true` if this is the last tag to delete of an image, so that the image is deleted with it. */
  readonly deletesImage: boolean
  /** `true` if the image is an index. Its size is then the size of one of its images, which might be kept. */
  readonly isIndex: boolean
  /** Digests of the kept images that are not referenced any more after the deletion of this image. */
  readonly orphans: readonly string[]
}

/**
 * One deletion. It is not documented whether the service deletes the tag or the whole image if an identifier has both a
 * tag and a digest. Both are therefore used only for the last tag of an image, and a digest alone only without tags.
 */
export interface PlannedDeletion {
  readonly row: RetentionRow
  readonly kind: 'tag' | 'image-by-tag' | 'image'
  /** Deletions of one phase are independent of each other. Lower phases are first. */
  readonly phase: number
  /** Digests of the images that must be deleted before. */
  readonly after: readonly string[]
}

/** The plan for a repository. */
export interface RetentionPlan {
  readonly rows: readonly RetentionRow[]
  readonly deletions: readonly PlannedDeletion[]
  /**
   * The same deletions in the order for a service that rejects the deletion of an image that has referrers. It is not
   * documented whether ECR Public does.
   */
  readonly referrersFirst: readonly PlannedDeletion[]
  /** Sentences about decisions that a person should know about. */
  readonly notices: readonly string[]
}

/**
 * Plans the deletions in a repository after the reference analysis is complete.
 *
 * @param includesUntagged whether untagged images were evaluated and get a row
 */
export function planRetention(
  inventory: Inventory,
  decisions: Decisions,
  analysis: ReferenceAnalysis,
  includesUntagged: boolean
): RetentionPlan {
  const tagDecisions = decideTags(inventory, decisions, analysis)
  const lastTags = chooseLastTags(inventory, analysis.toDelete)
  const orphans = findOrphans(inventory, analysis)
  const tagRows = inventory.tags.map(({ tag, digest, createdAt }): RetentionRow => {
    const deletesImage = lastTags.get(digest) === tag
    const image = inventory.images.get(digest)
    return {
      digest,
      tag,
      sizeBytes: image?.sizeBytes ?? 0,
      since: createdAt,
      decision: tagDecisions.get(tag) ?? decideKeep('not evaluated'),
      deletesImage,
      isIndex: isIndexMediaType(image?.mediaType ?? ''),
      orphans: (deletesImage ? orphans.get(digest) : undefined) ?? NONE
    }
  })
  const rows = includesUntagged
    ? tagRows.concat(listUntaggedRows(inventory, decisions, analysis, orphans))
    : tagRows
  const deletions = listDeletions(rows, inventory, analysis, lastTags, 'subject-first')
  const referrersFirst = hasReferrers(analysis)
    ? listDeletions(rows, inventory, analysis, lastTags, 'referrer-first')
    : deletions
  return { rows, deletions, referrersFirst, notices: describeForeign(rows) }
}

/** Describes the referrers that are kept because their images can be in another repository, by reason. */
function describeForeign(rows: readonly RetentionRow[]): string[] {
  const counts = new Map<string, number>()
  for (const { decision } of rows) {
    if (decision.isForeign === true) {
      counts.set(decision.reason, (counts.get(decision.reason) ?? 0) + 1)
    }
  }
  return [...counts].map(
    ([reason, count]) => `Referrers that are kept without their image: ${count} (${reason}).`
  )
}

/** Shared by all rows, since a registry can have a hundred thousand of them. */
const NONE: readonly string[] = []

/** Decides on every tag with the references to its image taken into account. */
function decideTags(
  inventory: Inventory,
  decisions: Decisions,
  analysis: ReferenceAnalysis
): Map<string, Decision> {
  const tagDecisions = new Map<string, Decision>()
  for (const { tag, digest } of inventory.tags) {
    const decision = decisions.tags.get(tag) ?? decideReferrerTag(tag, analysis)
    const isNeeded =
      decision.action === 'delete' && decisions.isByImage && !analysis.toDelete.has(digest)
    tagDecisions.set(tag, isNeeded ? decideNeeded(digest, analysis) : decision)
  }
  for (const [digest, listed] of listFullyDeleted(inventory, analysis, tagDecisions)) {
    // The deletion of its last tag would delete the image, so the latest tag is kept.
    const [holder] = listed.sort(compareHolders)
    if (holder !== undefined) tagDecisions.set(holder.tag, decideNeeded(digest, analysis))
  }
  return tagDecisions
}

function decideReferrerTag(tag: string, analysis: ReferenceAnalysis): Decision {
  const target = findReferrerTagSubject(tag) ?? ''
  const name = analysis.nameOf(target)
  return analysis.toDelete.has(target)
    ? decideDelete(`refers to ${name}, which is deleted`)
    : decideKeep(`refers to ${name}, which is kept`)
}

/** Returns the decision on an image that the rules select and the reference analysis keeps. */
function decideNeeded(digest: string, { reasons, foreign }: ReferenceAnalysis): Decision {
  const reason = reasons.get(digest) ?? 'another tag of its image is kept'
  return foreign.has(digest) ? decideKeepForeign(reason) : decideKeep(reason)
}

/** Lists the tags of each kept image all of whose tags would be deleted. */
function listFullyDeleted(
  inventory: Inventory,
  analysis: ReferenceAnalysis,
  tagDecisions: ReadonlyMap<string, Decision>
): Map<string, ListedTag[]> {
  const deleted = new Map<string, ListedTag[]>()
  for (const listed of inventory.tags) {
    if (analysis.toDelete.has(listed.digest)) continue
    if (tagDecisions.get(listed.tag)?.action !== 'delete') continue
    const known = deleted.get(listed.digest)
    if (known === undefined) deleted.set(listed.digest, [listed])
    else known.push(listed)
  }
  for (const [digest, listed] of deleted) {
    if (listed.length < (inventory.images.get(digest)?.tags.length ?? 0)) deleted.delete(digest)
  }
  return deleted
}

/** Sorts referrer tags last: they are deleted after the image that they refer to, so they cannot hold an image. */
function compareHolders(a: ListedTag, b: ListedTag): number {
  const one = isReferrerTag(a.tag)
  if (one !== isReferrerTag(b.tag)) return one ? 1 : -1
  return compareCreated(a, b)
}

/** Chooses the tag that is deleted last of each image: a referrer tag, as it must not be deleted early, or the latest. */
function chooseLastTags(inventory: Inventory, toDelete: ReadonlySet<string>): Map<string, string> {
  const last = new Map<string, ListedTag>()
  for (const listed of inventory.tags) {
    if (!toDelete.has(listed.digest)) continue
    const known = last.get(listed.digest)
    const isLater =
      known === undefined ||
      (isReferrerTag(known.tag) === isReferrerTag(listed.tag)
        ? compareCreated(listed, known) < 0
        : isReferrerTag(listed.tag))
    if (isLater) last.set(listed.digest, listed)
  }
  return new Map([...last].map(([digest, { tag }]) => [digest, tag]))
}

function isReferrerTag(tag: string): boolean {
  return findReferrerTagSubject(tag) !== undefined
}

function listUntaggedRows(
  inventory: Inventory,
  decisions: Decisions,
  analysis: ReferenceAnalysis,
  orphans: ReadonlyMap<string, readonly string[]>
): RetentionRow[] {
  const rows: RetentionRow[] = []
  for (const { digest, tags, sizeBytes, pushedAt, mediaType } of inventory.images.values()) {
    if (tags.length > 0) continue
    const decision = decisions.untagged.get(digest) ?? decideKeep('not evaluated')
    const isDeleted = analysis.toDelete.has(digest)
    const isNeeded = decision.action === 'delete' && !isDeleted
    rows.push({
      digest,
      tag: undefined,
      sizeBytes,
      since: pushedAt,
      decision: isNeeded ? decideNeeded(digest, analysis) : decision,
      deletesImage: false,
      isIndex: isIndexMediaType(mediaType ?? ''),
      orphans: (isDeleted ? orphans.get(digest) : undefined) ?? NONE
    })
  }
  return rows
}

/** Finds, by index to delete, its untagged manifests that are kept and that no kept index lists. */
function findOrphans(inventory: Inventory, analysis: ReferenceAnalysis): Map<string, string[]> {
  const { toDelete, links, readsDeletedIndexes } = analysis
  // A dry run would find fewer of them than the real run.
  if (!readsDeletedIndexes) return new Map()
  const needed = new Set<string>()
  for (const [digest, { children }] of links) {
    if (!toDelete.has(digest)) for (const child of children) needed.add(child)
  }
  const orphans = new Map<string, string[]>()
  for (const digest of toDelete) {
    const orphaned = [...new Set(links.get(digest)?.children)].filter((child) => {
      const isUntagged = inventory.images.get(child)?.tags.length === 0
      return isUntagged && !toDelete.has(child) && !needed.has(child)
    })
    if (orphaned.length > 0) orphans.set(digest, orphaned)
  }
  return orphans
}

function hasReferrers({ toDelete, links }: ReferenceAnalysis): boolean {
  return [...toDelete].some((digest) => toDelete.has(links.get(digest)?.subject ?? ''))
}

/** Lists the deletions by phase. Each depth has one phase for tags alone and then one for images. */
function listDeletions(
  rows: readonly RetentionRow[],
  inventory: Inventory,
  analysis: ReferenceAnalysis,
  lastTags: ReadonlyMap<string, string>,
  subjectOrder: SubjectOrder
): PlannedDeletion[] {
  const positions = orderDeletions(inventory, analysis.toDelete, analysis.links, subjectOrder)
  const deletions = rows.flatMap((row): PlannedDeletion[] => {
    if (row.decision.action === 'keep') return []
    const { digest, tag } = row
    const own = positions.get(digest)
    const isWholeImage = own !== undefined && (tag === undefined || lastTags.get(digest) === tag)
    if (isWholeImage) {
      const kind = tag === undefined ? 'image' : 'image-by-tag'
      return [{ row, kind, phase: 2 * own.depth + 1, after: own.after }]
    }
    const target = findReferrerTagSubject(tag ?? '')
    const before = target === undefined ? undefined : positions.get(target)
    const followsTarget =
      target !== undefined &&
      before !== undefined &&
      (own === undefined || own.after.includes(target))
    if (!followsTarget) return [{ row, kind: 'tag', phase: 0, after: NONE }]
    return [{ row, kind: 'tag', phase: 2 * (before.depth + 1), after: [target] }]
  })
  return deletions.sort((a, b) => a.phase - b.phase)
}
