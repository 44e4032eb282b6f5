import { findReferrerTagSubject } from '../../oci/referrer-tags.js'
import { compareNewestFirst } from './compare-latest-first.js'
import { decideDelete, decideKeep } from './decision.js'
import type { Decision, Decisions } from './decision.js'
import { PUSH_GRACE_MS } from './evaluate-tag-rules.js'
import type { Inventory } from './inventory.js'
import type { LifecycleRule } from './lifecycle-policy.js'

/** An image as lifecycle rules select it. */
export interface LifecycleImage {
  readonly digest: string
  readonly tags: readonly string[]
  /** Milliseconds since the epoch. `undefined` counts as just now. */
  readonly pushedAt: number | undefined
}

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Evaluates a lifecycle policy for all tags and untagged images of a repository. The policy ignores referrer tags. An
 * image that has only referrer tags is not evaluated if the image it refers to exists, and counts as untagged otherwise.
 */
export function evaluateLifecyclePolicy(
  inventory: Inventory,
  rules: readonly LifecycleRule[],
  now: number
): Decisions {
  const decisions = evaluateLifecycleRules(listSelectable(inventory), rules, now)
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
    if (target === undefined) tags.set(tag, decisionOf(digest))
    else if (!inventory.images.has(target)) {
      tags.set(tag, afterGrace(decisionOf(digest), createdAt, now))
    }
  }
  const untagged = new Map<string, Decision>()
  for (const { digest, tags: all, pushedAt } of inventory.images.values()) {
    if (all.length === 0) untagged.set(digest, afterGrace(decisionOf(digest), pushedAt, now))
  }
  return { tags, untagged, isByImage: true }
}

function listSelectable(inventory: Inventory): LifecycleImage[] {
  const selectable: LifecycleImage[] = []
  for (const { digest, tags, pushedAt } of inventory.images.values()) {
    if (inventory.unsettled.has(digest)) continue
    const own = tags.filter((tag) => findReferrerTagSubject(tag) === undefined)
    const isReferrer =
      own.length === 0 &&
      tags.some((tag) => inventory.images.has(findReferrerTagSubject(tag) ?? ''))
    if (!isReferrer) selectable.push({ digest, tags: own, pushedAt })
  }
  return selectable
}

/**
 * Decides which images expire, with the semantics of private ECR. Each rule counts all images that it selects, also those
 * that another rule expires. The first rule by priority that selects an image decides on it.
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
    const selected = newestFirst.filter((image) => isSelected(image, rule))
    for (const [at, image] of selected.entries()) {
      if (decisions.has(image.digest)) continue
      decisions.set(image.digest, evaluateRule(image, at + 1, rule, now))
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

function evaluateRule(
  { pushedAt }: LifecycleImage,
  rank: number,
  { priority, count }: LifecycleRule,
  now: number
): Decision {
  const rule = `lifecycle rule with priority ${priority}`
  if (count.type === 'imageCountMoreThan') {
    const among = `among the ${count.number} most recent images (rank ${rank} by push time)`
    return rank > count.number
      ? decideDelete(`${rule}: not ${among}`)
      : decideKeep(`${rule}: ${among}`)
  }
  const days = `${count.number} ${count.number === 1 ? 'day' : 'days'}`
  if (pushedAt === undefined) return decideKeep(`${rule}: its push time is unknown`)
  const dueAt = pushedAt + count.number * DAY_MS
  if (dueAt < now) return decideDelete(`${rule}: pushed more than ${days} ago`)
  return decideKeep(`${rule}: not pushed more than ${days} ago`, dueAt)
}

/** Keeps a young image without a tag: it can be part of a push that is not finished, whose index comes last. */
function afterGrace(decision: Decision, since: number | undefined, now: number): Decision {
  if (decision.action === 'keep') return decision
  if (since !== undefined && since + PUSH_GRACE_MS < now) return decision
  return decideKeep('not older than 1h', since === undefined ? undefined : since + PUSH_GRACE_MS)
}
