import { findReferrerTagSubject } from '../../oci/referrer-tags.js'
import { compareCreated } from './compare-latest-first.js'
import { decideDelete, decideKeep, decideKeepForeign } from './decision.js'
import type { Decision, Decisions } from './decision.js'
import type { Inventory, ListedTag } from './inventory.js'
import { orderDeletions } from './order-deletions.js'
import type { PositionFinder, SubjectOrder } from './order-deletions.js'
import type { ReferenceAnalysis } from './reference-analysis.js'
import { TagRow, UntaggedRow } from './retention-row.js'
import type { RetentionRow } from './retention-row.js'

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
  const decide = createDecider(inventory, decisions, analysis)
  const isLastTag = chooseLastTags(inventory, analysis.toDelete)
  const orphans = findOrphans(inventory, analysis)
  const rows: RetentionRow[] = []
  for (const listed of inventory.tags) {
    const { digest } = listed
    const orphansOfImage = isLastTag(listed) ? (orphans.get(digest) ?? NONE) : undefined
    rows.push(new TagRow(listed, inventory.images.get(digest), decide(listed), orphansOfImage))
  }
  if (includesUntagged) {
    for (const row of createUntaggedRows(inventory, decisions, analysis, orphans)) rows.push(row)
  }
  const deletions = listDeletions(rows, inventory, analysis, 'subject-first')
  const referrersFirst = hasReferrers(analysis)
    ? listDeletions(rows, inventory, analysis, 'referrer-first')
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

/** Returns a function that decides on a tag with the references to its image taken into account. */
function createDecider(
  inventory: Inventory,
  decisions: Decisions,
  analysis: ReferenceAnalysis
): (listed: ListedTag) => Decision {
  const decide = ({ tag, digest }: ListedTag): Decision => {
    const decision = decisions.tags.get(tag) ?? decideReferrerTag(tag, analysis)
    const isNeeded =
      decision.action === 'delete' && decisions.isByImage && !analysis.toDelete.has(digest)
    return isNeeded ? decideNeeded(digest, analysis) : decision
  }
  // The deletion of its last tag would delete a kept image, so its latest tag is kept.
  const holders = new Map<ListedTag, Decision>()
  for (const [digest, listed] of listFullyDeleted(inventory, analysis, decide)) {
    const [holder] = listed.sort(compareHolders)
    if (holder !== undefined) holders.set(holder, decideNeeded(digest, analysis))
  }
  return (listed) => holders.get(listed) ?? decide(listed)
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
  decide: (listed: ListedTag) => Decision
): Map<string, ListedTag[]> {
  const deleted = new Map<string, ListedTag[]>()
  for (const listed of inventory.tags) {
    if (analysis.toDelete.has(listed.digest)) continue
    if (decide(listed).action !== 'delete') continue
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

/**
 * Chooses the tag that is deleted last of each image: a referrer tag, as it must not be deleted early, or the latest.
 * Returns a function that returns whether a tag is the last one of an image to delete.
 */
function chooseLastTags(
  { tags, images }: Inventory,
  toDelete: ReadonlySet<string>
): (listed: ListedTag) => boolean {
  const last = new Map<string, ListedTag>()
  for (const listed of tags) {
    const isOnlyTag = images.get(listed.digest)?.tags.length === 1
    if (isOnlyTag || !toDelete.has(listed.digest)) continue
    const known = last.get(listed.digest)
    const isLater =
      known === undefined ||
      (isReferrerTag(known.tag) === isReferrerTag(listed.tag)
        ? compareCreated(listed, known) < 0
        : isReferrerTag(listed.tag))
    if (isLater) last.set(listed.digest, listed)
  }
  return (listed) => toDelete.has(listed.digest) && (last.get(listed.digest) ?? listed) === listed
}

function isReferrerTag(tag: string): boolean {
  return findReferrerTagSubject(tag) !== undefined
}

function* createUntaggedRows(
  inventory: Inventory,
  decisions: Decisions,
  analysis: ReferenceAnalysis,
  orphans: ReadonlyMap<string, readonly string[]>
): Generator<RetentionRow> {
  for (const image of inventory.images.values()) {
    const { digest, tags } = image
    if (tags.length > 0) continue
    const decision = decisions.untagged.get(digest) ?? decideKeep('not evaluated')
    const isDeleted = analysis.toDelete.has(digest)
    const isNeeded = decision.action === 'delete' && !isDeleted
    yield new UntaggedRow(
      image,
      isNeeded ? decideNeeded(digest, analysis) : decision,
      (isDeleted ? orphans.get(digest) : undefined) ?? NONE
    )
  }
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
  subjectOrder: SubjectOrder
): PlannedDeletion[] {
  const findPosition = orderDeletions(inventory, analysis.toDelete, analysis.links, subjectOrder)
  const deletions: PlannedDeletion[] = []
  for (const row of rows) {
    if (row.decision.action === 'delete') deletions.push(planDeletion(row, findPosition))
  }
  return deletions.sort((a, b) => a.phase - b.phase)
}

function planDeletion(row: RetentionRow, findPosition: PositionFinder): PlannedDeletion {
  const { digest, tag, deletesImage } = row
  const own = findPosition(digest)
  if (own !== undefined && (tag === undefined || deletesImage)) {
    const kind = tag === undefined ? 'image' : 'image-by-tag'
    return { row, kind, phase: 2 * own.depth + 1, after: own.after }
  }
  const target = findReferrerTagSubject(tag ?? '')
  const before = target === undefined ? undefined : findPosition(target)
  const followsTarget =
    target !== undefined &&
    before !== undefined &&
    (own === undefined || own.after.includes(target))
  if (!followsTarget) return { row, kind: 'tag', phase: 0, after: NONE }
  return { row, kind: 'tag', phase: 2 * (before.depth + 1), after: [target] }
}
