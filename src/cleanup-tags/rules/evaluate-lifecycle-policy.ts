import { findReferrerTagSubject } from '../../oci/referrer-tags.js'
import { compareNewestFirst } from './compare-latest-first.js'
import { createRankDecider, decideDelete, decideKeep, decideKeepForeign } from './decision.js'
import type { Decision, Decisions } from './decision.js'
import { keepYoung, PUSH_GRACE } from './evaluate-tag-rules.js'
import { createForeignReason } from './foreign-referrers.js'
import type { ForeignReason } from './foreign-referrers.js'
import { isArtifact } from './image-kinds.js'
import type { Inventory } from './inventory.js'
import type { LifecycleRule } from './lifecycle-policy.js'
import type { StepFacts } from './step-facts.js'

/** An image as lifecycle rules select it. */
export interface LifecycleImage {
  readonly digest: string
  readonly tags: readonly string[]
  /** Milliseconds since the epoch. `undefined` counts as just now. */
  readonly pushedAt: number | undefined
  /** `true` for an untagged artifact, such as a signature, and for an image that has only referrer tags. */
  readonly isNotCounted?: boolean
}

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Evaluates a lifecycle policy for all tags and untagged images of a repository. The policy ignores referrer tags. An
 * image that has only referrer tags is not evaluated if one of their images exists, and can be selected as untagged
 * otherwise. It never takes the place of an image, so that the deletion of its image does not change the rank of others.
 * The same applies to untagged artifacts, such as referrers by `subject`. The references decide on those that the rules
 * select.
 *
 * Invariant: a tag or image is deleted only if a rule of the policy selects and expires its image, and what counts as
 * untagged only if it is older than a day.
 */
export function evaluateLifecyclePolicy(
  inventory: Inventory,
  rules: readonly LifecycleRule[],
  facts: StepFacts
): Decisions {
  const { now } = facts
  const foreignReason = createForeignReason(inventory, facts)
  const selectable = listSelectable(inventory, foreignReason)
  const decisions = evaluateLifecycleRules(selectable, rules, now)
  const decisionOf = (digest: string): Decision =>
    decisions.get(digest) ??
    decideKeep(
      inventory.unsettled.has(digest)
        ? 'its image changed while the repository was being listed'
        : 'its image refers to another image'
    )
  const tags = new Map<string, Decision>()
  for (const { tag, digest, createdAt } of inventory.tags) {
    const target = findReferrerTagSubject(tag)
    if (target === undefined || target === digest) tags.set(tag, decisionOf(digest))
    else if (!inventory.images.has(target)) {
      const foreign = foreignReason(target)
      const decision = foreign === undefined ? decisionOf(digest) : decideKeepForeign(foreign)
      tags.set(tag, afterGrace(decision, createdAt, now))
    }
  }
  const untagged = new Map<string, Decision>()
  for (const { digest, tags: all, pushedAt } of inventory.images.values()) {
    if (all.length === 0) untagged.set(digest, afterGrace(decisionOf(digest), pushedAt, now))
  }
  return { tags, untagged, isByImage: true }
}

/** Lists the images that the rules can select: settled ones that are not referrers of an image that exists. */
function listSelectable(inventory: Inventory, foreignReason: ForeignReason): LifecycleImage[] {
  const selectable: LifecycleImage[] = []
  const isPresent = (tag: string): boolean => {
    const target = findReferrerTagSubject(tag)
    if (target === undefined) return false
    return inventory.images.has(target) || foreignReason(target) !== undefined
  }
  for (const image of inventory.images.values()) {
    const { digest, tags, pushedAt } = image
    if (inventory.unsettled.has(digest)) continue
    const own = tags.filter((tag) => findReferrerTagSubject(tag) === undefined)
    const isReferrer = own.length === 0 && tags.some(isPresent)
    if (isReferrer) continue
    selectable.push({
      digest,
      tags: own,
      pushedAt,
      isNotCounted: own.length === 0 && (tags.length > 0 || isArtifact(image))
    })
  }
  return selectable
}

/**
 * Decides which images expire, with the semantics of private ECR. Each rule counts all images that it selects, also those
 * that another rule expires. The first rule by priority that selects an image decides on it. An image that is not counted has the rank that a counted image would have at its position.
 *
 * Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html, "Evaluation rules"
 *
 * @param rules in the order of their priorities
 * @param now milliseconds since the epoch
 */
export function evaluateLifecycleRules(
  images: readonly LifecycleImage[],
  rules: readonly LifecycleRule[],
  now: number
): Map<string, Decision> {
  const decisions = new Map<string, Decision>()
  const newestFirst = images.toSorted((a, b) =>
    compareNewestFirst({ name: a.digest, time: a.pushedAt }, { name: b.digest, time: b.pushedAt })
  )
  for (const rule of rules) {
    const evaluate = createRuleEvaluator(rule, now)
    let rank = 0
    for (const image of newestFirst) {
      if (!isSelected(image, rule)) continue
      if (!decisions.has(image.digest)) decisions.set(image.digest, evaluate(image, rank + 1))
      if (image.isNotCounted !== true) rank++
    }
  }
  for (const { digest } of images) {
    if (!decisions.has(digest)) decisions.set(digest, decideKeep('no lifecycle rule selects it'))
  }
  return decisions
}

function isSelected({ tags }: LifecycleImage, rule: LifecycleRule): boolean {
  switch (rule.tagStatus) {
    case 'any':
      return true
    case 'untagged':
      return tags.length === 0
    case 'tagged':
      return rule.tagMatchers.every((matches) => tags.some((tag) => matches(tag)))
    default:
      return rule.tagStatus satisfies never
  }
}

/** Returns the decision of a rule on an image that it selects, by its rank among all of them. */
function createRuleEvaluator(
  { priority, count }: LifecycleRule,
  now: number
): (image: LifecycleImage, rank: number) => Decision {
  const rule = `lifecycle rule with priority ${priority}`
  if (count.type === 'imageCountMoreThan') {
    const among = `among the ${count.number} most recent images`
    const keep = createRankDecider('keep', `${rule}: ${among}`, 'push time')
    const remove = createRankDecider('delete', `${rule}: not ${among}`, 'push time')
    return (_image, rank) => (rank > count.number ? remove(rank) : keep(rank))
  }
  const days = `${count.number} ${count.number === 1 ? 'day' : 'days'}`
  const unknown = decideKeep(`${rule}: its push time is unknown`)
  const deletion = decideDelete(`${rule}: pushed more than ${days} ago`)
  const young = `${rule}: not pushed more than ${days} ago`
  return ({ pushedAt }) => {
    if (pushedAt === undefined) return unknown
    const dueAt = pushedAt + count.number * DAY_MS
    return dueAt < now ? deletion : decideKeep(young, dueAt)
  }
}

/** Keeps a young image without a tag: it can be part of a push that is not finished, whose index comes last. */
function afterGrace(decision: Decision, since: number | undefined, now: number): Decision {
  if (decision.action === 'keep') return decision
  return keepYoung(since, PUSH_GRACE, now) ?? decision
}
