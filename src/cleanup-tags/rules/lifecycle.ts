import { findReferrerTagSubject } from '../../oci/referrer-tags.js'
import type { Inventory } from './inventory.js'
import type { LifecycleRule } from './lifecycle-policy.js'
import { PUSH_GRACE_MS } from './rules.js'
import { goes, stays } from './verdict.js'
import type { Judgement, Verdict } from './verdict.js'

/** An image as a lifecycle policy sees it. */
export interface LifecycleImage {
  readonly digest: string
  readonly tags: readonly string[]
  /** Milliseconds since the epoch; `undefined` counts as just now. */
  readonly pushedAt: number | undefined
}

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Which images a lifecycle policy expires, by the semantics of private ECR: all rules are evaluated at the same
 * time, each over all images that it selects; an image is then judged by the first rule (in the order of the
 * priorities) that selects it and by no other. Images that a rule before has expired still count in those after it.
 *
 * Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html, "Evaluation rules"
 *
 * @param rules in the order of their priorities
 * @param now milliseconds since the epoch
 */
export function evaluateLifecycle(
  images: readonly LifecycleImage[],
  rules: readonly LifecycleRule[],
  now: number
): Map<string, Verdict> {
  const verdicts = new Map<string, Verdict>()
  const newestFirst = [...images].sort(comparePushedNewestFirst)
  for (const rule of rules) {
    const selected = newestFirst.filter((image) => isSelected(image, rule))
    for (const [at, image] of selected.entries()) {
      if (!verdicts.has(image.digest)) verdicts.set(image.digest, judge(image, at + 1, rule, now))
    }
  }
  for (const { digest } of images) {
    if (!verdicts.has(digest)) verdicts.set(digest, stays('no rule of the policy selects it'))
  }
  return verdicts
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

function judge(
  { pushedAt }: LifecycleImage,
  rank: number,
  { priority, count }: LifecycleRule,
  now: number
): Verdict {
  const rule = `rule ${priority}`
  if (count.type === 'imageCountMoreThan') {
    return rank > count.number
      ? goes(`${rule}: number ${rank} by push, more than ${count.number}`)
      : stays(`${rule}: number ${rank} by push, of ${count.number} that stay`)
  }
  const days = `${count.number} ${count.number === 1 ? 'day' : 'days'}`
  if (pushedAt === undefined) return stays(`${rule}: the service does not say when it was pushed`)
  const goesAt = pushedAt + count.number * DAY_MS
  if (goesAt < now) return goes(`${rule}: pushed more than ${days} ago`)
  return stays(`${rule}: not pushed more than ${days} ago`, goesAt)
}

function comparePushedNewestFirst(a: LifecycleImage, b: LifecycleImage): number {
  const one = a.pushedAt ?? Infinity
  const other = b.pushedAt ?? Infinity
  if (one !== other) return one > other ? -1 : 1
  if (a.digest === b.digest) return 0
  return a.digest > b.digest ? -1 : 1
}

/**
 * What a lifecycle policy says of everything in a repository. Companion tags are not seen by it: an image that
 * has no other tag is left out while the image that it belongs to is there, and is untagged where that is no more.
 */
export function judgeByLifecycle(
  inventory: Inventory,
  rules: readonly LifecycleRule[],
  now: number
): Judgement {
  const seen: LifecycleImage[] = []
  for (const { digest, tags, pushedAt } of inventory.images.values()) {
    if (inventory.unsettled.has(digest)) continue
    const own = tags.filter((tag) => findReferrerTagSubject(tag) === undefined)
    const isCompanion =
      own.length === 0 &&
      tags.some((tag) => inventory.images.has(findReferrerTagSubject(tag) ?? ''))
    if (!isCompanion) seen.push({ digest, tags: own, pushedAt })
  }
  const verdicts = evaluateLifecycle(seen, rules, now)
  const verdictOf = (digest: string): Verdict =>
    verdicts.get(digest) ??
    stays(
      inventory.unsettled.has(digest)
        ? 'its image changed while it was being listed'
        : 'its image belongs to another one'
    )
  const tags = new Map<string, Verdict>()
  for (const { tag, digest, createdAt } of inventory.tags) {
    const target = findReferrerTagSubject(tag)
    if (target === undefined) tags.set(tag, verdictOf(digest))
    else if (!inventory.images.has(target)) {
      tags.set(tag, afterGrace(verdictOf(digest), createdAt, now))
    }
  }
  const untagged = new Map<string, Verdict>()
  for (const { digest, tags: all, pushedAt } of inventory.images.values()) {
    if (all.length === 0) untagged.set(digest, afterGrace(verdictOf(digest), pushedAt, now))
  }
  return { tags, untagged, isByImage: true }
}

/** An image without a tag may belong to a push that is under way, whose index comes last. */
function afterGrace(verdict: Verdict, since: number | undefined, now: number): Verdict {
  if (!verdict.goes) return verdict
  if (since !== undefined && since + PUSH_GRACE_MS < now) return verdict
  return stays('not older than 1h', since === undefined ? undefined : since + PUSH_GRACE_MS)
}
