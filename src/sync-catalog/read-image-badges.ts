import type { ImageDetail } from '@aws-sdk/client-ecr-public'
import { listImages } from '../ecr-public/listings.js'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import { findPlatform, MAX_CONFIG_BYTES } from '../oci/config.js'
import { parseManifest, platformName } from '../oci/manifest.js'
import type { Descriptor, Index, Manifest, Platform } from '../oci/manifest.js'
import { isImageConfigMediaType } from '../oci/media-types.js'
import { findReferrerTagSubject } from '../oci/referrer-tags.js'
import type { Deps, Registry } from '../runner/deps.js'
import { ActionError } from '../runner/errors.js'
import { badgesOf } from './badges.js'
import type { Badges } from './badges.js'

/**
 * The number of most recent tagged images that are read, and of images in their indexes. This covers a release with one
 * tag per platform and does not exceed the registry's rate limit.
 */
const MAX_IMAGES = 10

/** An image whose platform is not known, because its manifest or config could not be read. */
export interface SkippedImage {
  readonly digest: string
  /** The reason as one or more full sentences. */
  readonly reason: string
}

/** The badges for the platforms of a repository's images. */
export interface ImageBadges {
  /** `undefined` if the repository does not have an image with a platform that could be read. */
  readonly badges: Badges | undefined
  /** The platforms that the gallery does not have a badge for. */
  readonly others: readonly string[]
  /** Images of the repository that can be for further platforms. */
  readonly skipped: readonly SkippedImage[]
}

/** The repository that images are read from, and the images that could not be read. */
interface ImageSource {
  readonly registry: Registry
  readonly path: string
  readonly skipped: SkippedImage[]
}

/**
 * Returns the badges for the platforms of the most recent tagged images. Attestations, signatures and other artifacts
 * do not count as images. An image that is missing, or that has an unsupported type or format, is skipped.
 *
 * @param path the path of the repository on the registry host, `alias/name`
 * @throws ActionError if the registry cannot be read
 */
export async function readImageBadges(
  api: Deps['api'],
  address: RepositoryAddress,
  registry: Registry,
  path: string
): Promise<ImageBadges> {
  const platforms: Platform[] = []
  const unnamed = new Set<string>()
  const source: ImageSource = { registry, path, skipped: [] }
  const newest = await listNewest(api, address)
  for (const digest of newest) {
    const manifest = await findManifest(source, digest)
    if (manifest?.kind !== 'index') {
      platforms.push(...(await listOwnPlatform(source, digest, manifest)))
      continue
    }
    for (const child of manifest.manifests.filter(isImage)) {
      const named = listNamed(child.platform)
      platforms.push(...named)
      if (named.length === 0) unnamed.add(child.digest)
    }
  }
  for (const digest of newest) unnamed.delete(digest)
  // The platform is optional in an index (OCI image index, `platform`).
  for (const digest of [...unnamed].slice(0, MAX_IMAGES)) {
    const image = await findManifest(source, digest)
    platforms.push(...(await listOwnPlatform(source, digest, image)))
  }
  const { skipped } = source
  if (platforms.length === 0) return { badges: undefined, others: [], skipped }
  return { ...badgesOf(platforms), skipped }
}

/** Returns the digests of the most recent images that have a tag other than referrer tags. */
async function listNewest(api: Deps['api'], address: RepositoryAddress): Promise<string[]> {
  let newest: ImageDetail[] = []
  const pushedAt = ({ imagePushedAt }: ImageDetail): number => imagePushedAt?.getTime() ?? 0
  for await (const page of listImages(api, address)) {
    const tagged = page.filter(({ imageTags = [] }) =>
      imageTags.some((tag) => findReferrerTagSubject(tag) === undefined)
    )
    newest = [...newest, ...tagged].sort((a, b) => pushedAt(b) - pushedAt(a)).slice(0, MAX_IMAGES)
  }
  return newest.flatMap(({ imageDigest }) => imageDigest ?? [])
}

/** Returns the manifest or index, or `undefined` if it is skipped. */
async function findManifest(
  { registry, path, skipped }: ImageSource,
  digest: string
): Promise<Manifest | Index | undefined> {
  const served = await registry.findManifest(path, digest)
  if (served !== undefined) {
    const { bytes, mediaType } = served
    return parse(digest, skipped, () => parseManifest(bytes, `manifest ${digest}`, mediaType))
  }
  skipped.push({ digest, reason: `The registry does not have the manifest ${digest}.` })
  return undefined
}

/** Returns the platform in the config of an image, or an empty list for an artifact, an index or a skipped image. */
async function listOwnPlatform(
  { registry, path, skipped }: ImageSource,
  digest: string,
  manifest: Manifest | Index | undefined
): Promise<Platform[]> {
  if (manifest?.kind !== 'manifest' || manifest.artifactType !== undefined) return []
  const { config } = manifest
  if (!isImageConfigMediaType(config.mediaType)) return []
  const bytes = await registry.getBlob(path, config.digest, MAX_CONFIG_BYTES)
  return listNamed(
    parse(digest, skipped, () => findPlatform(bytes, `image config ${config.digest}`))
  )
}

/** Returns the parsed content of an image. If it has an unsupported type or format, the image is skipped. */
function parse<Content>(
  digest: string,
  skipped: SkippedImage[],
  parseContent: () => Content
): Content | undefined {
  try {
    return parseContent()
  } catch (error) {
    if (!(error instanceof ActionError)) throw error
    skipped.push({ digest, reason: error.message })
    return undefined
  }
}

function listNamed(platform: Platform | undefined): Platform[] {
  return platform === undefined || platformName(platform) === '' ? [] : [platform]
}

/**
 * Returns `false` for attestations, which BuildKit adds to the index with platform `unknown/unknown`
 * (https://docs.docker.com/build/metadata/attestations/attestation-storage/).
 */
function isImage({ platform, annotations, artifactType }: Descriptor): boolean {
  return (
    platform?.os !== 'unknown' &&
    artifactType === undefined &&
    annotations?.['vnd.docker.reference.type'] === undefined
  )
}
