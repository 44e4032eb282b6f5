import { invalidValue } from '../invalid-value.js'
import { isObject } from '../is-object.js'
import { STRUCTURES } from '../model/structures.js'
import { parseTime, TIME_EXAMPLE } from '../parse-time.js'

/** The contents of a seed file. */
export interface Seed {
  /** The display name of the registry. */
  readonly displayName: string | undefined
  readonly repositories: readonly SeedRepository[]
}

export interface SeedRepository {
  readonly name: string
  readonly createdAt: Date | undefined
  /** The `catalogData` of PutRepositoryCatalogData. */
  readonly catalogData: unknown
  readonly resourceTags: Readonly<Record<string, string>>
  /** A policy as JSON. */
  readonly policy: unknown
  readonly images: readonly SeedImage[]
}

/** A small but complete image, or an index if it has several platforms or nested indexes. */
export interface SeedImage {
  readonly tags: readonly SeedTag[]
  readonly pushedAt: Date | undefined
  readonly platforms: readonly SeedPlatform[]
  readonly format: 'oci' | 'docker'
  /** Indexes that this index lists besides its platforms. */
  readonly indexes: readonly SeedImage[]
  /** Artifact types of the artifacts that refer to the image by `subject`. */
  readonly referrers: readonly string[]
  /** Kinds of cosign tags of the image: `sig`, `att`, `sbom`. */
  readonly cosignTags: readonly string[]
  /** `true` to add an attestation for each platform to the index, as buildx does. */
  readonly attestations: boolean
}

/** A platform image of an index. */
export interface SeedPlatform {
  /** Such as `linux/amd64` or `linux/arm/v7`. */
  readonly platform: string
  /** Tags of the platform image itself. */
  readonly tags: readonly SeedTag[]
}

export interface SeedTag {
  readonly tag: string
  readonly createdAt: Date | undefined
}

/**
 * Parses a seed.
 *
 * @throws Error for a member with an invalid value
 */
export function parseSeed(value: unknown): Seed {
  const seed = objectOf(value, 'seed', ['displayName', 'repositories'])
  const { displayName } = seed
  const isName = matching(/^.{1,100}$/su, 'a string of 1 to 100 characters')
  const repositories = listOf(seed.repositories, 'repositories', parseRepository)
  checkNames(repositories)
  return {
    displayName: displayName === undefined ? undefined : isName(displayName, 'displayName'),
    repositories
  }
}

function checkNames(repositories: readonly SeedRepository[]): void {
  const paths = new Map<string, string>()
  for (const [at, { name }] of repositories.entries()) {
    const path = `repositories[${String(at)}]`
    const first = paths.get(name)
    if (first !== undefined) {
      throw new Error(
        `Seed: "${path}" and "${first}" are the same repository: "${name}". Use one entry per repository.`
      )
    }
    paths.set(name, path)
  }
}

function parseRepository(value: unknown, path: string): SeedRepository {
  const known = ['name', 'createdAt', 'catalogData', 'resourceTags', 'policy', 'images']
  const json = objectOf(value, path, known)
  const name = textOf(json.name, `${path}.name`)
  if (name === undefined) throw invalidMember(`${path}.name`, json.name, 'the name of a repository')
  try {
    return parseMembers(name, json, path)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`${reason} The repository is "${name}".`, { cause: error })
  }
}

const CATALOG_MEMBERS = Object.keys(STRUCTURES.RepositoryCatalogDataInput.members)

function parseMembers(
  name: string,
  json: Readonly<Record<string, unknown>>,
  path: string
): SeedRepository {
  return {
    name,
    createdAt: dateOf(json.createdAt, `${path}.createdAt`),
    catalogData: objectOf(json.catalogData ?? {}, `${path}.catalogData`, CATALOG_MEMBERS),
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
  'cosignTags',
  'attestations'
]

function parseImage(value: unknown, path: string): SeedImage {
  const json = objectOf(value, path, IMAGE_MEMBERS)
  const { format = 'oci', attestations = false } = json
  if (format !== 'oci' && format !== 'docker') {
    throw invalidMember(`${path}.format`, format, 'oci or docker')
  }
  if (typeof attestations !== 'boolean') {
    throw invalidMember(`${path}.attestations`, attestations, 'true or false')
  }
  const platforms = listOf(json.platforms, `${path}.platforms`, parsePlatform)
  if (json.platforms !== undefined && platforms.length === 0) {
    throw invalidMember(`${path}.platforms`, json.platforms, 'at least one platform')
  }
  const indexes = listOf(json.indexes, `${path}.indexes`, parseImage)
  return {
    tags: listOf(json.tags, `${path}.tags`, parseTag),
    pushedAt: dateOf(json.pushedAt, `${path}.pushedAt`),
    platforms: platforms.length === 0 && indexes.length === 0 ? [DEFAULT_PLATFORM] : platforms,
    format,
    indexes,
    referrers: listOf(json.referrers, `${path}.referrers`, matching(/./, 'an artifact type')),
    cosignTags: listOf(
      json.cosignTags,
      `${path}.cosignTags`,
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
  if (tag === undefined) throw invalidMember(`${path}.tag`, json.tag, 'a tag')
  return { tag, createdAt: dateOf(json.createdAt, `${path}.createdAt`) }
}

function objectOf(
  value: unknown,
  path: string,
  known: readonly string[]
): Readonly<Record<string, unknown>> {
  if (!isObject(value)) {
    throw invalidMember(path, value, `a JSON object with the members ${known.join(', ')}`)
  }
  const unknown = Object.keys(value).find((member) => !known.includes(member))
  if (unknown !== undefined) {
    throw new Error(`Seed: "${path}" has an unknown member: "${unknown}". Use ${known.join(', ')}.`)
  }
  return value
}

function listOf<T>(
  value: unknown,
  path: string,
  parse: (item: unknown, path: string) => T
): readonly T[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw invalidMember(path, value, 'an array')
  return value.map((item: unknown, at) => parse(item, `${path}[${String(at)}]`))
}

function matching(pattern: RegExp, expected: string): (item: unknown, path: string) => string {
  return (item, path) => {
    if (typeof item === 'string' && pattern.test(item)) return item
    throw invalidMember(path, item, expected)
  }
}

function textOf(value: unknown, path: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw invalidMember(path, value, 'a string')
}

function textsOf(value: unknown, path: string): Readonly<Record<string, string>> {
  if (value === undefined) return {}
  if (isObject(value) && Object.values(value).every((item) => typeof item === 'string')) {
    return value as Readonly<Record<string, string>>
  }
  throw invalidMember(path, value, 'an object with string values')
}

function dateOf(value: unknown, path: string): Date | undefined {
  if (value === undefined) return undefined
  const time = parseTime(value)
  if (time === undefined) throw invalidMember(path, value, TIME_EXAMPLE)
  return time
}

function invalidMember(path: string, value: unknown, expected: string): Error {
  return invalidValue(`Seed: "${path}"`, value, expected)
}
