import { checkConstraints } from '../api/check-constraints.js'
import { parseInput } from '../api/parse-input.js'
import type { EmulatorContext } from '../context.js'
import { digestOf } from '../digest.js'
import { storeImage } from '../images/store-image.js'
import type { Input, ValueOf } from '../model/types.js'
import { newCatalogData } from '../operations/catalog-data.js'
import { normalizePolicy } from '../operations/repository-policy.js'
import { mergeResourceTags } from '../operations/resource-tags.js'
import type { Repository } from '../store/store.js'
import { parseSeed } from './seed.js'
import type { SeedImage, SeedRepository, SeedTag } from './seed.js'
import {
  buildAttestation,
  buildCosignManifest,
  buildImage,
  buildIndex,
  buildReferrer,
  platformOf
} from './small-image.js'
import type { BuiltManifest } from './small-image.js'

/**
 * Adds the contents of a seed to the store, completely or not at all. Existing repositories and images are kept.
 *
 * @throws Error if the seed is not valid
 */
export function applySeed(context: EmulatorContext, value: unknown): void {
  const seed = parseSeed(value)
  context.store.transaction(() => {
    if (seed.displayName !== undefined) context.store.setDisplayName(seed.displayName)
    for (const [at, repository] of seed.repositories.entries()) {
      locate(repository.name, `repositories[${String(at)}]`, () => {
        seedRepository(context, repository, `repositories[${String(at)}]`)
      })
    }
  })
}

/** Runs `body` and adds the repository and the path in the seed to its error. */
function locate<T>(repository: string, path: string, body: () => T): T {
  try {
    return body()
  } catch (error) {
    if (error instanceof SeedError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new SeedError(`Seed: "${path}" of repository "${repository}" is not valid. ${reason}`, {
      cause: error
    })
  }
}

/** An error that names the repository and the path in the seed. */
class SeedError extends Error {}

/** Checks a repository against the API model. */
function checkRepository({ name, catalogData }: SeedRepository): Input<'CreateRepository'> {
  const input = parseInput('CreateRepositoryRequest', { repositoryName: name, catalogData })
  checkConstraints('CreateRepositoryRequest', input)
  return input as Input<'CreateRepository'>
}

/** Checks resource tags as CreateRepository does. */
function checkResourceTags(
  { settings }: EmulatorContext,
  resourceTags: Readonly<Record<string, string>>
): void {
  const tags = Object.entries(resourceTags).map(([Key, Value]) => ({ Key, Value }))
  checkConstraints('TagList', tags, 'resourceTags')
  mergeResourceTags(new Map(), tags, settings.limits)
}

function seedRepository(context: EmulatorContext, seed: SeedRepository, path: string): void {
  const { store } = context
  const { catalogData } = checkRepository(seed)
  locate(seed.name, `${path}.resourceTags`, () => checkResourceTags(context, seed.resourceTags))
  const found = store.findRepository(seed.name)
  const repository =
    found ??
    store.createRepository(seed.name, {
      ...(seed.createdAt === undefined ? {} : { createdAt: seed.createdAt }),
      resourceTags: seed.resourceTags
    })
  setCatalogData(context, repository, catalogData)
  if (seed.policy !== undefined) {
    store.setPolicy(seed.name, normalizePolicy(JSON.stringify(seed.policy), true))
  }
  for (const [at, image] of seed.images.entries()) {
    locate(seed.name, `${path}.images[${String(at)}]`, () => {
      seedImage(context, repository, image, `${seed.name} ${String(at)}`)
    })
  }
}

function setCatalogData(
  context: EmulatorContext,
  { name, catalogData }: Repository,
  given: ValueOf<'RepositoryCatalogDataInput'> | undefined
): void {
  if (given === undefined || Object.keys(given).length === 0) return
  const call = { context, operation: 'PutRepositoryCatalogData', host: '', partial: false } as const
  context.store.setCatalogData(name, newCatalogData(call, catalogData, given))
}

/** Stores a manifest and its blobs under the given tags, unless they exist already. */
type Put = (built: BuiltManifest, tags?: readonly SeedTag[]) => void

function seedImage(
  context: EmulatorContext,
  repository: Repository,
  seed: SeedImage,
  about: string
): void {
  const pushedAt = seed.pushedAt ?? earliest(seed) ?? context.now()
  const put: Put = ({ manifest, mediaType, digest, blobs }, tags = []) => {
    for (const blob of blobs) {
      if (!repository.layers.has(digestOf(blob))) context.store.addLayer(repository.name, blob)
    }
    const request = { manifest, mediaType, digest }
    if (tags.length === 0 && !repository.images.has(digest)) {
      storeImage(context, repository, { ...request, tag: undefined, times: { pushedAt } })
    }
    for (const { tag, createdAt: taggedAt = pushedAt } of tags) {
      if (repository.tags.get(tag)?.digest === digest) continue
      storeImage(context, repository, { ...request, tag, times: { pushedAt, taggedAt } })
    }
  }
  const image = build(seed, about, pushedAt, put)
  put(image, seed.tags)
  for (const artifactType of seed.referrers) put(buildReferrer(artifactType, image))
  for (const kind of seed.cosignTags) {
    const tag = `${image.digest.replace(':', '-')}.${kind}`
    put(buildCosignManifest(kind, image), [{ tag, createdAt: undefined }])
  }
}

/** Builds an image and stores the manifests that it lists. The caller stores the image itself. */
function build(seed: SeedImage, about: string, pushedAt: Date, put: Put): BuiltManifest {
  const { format, platforms, attestations } = seed
  const images = platforms.map(({ platform, tags }) => ({
    ...buildImage(about, platform, format, pushedAt),
    platform: platformOf(platform),
    tags
  }))
  const [first] = images
  const isIndex = images.length > 1 || seed.indexes.length > 0 || attestations
  if (first !== undefined && !isIndex) return first
  const indexes = seed.indexes.map((index, at) => ({
    ...buildNested(index, `${about}.${String(at)}`, pushedAt, put),
    tags: index.tags
  }))
  for (const listed of [...images, ...indexes]) put(listed, listed.tags)
  const attestationManifests = attestations ? images.map(buildAttestation) : []
  for (const manifest of attestationManifests) put(manifest)
  return buildIndex([...images, ...indexes, ...attestationManifests], format)
}

/** Builds an index to be listed by another index. */
function buildNested(seed: SeedImage, about: string, pushedAt: Date, put: Put): BuiltManifest {
  const inner = build(seed, about, pushedAt, put)
  if (inner.blobs.length === 0) return inner
  put(inner)
  return buildIndex([inner], seed.format)
}

function earliest({ tags }: SeedImage): Date | undefined {
  const times = tags.flatMap(({ createdAt }) => (createdAt === undefined ? [] : [createdAt]))
  return times.sort((a, b) => a.getTime() - b.getTime())[0]
}
