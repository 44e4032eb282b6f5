import { problem } from '../runner/errors.js'

/** What a field of badges may hold and the names that people and platforms have for it. */
interface BadgeField {
  readonly input: string
  /** The values that the gallery shows, in the order in which they are sent. */
  readonly values: Readonly<Record<string, readonly string[]>>
}

/**
 * The values that the gallery shows as badges and searches by
 * (https://docs.aws.amazon.com/AmazonECR/latest/public/public-repository-catalog-data.html); others are stored
 * and not shown. The names are those of Go's GOARCH, `uname -m`, Debian and Docker.
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

/** The badges of one image or more. */
export type Badges = Readonly<Record<BadgeKind, readonly string[]>>

const FIELDS: Readonly<Record<BadgeKind, BadgeField>> = {
  architectures: ARCHITECTURES,
  operatingSystems: OPERATING_SYSTEMS
}

/**
 * The badge values for what a user wrote: the values themselves, whatever their case, names of platforms
 * (`linux/arm64/v8`) and parts of those (`aarch64`).
 *
 * @throws ActionError for what the gallery has no badge for, with the list of what it has
 */
export function parseBadges(kind: BadgeKind, items: readonly string[]): string[] {
  const field = FIELDS[kind]
  return inOrder(
    field,
    items.map((item) => {
      const value = findValue(field, kind, item)
      if (value !== undefined) return value
      throw problem({
        what: `Input "${field.input}" has a value that the gallery shows no badge for`,
        value: item,
        expected: `${Object.keys(field.values).join(', ')}, or a platform name such as linux/arm64`,
        fix: 'correct it, or use auto, which leaves out what has no badge'
      })
    })
  )
}

/** The badges for the platforms of images; `others` are the platforms that have none. */
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
  const [first = '', second] = item.toLowerCase().split('/')
  const part = kind === 'architectures' ? (second ?? first) : first
  const key = part
    .replace(/[\s_-]/g, '')
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
