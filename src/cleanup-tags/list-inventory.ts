import type { ImageDetail, ImageTagDetail } from '@aws-sdk/client-ecr-public'
import { listImages, listImageTags } from '../ecr-public/listings.js'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import { isSha256Digest } from '../oci/digest.js'
import type { EcrPublicApi } from '../runner/deps.js'
import { ActionError, problem } from '../runner/errors.js'
import { limitMemory } from '../runner/limit-memory.js'
import { isSameSet } from './rules/inventory.js'
import type { ListedImage, ListedTag } from './rules/inventory.js'

/** The tags of a repository and the tagged images. */
export interface TagListing {
  readonly tags: readonly ListedTag[]
  readonly images: ReadonlyMap<string, ListedImage>
}

/** A response without a name, digest or time that every tag and image has. */
export class IncompleteListingError extends ActionError {}

/**
 * Lists all tags of a repository with their images, with one call per 1000 tags.
 *
 * @throws IncompleteListingError if a tag does not have a name, a digest or a time
 */
export async function listTags(
  api: EcrPublicApi,
  repository: RepositoryAddress
): Promise<TagListing> {
  const tags = new Map<string, ListedTag>()
  const images = new Map<string, OpenImage>()
  const share = createSharer()
  for await (const page of listImageTags(api, repository)) {
    for (const detail of page) {
      const image = toListedImage({ ...detail.imageDetail, imageTags: [] }, 'DescribeImageTags')
      const digest = images.get(image.digest)?.digest ?? image.digest
      const listed = toListedTag(detail, digest)
      tags.set(listed.tag, listed)
      images.set(digest, { ...withSharedTexts(image, share), digest, tags: NO_TAGS })
    }
    await limitMemory()
  }
  // A tag that moved while the pages were read is listed twice, and its last image is the current one.
  for (const { tag, digest } of tags.values()) {
    const image = images.get(digest)
    if (image?.tags === NO_TAGS) image.tags = [tag]
    else image?.tags.push(tag)
  }
  return { tags: [...tags.values()], images }
}

/** An image to which tags are added. */
type OpenImage = ListedImage & { tags: string[] }

/** Shared by all images without a tag. */
const NO_TAGS: string[] = []

/**
 * Lists all images of a repository by digest, tagged or not, with one call per 1000 images.
 *
 * @param tagged the listing of tags. An image that is equal in both listings is kept in memory once
 * @throws IncompleteListingError if an image does not have a digest or a time
 */
export async function listAllImages(
  api: EcrPublicApi,
  repository: RepositoryAddress,
  tagged?: TagListing
): Promise<Map<string, ListedImage>> {
  const images = new Map<string, ListedImage>()
  const share = createSharer()
  for await (const page of listImages(api, repository)) {
    for (const detail of page) {
      const image = toListedImage(detail)
      const known = tagged?.images.get(image.digest)
      const isKnown = known !== undefined && isSameImage(known, image)
      images.set(known?.digest ?? image.digest, isKnown ? known : withSharedTexts(image, share))
    }
    await limitMemory()
  }
  return images
}

function isSameImage(one: ListedImage, other: ListedImage): boolean {
  return (
    one.pushedAt === other.pushedAt &&
    one.sizeBytes === other.sizeBytes &&
    one.mediaType === other.mediaType &&
    one.artifactMediaType === other.artifactMediaType &&
    isSameSet(one.tags, other.tags)
  )
}

/** Returns the first of several equal texts. Every row of a response has its own copy of a media type. */
type Sharer = (text: string) => string

function createSharer(): Sharer {
  const shared = new Map<string, string>()
  return (text) => {
    const known = shared.get(text)
    if (known !== undefined) return known
    shared.set(text, text)
    return text
  }
}

function withSharedTexts(image: ListedImage, share: Sharer): ListedImage {
  const { mediaType, artifactMediaType } = image
  return {
    ...image,
    mediaType: mediaType === undefined ? undefined : share(mediaType),
    artifactMediaType: artifactMediaType === undefined ? undefined : share(artifactMediaType)
  }
}

function toListedTag({ imageTag, createdAt }: ImageTagDetail, digest: string): ListedTag {
  const operation = 'DescribeImageTags'
  if (!imageTag) throw incomplete(operation, 'imageTag')
  return {
    tag: imageTag,
    digest,
    createdAt: getTime(createdAt, operation, 'createdAt')
  }
}

/**
 * Converts an image of the API.
 *
 * @throws IncompleteListingError if the image does not have a digest or a time, which the types allow
 */
export function toListedImage(detail: ImageDetail, operation = 'DescribeImages'): ListedImage {
  return {
    digest: getDigest(detail, operation),
    tags: detail.imageTags?.length ? detail.imageTags : NO_TAGS,
    pushedAt: getTime(detail.imagePushedAt, operation, 'imagePushedAt'),
    sizeBytes: detail.imageSizeInBytes ?? 0,
    mediaType: detail.imageManifestMediaType,
    artifactMediaType: detail.artifactMediaType
  }
}

function getDigest(detail: ImageDetail | undefined, operation: string): string {
  const digest = detail?.imageDigest
  if (digest === undefined || !isSha256Digest(digest)) throw incomplete(operation, 'imageDigest')
  return digest
}

function getTime(date: Date | undefined, operation: string, member: string): number {
  const time = date?.getTime() ?? NaN
  if (Number.isNaN(time)) throw incomplete(operation, member)
  return time
}

function incomplete(operation: string, member: string): IncompleteListingError {
  const { message } = problem({
    what: 'The response of ECR Public is incomplete',
    value: `${operation}: ${member}`,
    reason: 'The member is missing or not valid. Nothing was deleted.',
    fix: 'Run the job again. Check AWS_ENDPOINT_URL_ECR_PUBLIC, AWS_ENDPOINT_URL and the proxy if the error persists.'
  })
  return new IncompleteListingError(message)
}
