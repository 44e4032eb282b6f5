import { numberCircles } from './circles.js'
import { findReferrerTagSubject } from '../../oci/referrer-tags.js'
import type { Inventory } from './inventory.js'
import type { ManifestLinks } from '../../oci/image-graph.js'

/** When an image may go. */
export interface Place {
  /** 0 goes first; an image is at least one level after everything in `after`. */
  readonly level: number
  /** The images that must be gone before this one goes. */
  readonly after: readonly string[]
}

/** Which goes first: an image, or what refers to it (`subject`). */
export type SubjectOrder = 'subject-first' | 'referrer-first'

/** By image, the images that go before it. */
type Before = Map<string, Set<string>>

/** What goes before what. */
interface Constraints {
  /** What the service insists on: an index before what it lists, and a referrer where it has to go first. */
  readonly insisted: Before
  /** All else. */
  readonly others: Before
  /** The other way round: by image, what waits for it. */
  readonly dependants: Map<string, Set<string>>
}

/**
 * The order in which images go: an index before its manifests, an image before what refers to it and
 * before its companions. The first the service insists on, also for an index that refers (`subject`) to an
 * image that it lists; the others keep an image whole until it is gone itself, and are given up where they go round
 * in a circle.
 *
 * @param subjectOrder `referrer-first` for a service that does not let go of an image that something refers to
 */
export function orderDeletions(
  inventory: Inventory,
  doomed: ReadonlySet<string>,
  links: ReadonlyMap<string, ManifestLinks>,
  subjectOrder: SubjectOrder = 'subject-first'
): Map<string, Place> {
  const constraints = createConstraints()
  const first = (map: Before, before: string, after: string): void => {
    if (doomed.has(before) && doomed.has(after)) note(constraints, map, before, after)
  }
  for (const digest of doomed) {
    const { children, subject } = links.get(digest) ?? { children: [], subject: undefined }
    for (const child of children) first(constraints.insisted, digest, child)
    const isTurned = subjectOrder === 'referrer-first'
    if (subject !== undefined && isTurned) first(constraints.insisted, digest, subject)
    if (subject !== undefined && !isTurned) first(constraints.others, subject, digest)
    for (const tag of inventory.images.get(digest)?.tags ?? []) {
      const target = findReferrerTagSubject(tag)
      if (target === undefined || (isTurned && target === subject)) continue
      first(constraints.others, target, digest)
    }
  }
  const places = place(doomed, constraints)
  return places.size === doomed.size ? places : place(doomed, withoutCircles(doomed, constraints))
}

function createConstraints(): Constraints {
  return { insisted: new Map(), others: new Map(), dependants: new Map() }
}

function note({ dependants }: Constraints, map: Before, before: string, after: string): void {
  if (before === after) return
  setOf(map, after).add(before)
  setOf(dependants, before).add(after)
}

/** Companion tags can be given in a circle. What the service insists on cannot: it follows the digests in manifests. */
function withoutCircles(doomed: ReadonlySet<string>, given: Constraints): Constraints {
  const circles = numberCircles(
    doomed,
    (digest) => given.dependants.get(digest) ?? [],
    (digest) => beforeOf(digest, given)
  )
  const open = createConstraints()
  for (const digest of doomed) {
    for (const before of given.insisted.get(digest) ?? []) note(open, open.insisted, before, digest)
    for (const before of given.others.get(digest) ?? []) {
      if (circles.get(before) !== circles.get(digest)) note(open, open.others, before, digest)
    }
  }
  return open
}

function beforeOf(digest: string, { insisted, others }: Constraints): string[] {
  return [...(insisted.get(digest) ?? []), ...(others.get(digest) ?? [])]
}

/** Kahn's algorithm, level by level; what is in a circle, or after one, gets no place. */
function place(doomed: ReadonlySet<string>, constraints: Constraints): Map<string, Place> {
  const places = new Map<string, Place>()
  const isFree = (digest: string): boolean =>
    beforeOf(digest, constraints).every((before) => places.has(before))
  let ready = [...doomed].filter(isFree)
  for (let level = 0; ready.length > 0; level++) {
    for (const digest of ready) places.set(digest, { level, after: beforeOf(digest, constraints) })
    const next = new Set(ready.flatMap((digest) => [...(constraints.dependants.get(digest) ?? [])]))
    ready = [...next].filter(isFree)
  }
  return places
}

function setOf(map: Map<string, Set<string>>, key: string): Set<string> {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = new Set<string>()
  map.set(key, made)
  return made
}
