import parse from 'semver/functions/parse.js'
import type { SemVer } from 'semver'
import type { ListedTag } from './inventory.js'

/**
 * An order of tags, the latest first. `semver`: by semantic version (a `v` before it does not matter, pre-releases
 * are lower than their release), tags that are none last. Ties, and `created`: by the time when the tag was set,
 * then by name, so that the order never depends on that of the listing.
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

/** A tag without a known time counts as the latest: what is not known is kept. */
function compareCreated(a: ListedTag, b: ListedTag): number {
  const one = a.createdAt ?? Infinity
  const other = b.createdAt ?? Infinity
  if (one !== other) return one > other ? -1 : 1
  if (a.tag === b.tag) return 0
  return a.tag > b.tag ? -1 : 1
}
