/** What is in the registry at the start: the contents of a seed file. */
export interface Seed {
  /** Of the registry. */
  readonly displayName: string | undefined
  readonly repositories: readonly SeedRepository[]
}

/** A repository of a seed. */
export interface SeedRepository {
  readonly name: string
  readonly createdAt: Date | undefined
  /** As PutRepositoryCatalogData takes it. */
  readonly catalogData: unknown
  readonly resourceTags: Readonly<Record<string, string>>
  /** A policy, as JSON. */
  readonly policy: unknown
  readonly images: readonly SeedImage[]
}

/** An image, small but real; with several platforms or nested indexes it is an index. */
export interface SeedImage {
  readonly tags: readonly SeedTag[]
  readonly pushedAt: Date | undefined
  readonly platforms: readonly SeedPlatform[]
  readonly format: 'oci' | 'docker'
  /** Indexes that this index lists besides its platforms. */
  readonly indexes: readonly SeedImage[]
  /** Artifact types of what refers to the image by `subject`. */
  readonly referrers: readonly string[]
  /** What cosign stores beside it under tags of its own: `sig`, `att`, `sbom`. */
  readonly companions: readonly string[]
  /** `true` for an attestation of each platform in the index, as buildx makes them. */
  readonly attestations: boolean
}

/** One image of an index. */
export interface SeedPlatform {
  /** `linux/amd64`, `linux/arm/v7`. */
  readonly platform: string
  /** Tags that it has of its own. */
  readonly tags: readonly SeedTag[]
}

/** A tag of a seed's image. */
export interface SeedTag {
  readonly tag: string
  readonly createdAt: Date | undefined
}

/**
 * Reads a seed.
 *
 * @throws Error naming the member that is wrong, and what it takes
 */
export function parseSeed(value: unknown): Seed {
  const seed = objectOf(value, 'seed', ['displayName', 'repositories'])
  return {
    displayName: textOf(seed.displayName, 'displayName'),
    repositories: listOf(seed.repositories, 'repositories', parseRepository)
  }
}

function parseRepository(value: unknown, path: string): SeedRepository {
  const known = ['name', 'createdAt', 'catalogData', 'resourceTags', 'policy', 'images']
  const json = objectOf(value, path, known)
  const name = textOf(json.name, `${path}.name`)
  if (name === undefined) throw wrong(`${path}.name`, json.name, 'the name of a repository')
  return {
    name,
    createdAt: dateOf(json.createdAt, `${path}.createdAt`),
    catalogData: json.catalogData ?? {},
    resourceTags: textsOf(json.resourceTags, `${path}.resourceTags`),
    policy: json.policy,
    images: listOf(json.images, `${path}.images`, parseImage)
  }
}

const IMAGE_MEMBERS = [
  'tags',
  'pushedAt',
  'platforms',
  'format',
  'indexes',
  'referrers',
  'companions',
  'attestations'
]

function parseImage(value: unknown, path: string): SeedImage {
  const json = objectOf(value, path, IMAGE_MEMBERS)
  const { format = 'oci', attestations = false } = json
  if (format !== 'oci' && format !== 'docker') {
    throw wrong(`${path}.format`, format, 'oci or docker')
  }
  if (typeof attestations !== 'boolean') {
    throw wrong(`${path}.attestations`, attestations, 'true or false')
  }
  const platforms = listOf(json.platforms, `${path}.platforms`, parsePlatform)
  const indexes = listOf(json.indexes, `${path}.indexes`, parseImage)
  return {
    tags: listOf(json.tags, `${path}.tags`, parseTag),
    pushedAt: dateOf(json.pushedAt, `${path}.pushedAt`),
    platforms: platforms.length === 0 && indexes.length === 0 ? [DEFAULT_PLATFORM] : platforms,
    format,
    indexes,
    referrers: listOf(json.referrers, `${path}.referrers`, matching(/./, 'an artifact type')),
    companions: listOf(
      json.companions,
      `${path}.companions`,
      matching(/^(sig|att|sbom)$/, 'sig, att or sbom')
    ),
    attestations
  }
}

const DEFAULT_PLATFORM: SeedPlatform = { platform: 'linux/amd64', tags: [] }

function parsePlatform(value: unknown, path: string): SeedPlatform {
  const json =
    typeof value === 'string' ? { platform: value } : objectOf(value, path, ['platform', 'tags'])
  const isPlatform = matching(/^[^/]+(\/[^/]+){1,2}$/, 'a platform such as linux/amd64')
  return {
    platform: isPlatform(json.platform, `${path}.platform`),
    tags: listOf('tags' in json ? json.tags : undefined, `${path}.tags`, parseTag)
  }
}

function parseTag(value: unknown, path: string): SeedTag {
  if (typeof value === 'string') return { tag: value, createdAt: undefined }
  const json = objectOf(value, path, ['tag', 'createdAt'])
  const tag = textOf(json.tag, `${path}.tag`)
  if (tag === undefined) throw wrong(`${path}.tag`, json.tag, 'a tag')
  return { tag, createdAt: dateOf(json.createdAt, `${path}.createdAt`) }
}

function objectOf(
  value: unknown,
  path: string,
  known: readonly string[]
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(path, value, `a JSON object with ${known.join(', ')}`)
  }
  const strange = Object.keys(value).find((member) => !known.includes(member))
  if (strange !== undefined) throw wrong(path, strange, known.join(', '))
  return value as Readonly<Record<string, unknown>>
}

function listOf<T>(
  value: unknown,
  path: string,
  parse: (item: unknown, path: string) => T
): readonly T[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw wrong(path, value, 'a list')
  return value.map((item: unknown, at) => parse(item, `${path}[${String(at)}]`))
}

function matching(pattern: RegExp, allowed: string): (item: unknown, path: string) => string {
  return (item, path) => {
    if (typeof item === 'string' && pattern.test(item)) return item
    throw wrong(path, item, allowed)
  }
}

function textOf(value: unknown, path: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw wrong(path, value, 'a text')
}

function textsOf(value: unknown, path: string): Readonly<Record<string, string>> {
  if (value === undefined) return {}
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (isObject && Object.values(value).every((item) => typeof item === 'string')) {
    return value as Readonly<Record<string, string>>
  }
  throw wrong(path, value, 'an object of texts')
}

function dateOf(value: unknown, path: string): Date | undefined {
  if (value === undefined) return undefined
  const date = new Date(typeof value === 'string' ? value : NaN)
  if (Number.isNaN(date.getTime())) throw wrong(path, value, 'a date such as 2026-01-01T00:00:00Z')
  return date
}

function wrong(path: string, value: unknown, allowed: string): Error {
  const shown = value === undefined ? 'not given' : JSON.stringify(value)
  return new Error(`Seed: ${path} is ${shown}; it takes ${allowed}`)
}
