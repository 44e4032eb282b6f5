import { findCompanionTarget } from './companion-tags.js'
import type { Inventory } from './inventory.js'
import type { Links } from './survey.js'

/** When an image may go. */
export interface Place {
  /** 0 goes first; an image is at least one level after everything in `after`. */
  readonly level: number
  /** The images that must be gone before this one goes. */
  readonly after: readonly string[]
}

/**
 * The order in which images go: an index before its manifests, an image before what refers to it and
 * before its companions. The first the service insists on, also for an index that refers (`subject`) to an
 * image that it lists; the others keep an image whole until it is gone itself.
 */
export function orderDeletions(
  inventory: Inventory,
  doomed: ReadonlySet<string>,
  links: ReadonlyMap<string, Links>
): Map<string, Place> {
  const indexesOf = new Map<string, Set<string>>()
  const othersOf = new Map<string, Set<string>>()
  const dependants = new Map<string, Set<string>>()
  const note = (map: Map<string, Set<string>>, digest: string, before: string): void => {
    if (digest === before || !doomed.has(digest) || !doomed.has(before)) return
    setOf(map, digest).add(before)
    setOf(dependants, before).add(digest)
  }
  for (const digest of doomed) {
    const { children, subject } = links.get(digest) ?? { children: [], subject: undefined }
    for (const child of children) note(indexesOf, child, digest)
    if (subject !== undefined) note(othersOf, digest, subject)
    for (const tag of inventory.images.get(digest)?.tags ?? []) {
      const target = findCompanionTarget(tag)
      if (target !== undefined) note(othersOf, digest, target)
    }
  }
  return place(doomed, indexesOf, othersOf, dependants)
}

/** Kahn's algorithm, level by level. */
function place(
  doomed: ReadonlySet<string>,
  indexesOf: ReadonlyMap<string, ReadonlySet<string>>,
  othersOf: ReadonlyMap<string, ReadonlySet<string>>,
  dependants: ReadonlyMap<string, ReadonlySet<string>>
): Map<string, Place> {
  const places = new Map<string, Place>()
  const isPlaced = (digest: string): boolean => places.has(digest)
  const isFree = (digest: string): boolean =>
    every(indexesOf.get(digest), isPlaced) && every(othersOf.get(digest), isPlaced)
  let ready = [...doomed].filter(isFree)
  for (let level = 0; places.size < doomed.size; level++) {
    // Companion tags can be given in a circle; the manifests of indexes cannot, as a digest depends on them.
    if (ready.length === 0) {
      ready = [...doomed].filter(
        (digest) => !isPlaced(digest) && every(indexesOf.get(digest), isPlaced)
      )
    }
    const before = ready.map((digest): [string, Place] => [
      digest,
      {
        level,
        after: [...(indexesOf.get(digest) ?? []), ...(othersOf.get(digest) ?? [])].filter(isPlaced)
      }
    ])
    for (const [digest, found] of before) places.set(digest, found)
    const next = new Set(ready.flatMap((digest) => [...(dependants.get(digest) ?? [])]))
    ready = [...next].filter((digest) => !isPlaced(digest) && isFree(digest))
  }
  return places
}

function every(set: ReadonlySet<string> | undefined, holds: (digest: string) => boolean): boolean {
  return set === undefined || [...set].every(holds)
}

function setOf(map: Map<string, Set<string>>, key: string): Set<string> {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = new Set<string>()
  map.set(key, made)
  return made
}
