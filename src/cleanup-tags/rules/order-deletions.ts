import type { ManifestLinks } from '../../oci/image-graph.js'
import { findReferrerTagSubject } from '../../oci/referrer-tags.js'
import type { Inventory } from './inventory.js'
import { numberCycles } from './number-cycles.js'

/** The position of an image in the order of the deletions. */
export interface DeletionPosition {
  /** 0 for the images to delete first. It is higher than the depth of every image in `after`. */
  readonly depth: number
  /** Digests of the images that must be deleted before this one. */
  readonly after: readonly string[]
}

/** Whether an image is deleted before its referrers or after them. */
export type SubjectOrder = 'subject-first' | 'referrer-first'

/** By image, the images to delete before it. */
type Predecessors = Map<string, Set<string>>

interface Constraints {
  /** The order that the service enforces: an index before its manifests, and a referrer first if it has to be. */
  readonly enforced: Predecessors
  /** The order that keeps an image together with its referrers until it is deleted. */
  readonly preferred: Predecessors
  /** The reverse of both: by image, the images to delete after it. */
  readonly successors: Map<string, Set<string>>
}

/**
 * Orders deletions: an index before its manifests, and an image before its referrers. The service enforces the first,
 * also for an index whose `subject` is one of its manifests. The second is dropped within cycles.
 *
 * @param subjectOrder `referrer-first` for a service that rejects the deletion of an image that has referrers
 * @returns a function that returns the position of an image, or `undefined` if it is not deleted
 */
export function orderDeletions(
  inventory: Inventory,
  toDelete: ReadonlySet<string>,
  links: ReadonlyMap<string, ManifestLinks>,
  subjectOrder: SubjectOrder = 'subject-first'
): PositionFinder {
  const constraints = createConstraints()
  const first = (map: Predecessors, before: string, after: string): void => {
    if (toDelete.has(before) && toDelete.has(after)) add(constraints, map, before, after)
  }
  const isReferrerFirst = subjectOrder === 'referrer-first'
  for (const digest of toDelete) {
    const { children, subject } = links.get(digest) ?? { children: [], subject: undefined }
    for (const child of children) first(constraints.enforced, digest, child)
    if (subject !== undefined && isReferrerFirst) first(constraints.enforced, digest, subject)
    if (subject !== undefined && !isReferrerFirst) first(constraints.preferred, subject, digest)
    for (const tag of inventory.images.get(digest)?.tags ?? []) {
      const target = findReferrerTagSubject(tag)
      if (target === undefined || (isReferrerFirst && target === subject)) continue
      first(constraints.preferred, target, digest)
    }
  }
  const constrained = listConstrained(constraints)
  let positions = assignPositions(constrained, constraints)
  if (positions.size < constrained.size) {
    positions = assignPositions(constrained, withoutCycles(constrained, constraints))
  }
  return (digest) => positions.get(digest) ?? (toDelete.has(digest) ? UNCONSTRAINED : undefined)
}

/** Returns the position of an image, or `undefined` if it is not deleted. */
export type PositionFinder = (digest: string) => DeletionPosition | undefined

const NONE: readonly string[] = []

/** The position of all images without constraints, which can be a hundred thousand. */
const UNCONSTRAINED: DeletionPosition = { depth: 0, after: NONE }

/** Lists the images that have a predecessor or a successor. */
function listConstrained({ enforced, preferred, successors }: Constraints): Set<string> {
  return new Set([...enforced.keys(), ...preferred.keys(), ...successors.keys()])
}

function createConstraints(): Constraints {
  return { enforced: new Map(), preferred: new Map(), successors: new Map() }
}

function add({ successors }: Constraints, map: Predecessors, before: string, after: string): void {
  if (before === after) return
  getSet(map, after).add(before)
  getSet(successors, before).add(after)
}

/** Referrer tags can form cycles. The enforced order cannot: it follows the digests in manifests. */
function withoutCycles(constrained: ReadonlySet<string>, given: Constraints): Constraints {
  const cycles = numberCycles(
    constrained,
    (digest) => given.successors.get(digest) ?? [],
    (digest) => listPredecessors(digest, given)
  )
  const acyclic = createConstraints()
  for (const digest of constrained) {
    for (const before of given.enforced.get(digest) ?? []) {
      add(acyclic, acyclic.enforced, before, digest)
    }
    for (const before of given.preferred.get(digest) ?? []) {
      if (cycles.get(before) === cycles.get(digest)) continue
      add(acyclic, acyclic.preferred, before, digest)
    }
  }
  return acyclic
}

function listPredecessors(digest: string, { enforced, preferred }: Constraints): readonly string[] {
  return [...(enforced.get(digest) ?? NONE), ...(preferred.get(digest) ?? NONE)]
}

/** Assigns positions with Kahn's algorithm. Images on a cycle, or after one, do not get a position. */
function assignPositions(
  constrained: ReadonlySet<string>,
  constraints: Constraints
): Map<string, DeletionPosition> {
  const positions = new Map<string, DeletionPosition>()
  const isReady = (digest: string): boolean =>
    listPredecessors(digest, constraints).every((before) => positions.has(before))
  let ready = [...constrained].filter(isReady)
  for (let depth = 0; ready.length > 0; depth++) {
    for (const digest of ready) {
      positions.set(digest, { depth, after: listPredecessors(digest, constraints) })
    }
    const next = new Set(ready.flatMap((digest) => [...(constraints.successors.get(digest) ?? [])]))
    ready = [...next].filter(isReady)
  }
  return positions
}

function getSet(map: Map<string, Set<string>>, key: string): Set<string> {
  const known = map.get(key)
  if (known !== undefined) return known
  const created = new Set<string>()
  map.set(key, created)
  return created
}
