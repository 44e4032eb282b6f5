import { DescribeImagesCommand } from '@aws-sdk/client-ecr-public'
import type { ImageIdentifier } from '@aws-sdk/client-ecr-public'
import type { RepositoryAddress } from '../../ecr-public/listings.js'
import type { EcrPublicApi } from '../../runner/deps.js'
import { isErrorNamed } from '../../runner/errors.js'
import { listAllImages, toListedImage } from '../list-inventory.js'
import type { ListedImage } from '../rules/inventory.js'

/** The maximum number of identifiers per DescribeImages or BatchDeleteImage call (ImageIdentifierList in the API model). */
export const MAX_IMAGE_IDS = 100

/** Up to this size, listing the whole repository takes fewer calls than a binary search for the missing images. */
const MAX_IMAGES_TO_LIST = 8 * 1000

/** A repository in which images are looked up. */
export interface ImageLookup {
  readonly api: EcrPublicApi
  readonly repository: RepositoryAddress
  /** The approximate number of images in the repository. */
  readonly imageCount: number
}

/**
 * Finds the images that exist, with all their tags. This takes one call if all of them exist. DescribeImages fails if one
 * is missing, and then the ids are split in halves, or the repository is listed if it is small.
 *
 * @param ids at most {@link MAX_IMAGE_IDS}, each a digest or a tag
 */
export async function findImages(
  lookup: ImageLookup,
  ids: readonly ImageIdentifier[]
): Promise<ListedImage[]> {
  if (ids.length === 0) return []
  try {
    const { imageDetails } = await lookup.api.send(
      new DescribeImagesCommand({ ...lookup.repository, imageIds: [...ids] })
    )
    return (imageDetails ?? []).map((detail) => toListedImage(detail))
  } catch (error) {
    if (!isErrorNamed(error, 'ImageNotFoundException')) throw error
    if (ids.length === 1) return []
    return lookup.imageCount <= MAX_IMAGES_TO_LIST
      ? findInList(lookup, ids)
      : findInHalves(lookup, ids)
  }
}

async function findInList(
  { api, repository }: ImageLookup,
  ids: readonly ImageIdentifier[]
): Promise<ListedImage[]> {
  const images = await listAllImages(api, repository)
  const tags = new Set(ids.flatMap(({ imageTag }) => imageTag ?? []))
  const digests = new Set(ids.flatMap(({ imageDigest }) => imageDigest ?? []))
  return [...images.values()].filter(
    (image) => digests.has(image.digest) || image.tags.some((tag) => tags.has(tag))
  )
}

async function findInHalves(
  lookup: ImageLookup,
  ids: readonly ImageIdentifier[]
): Promise<ListedImage[]> {
  const middle = Math.ceil(ids.length / 2)
  const first = await findImages(lookup, ids.slice(0, middle))
  return [...first, ...(await findImages(lookup, ids.slice(middle)))]
}
