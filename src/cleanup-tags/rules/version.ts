/** The version in a tag. */
export interface Version {
  /** Four numbers. A missing one is `Infinity` if the tag covers all versions that continue it, such as `1.2`. */
  readonly numbers: readonly number[]
  /** The identifiers of the pre-release in lower case. A release does not have any. */
  readonly preRelease: readonly string[]
}

/** Letters before the version, such as `v`, `release-` and `app-v`. */
const PREFIX = String.raw`(?<prefix>(?:[a-z][a-z._-]*)?)`
const NUMBERS = String.raw`(?<numbers>\d{1,15}(?:\.\d{1,15}){0,3})`
/** A pre-release directly after the numbers, as Python and Go write it: `3.13.0rc2`. */
const GLUED = String.raw`(?<glued>(?:a|b|c|rc|alpha|beta|pre|preview|dev|m)[._-]?\d+(?:[.-][0-9a-z.-]*)?)`
const PRE_RELEASE = String.raw`(?:-|\.(?=[a-z]))(?<preRelease>[0-9a-z.-]+)`
/** Helm writes the `+` of build metadata as `_`, because a tag cannot contain it. */
const BUILD = String.raw`_[0-9a-z._-]*`
const VERSION = new RegExp(`^${PREFIX}${NUMBERS}(?:${GLUED}|${PRE_RELEASE})?(?:${BUILD})?$`, 'i')

/** Prefixes after which one number alone is a version. After other words, it counts builds or pull requests. */
const VERSION_PREFIX = /^(?:|(?:.*[._-])?v[._-]?|(?:.*[._-])?(?:version|release|rel)[._-]?)$/i

/** `20260131`, `202601312359` or `20260131235959`. */
const DATE = /^(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d{4}|\d{6})?$/

/** From this length, a number alone is more likely an abbreviated commit hash than a version, unless it is a date. */
const COMMIT_HASH_DIGITS = 7

/** The first words of real pre-releases. Other words, such as `alpine`, name a variant of the image. */
const PRE_RELEASE_WORD =
  /^(?:a|b|c|m|rc|cr|alpha|beta|pre|preview|prerelease|dev|snapshot|milestone|ea|nightly|canary|next)\d*$/

/** A post-release of Python, as in `1.0.0.post1`, which is not a pre-release. Semantic versions do not have them. */
const POST_RELEASE_WORD = /^post\d*$/

/** The number of numbers that a complete version has. A fourth one is optional. */
const COMPLETE = 3

/**
 * Returns the version in a tag as people write it: with or without a prefix (`v1.2.3`, `app-v1.2.3`), with one to four
 * numbers, with a pre-release or variant, and with Helm's `_` for build metadata. Returns `undefined` for tags without a
 * version, such as `latest`, `pr-7`, commit hashes and post-releases.
 */
export function parseVersion(tag: string): Version | undefined {
  const { prefix = '', numbers = '', glued, preRelease } = VERSION.exec(tag)?.groups ?? {}
  const given = numbers.split('.')
  const [first = ''] = given
  if (first === '') return undefined
  if (given.length === 1) {
    const isHash = first.length >= COMMIT_HASH_DIGITS && !DATE.test(first)
    const isHex = glued !== undefined && /^[abc][._-]?\d/i.test(glued)
    if (isHex || isHash || !VERSION_PREFIX.test(prefix)) return undefined
  }
  const identifiers = (glued ?? preRelease)?.toLowerCase().split('.') ?? []
  const [word = ''] = identifiers[0]?.split('-') ?? []
  if (POST_RELEASE_WORD.test(word)) return undefined
  const isPreRelease = PRE_RELEASE_WORD.test(word)
  const missing = isPreRelease ? 0 : Infinity
  return {
    numbers: [
      ...given.map(Number),
      ...Array.from({ length: Math.max(0, COMPLETE - given.length) }, () => missing),
      ...(given.length > COMPLETE ? [] : [-1])
    ],
    preRelease: identifiers
  }
}

/**
 * Compares two versions; negative if the first one is lower. Numbers compare as in semantic versioning
 * (https://semver.org, section 11), and so do pre-releases, except that digits within them compare as numbers.
 */
export function compareVersions(a: Version, b: Version): number {
  for (const [at, number] of a.numbers.entries()) {
    const other = b.numbers[at] ?? -1
    if (number !== other) return number < other ? -1 : 1
  }
  if (a.preRelease.length === 0 || b.preRelease.length === 0) {
    return Math.sign(b.preRelease.length - a.preRelease.length)
  }
  for (const [at, identifier] of a.preRelease.entries()) {
    const other = b.preRelease[at]
    const order = other === undefined ? 1 : compareIdentifiers(identifier, other)
    if (order !== 0) return order
  }
  return a.preRelease.length - b.preRelease.length
}

/** Compares identifiers of a pre-release. A number is lower than any text. */
function compareIdentifiers(a: string, b: string): number {
  const one = /^\d+$/.test(a)
  if (one !== /^\d+$/.test(b)) return one ? -1 : 1
  const parts = splitDigits(a)
  const others = splitDigits(b)
  for (const [at, part] of parts.entries()) {
    const other = others[at]
    const order = other === undefined ? 1 : compareParts(part, other)
    if (order !== 0) return order
  }
  return parts.length - others.length
}

/** Splits `rc10` into `rc` and `10`. The texts are at the even positions. */
function splitDigits(identifier: string): string[] {
  return identifier.split(/(\d+)/)
}

function compareParts(a: string, b: string): number {
  const one = a.replace(/^0+(?=\d)/, '')
  const other = b.replace(/^0+(?=\d)/, '')
  const areNumbers = /^\d/.test(one) && /^\d/.test(other)
  if (areNumbers && one.length !== other.length) return one.length - other.length
  if (one === other) return 0
  return one < other ? -1 : 1
}
