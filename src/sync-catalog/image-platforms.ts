import type { ImageDetail } from '@aws-sdk/client-ecr-public'
import { badgesOf } from './badges.js'
import type { Badges } from './badges.js'
import type { Deps } from '../runner/deps.js'
import { listImages } from '../ecr-public/listings.js'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import { MAX_CONFIG_BYTES, parseConfig } from '../oci/config.js'
import { parseManifest, platformName } from '../oci/manifest.js'
import type { Descriptor, Platform } from '../oci/manifest.js'
import type { Registry } from '../runner/deps.js'
import { findReferrerTagSubject } from '../oci/referrer-tags.js'

/**
 * How many images are looked at, the newest first: enough for a release that has a tag for each platform,
 * and few enough for the registry's limit of reads.
 */
const NEWEST_IMAGES = 10

/** What the images of a repository are made for. */
export interface FoundBadges {
  /** `undefined` where there is no image to go by. */
  readonly badges: Badges | undefined
  /** Platforms that the gallery has no badge for. */
  readonly others: readonly string[]
}

/**
 * The badges for the platforms of the newest images with a tag. Attestations, signatures and other artifacts
 * are no images.
 *
 * @param path of the repository below the registry's host, `alias/name`
 */
export async function findImageBadges(
  api: Deps['api'],
  address: RepositoryAddress,
  registry: Registry,
  path: string
): Promise<FoundBadges> {
  const platforms: Platform[] = []
  for (const digest of await listNewest(api, address)) {
    platforms.push(...(await listPlatforms(registry, path, digest)))
  }
  if (platforms.length === 0) return { badges: undefined, others: [] }
  return badgesOf(platforms)
}

/** The digests of the newest images that have a tag of their own. */
async function listNewest(api: Deps['api'], address: RepositoryAddress): Promise<string[]> {
  let newest: ImageDetail[] = []
  const pushedAt = ({ imagePushedAt }: ImageDetail): number => imagePushedAt?.getTime() ?? 0
  for await (const page of listImages(api, address)) {
    const tagged = page.filter(({ imageTags = [] }) =>
      imageTags.some((tag) => findReferrerTagSubject(tag) === undefined)
    )
    newest = [...newest, ...tagged]
      .sort((a, b) => pushedAt(b) - pushedAt(a))
      .slice(0, NEWEST_IMAGES)
  }
  return newest.flatMap(({ imageDigest }) => imageDigest ?? [])
}

async function listPlatforms(
  registry: Registry,
  path: string,
  digest: string
): Promise<Platform[]> {
  const served = await registry.findManifest(path, digest)
  if (served === undefined) return []
  const manifest = parseManifest(served.bytes, `manifest ${digest}`, served.mediaType)
  if (manifest.kind === 'index') {
    return manifest.manifests.flatMap((child) => (isImage(child) ? (child.platform ?? []) : []))
  }
  if (manifest.artifactType !== undefined || !isImageConfig(manifest.config)) return []
  const bytes = await registry.getBlob(path, manifest.config.digest, MAX_CONFIG_BYTES)
  const { platform } = parseConfig(bytes, `image config ${manifest.config.digest}`)
  return platformName(platform) === '' ? [] : [platform]
}

/** BuildKit lists the attestation of an image beside it, for a platform `unknown/unknown`. */
function isImage({ platform, annotations, artifactType }: Descriptor): boolean {
  return (
    platform?.os !== 'unknown' &&
    artifactType === undefined &&
    annotations?.['vnd.docker.reference.type'] === undefined
  )
}

function isImageConfig({ mediaType }: Descriptor): boolean {
  return /^application\/vnd\.(?:oci\.image\.config|docker\.container\.image)\.v1\+json$/.test(
    mediaType
  )
}
