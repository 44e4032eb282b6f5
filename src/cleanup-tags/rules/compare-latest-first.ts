import type { ListedTag } from './inventory.js'
import { compareVersions } from './version.js'
import type { Version } from './version.js'

/** A tag with its version. */
export interface VersionedTag {
  readonly listed: ListedTag
  readonly version: Version
}

/** Compares by creation time and then by name, the latest tag first. */
export function compareCreated(a: ListedTag, b: ListedTag): number {
  return compareNewestFirst({ name: a.tag, time: a.createdAt }, { name: b.tag, time: b.createdAt })
}

/** Compares by version, the highest first, and equal versions by creation time and name. */
export function compareVersionsLatestFirst(a: VersionedTag, b: VersionedTag): number {
  return compareVersions(b.version, a.version) || compareCreated(a.listed, b.listed)
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
