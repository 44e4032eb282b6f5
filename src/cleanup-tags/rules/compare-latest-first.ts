import parse from 'semver/functions/parse.js'
import type { SemVer } from 'semver'
import type { ListedTag } from './inventory.js'

/**
 * Returns a comparison that sorts the latest tag first. With `semver`, tags are ordered by semantic version (a leading
 * `v` is ignored, a pre-release is lower than its release) and tags without a version are last. Equal versions, and all
 * tags with `created`, are ordered by creation time and then by name, so that the order of the listing is irrelevant.
 */
export function compareLatestFirst(
  sortBy: 'created' | 'semver'
): (a: ListedTag, b: ListedTag) => number {
  if (sortBy === 'created') return compareCreated
  const versions = new Map<string, SemVer | null>()
  const versionOf = (tag: string): SemVer | null => {
    const known = versions.get(tag)
    if (known !== undefined) return known
    const version = parse(tag, { loose: true })
    versions.set(tag, version)
    return version
  }
  return (a, b) => {
    const one = versionOf(a.tag)
    const other = versionOf(b.tag)
    if (one !== null && other !== null) return other.compare(one) || compareCreated(a, b)
    if (one !== null || other !== null) return one === null ? 1 : -1
    return compareCreated(a, b)
  }
}

function compareCreated(a: ListedTag, b: ListedTag): number {
  return compareNewestFirst({ name: a.tag, time: a.createdAt }, { name: b.tag, time: b.createdAt })
}

/** A name and a time in milliseconds since the epoch. */
interface Timed {
  readonly name: string
  readonly time: number | undefined
}

/** Compares by time and then by name. An unknown time counts as the newest, so that retention rules keep the tag. */
export function compareNewestFirst(a: Timed, b: Timed): number {
  const one = a.time ?? Infinity
  const other = b.time ?? Infinity
  if (one !== other) return one > other ? -1 : 1
  if (a.name === b.name) return 0
  return a.name > b.name ? -1 : 1
}
