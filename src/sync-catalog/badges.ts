import { problem } from '../runner/errors.js'

/** The input, values and accepted names of a badge field. */
interface BadgeField {
  readonly input: string
  /** The other names of each value that the gallery shows. The values are sent in this order. */
  readonly values: Readonly<Record<string, readonly string[]>>
}

/**
 * The values that the gallery shows as badges
 * (https://docs.aws.amazon.com/AmazonECR/latest/public/public-repository-catalog-data.html). The other names come from
 * Go's GOARCH, `uname -m`, Debian and Docker.
 */
const ARCHITECTURES: BadgeField = {
  input: 'architectures',
  values: {
    ARM: ['arm', 'arm32', 'armv5', 'armv6', 'armv6l', 'armv7', 'armv7l', 'armhf', 'armel'],
    'ARM 64': ['arm64', 'aarch64', 'armv8'],
    x86: ['386', 'i386', 'i486', 'i586', 'i686', 'ia32', 'x86'],
    'x86-64': ['amd64', 'x8664', 'x64', 'intel64']
  }
}

const OPERATING_SYSTEMS: BadgeField = {
  input: 'operating-systems',
  values: { Linux: ['linux'], Windows: ['windows'] }
}

/** The two fields that the gallery shows as badges. */
export type BadgeKind = 'architectures' | 'operatingSystems'

/** The badges of one or more images. */
export type Badges = Readonly<Record<BadgeKind, readonly string[]>>

const FIELDS: Readonly<Record<BadgeKind, BadgeField>> = {
  architectures: ARCHITECTURES,
  operatingSystems: OPERATING_SYSTEMS
}

/**
 * Returns the badges for the items of an input: badges in any letter case, platform names (`linux/arm64/v8`), and names
 * of architectures and operating systems (`aarch64`).
 *
 * @throws ActionError if the gallery does not have a badge for an item
 */
export function parseBadges(kind: BadgeKind, items: readonly string[]): string[] {
  const field = FIELDS[kind]
  return inOrder(
    field,
    items.map((item) => {
      const value = findValue(field, kind, item)
      if (value !== undefined) return value
      throw problem({
        what: `Input "${field.input}" has a value that the gallery does not have a badge for`,
        value: item,
        expected: `Use ${Object.keys(field.values).join(', ')} or a platform name such as linux/arm64.`,
        fix: 'Correct the value, or use "auto", which ignores platforms without a badge.'
      })
    })
  )
}

/** Returns the badges for the platforms of images. `others` are the platforms without a badge. */
export function badgesOf(
  platforms: readonly { readonly os: string; readonly architecture: string }[]
): {
  readonly badges: Badges
  readonly others: readonly string[]
} {
  const names = platforms.map(({ os, architecture }) => `${os}/${architecture}`)
  const valuesOf = (kind: BadgeKind): string[] =>
    inOrder(
      FIELDS[kind],
      names.flatMap((name) => findValue(FIELDS[kind], kind, name) ?? [])
    )
  return {
    badges: {
      architectures: valuesOf('architectures'),
      operatingSystems: valuesOf('operatingSystems')
    },
    others: [...new Set(names)].filter((name) =>
      Object.entries(FIELDS).some(
        ([kind, field]) => findValue(field, kind as BadgeKind, name) === undefined
      )
    )
  }
}

function findValue(field: BadgeField, kind: BadgeKind, item: string): string | undefined {
  const [first = '', second] = item.split('/')
  const part = kind === 'architectures' ? (second ?? first) : first
  const key = simplify(part)
    .replace(/^arm64v\d+$/, 'arm64')
    .replace(/^arm32v\d+$/, 'arm')
  return Object.entries(field.values).find(
    ([value, names]) => simplify(value) === key || names.includes(key)
  )?.[0]
}

function simplify(value: string): string {
  return value.toLowerCase().replace(/[\s_-]/g, '')
}

function inOrder(field: BadgeField, values: readonly string[]): string[] {
  return Object.keys(field.values).filter((value) => values.includes(value))
}
