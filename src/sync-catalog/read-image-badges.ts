import type { ImageDetail } from '@aws-sdk/client-ecr-public'
import { listImages } from '../ecr-public/listings.js'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import { findPlatform, MAX_CONFIG_BYTES } from '../oci/config.js'
import { parseManifest, platformName } from '../oci/manifest.js'
import type { Descriptor, Index, Manifest, Platform } from '../oci/manifest.js'
import { isImageConfigMediaType } from '../oci/media-types.js'
import { findReferrerTagSubject } from '../oci/referrer-tags.js'
import type { Deps, Registry } from '../runner/deps.js'
import { badgesOf } from './badges.js'
import type { Badges } from './badges.js'

/**
 * The number of most recent tagged images that are read, and of images in their indexes. This covers a release with one
 * tag per platform and does not exceed the registry's rate limit.
 */
const MAX_IMAGES = 10

/** The badges for the platforms of a repository's images. */
export interface ImageBadges {
  /** `undefined` if the repository does not have an image with a platform. */
  readonly badges: Badges | undefined
  /** The platforms that the gallery does not have a badge for. */
  readonly others: readonly string[]
}

/**
 * Returns the badges for the platforms of the most recent tagged images. Attestations, signatures and other artifacts
 * do not count as images.
 *
 * @param path the path of the repository on the registry host, `alias/name`
 */
export async function readImageBadges(
  api: Deps['api'],
  address: RepositoryAddress,
  registry: Registry,
  path: string
): Promise<ImageBadges> {
  const platforms: Platform[] = []
  const unnamed = new Set<string>()
  const newest = await listNewest(api, address)
  for (const digest of newest) {
    const manifest = await findManifest(registry, path, digest)
    if (manifest?.kind !== 'index') {
      platforms.push(...(await listOwnPlatform(registry, path, manifest)))
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
    const image = await findManifest(registry, path, digest)
    platforms.push(...(await listOwnPlatform(registry, path, image)))
  }
  if (platforms.length === 0) return { badges: undefined, others: [] }
  return badgesOf(platforms)
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

async function findManifest(
  registry: Registry,
  path: string,
  digest: string
): Promise<Manifest | Index | undefined> {
  const served = await registry.findManifest(path, digest)
  return served && parseManifest(served.bytes, `manifest ${digest}`, served.mediaType)
}

/** Returns the platform in the config of an image, or an empty list for an artifact or an index. */
async function listOwnPlatform(
  registry: Registry,
  path: string,
  manifest: Manifest | Index | undefined
): Promise<Platform[]> {
  if (manifest?.kind !== 'manifest' || manifest.artifactType !== undefined) return []
  if (!isImageConfigMediaType(manifest.config.mediaType)) return []
  const bytes = await registry.getBlob(path, manifest.config.digest, MAX_CONFIG_BYTES)
  return listNamed(findPlatform(bytes, `image config ${manifest.config.digest}`))
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
