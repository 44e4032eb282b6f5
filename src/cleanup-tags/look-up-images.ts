import { DescribeImagesCommand } from '@aws-sdk/client-ecr-public'
import type { ImageIdentifier } from '@aws-sdk/client-ecr-public'
import type { EcrPublicApi } from '../runner/deps.js'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import type { ListedImage } from './rules/inventory.js'
import { listAllImages, toListedImage } from './list-inventory.js'

/** The most ids that DescribeImages and BatchDeleteImage take (the API model's ImageIdentifierList). */
export const MAX_IMAGE_IDS = 100

/** Pages up to which listing the whole repository is cheaper than looking for single images. */
const MAX_PAGES_TO_LIST = 8
const IMAGES_PER_PAGE = 1000

/** A repository whose images are looked up. */
export interface LookUpScope {
  readonly api: EcrPublicApi
  readonly repository: RepositoryAddress
  /** About how many images it has. */
  readonly imageCount: number
}

/**
 * Those of the images that exist, with all their tags. One call where all of them do: the service refuses a call
 * in which one is missing, and then it is asked for fewer, or for the whole list where that is short.
 *
 * @param ids at most {@link MAX_IMAGE_IDS}, each a digest or a tag
 */
export async function lookUpImages(
  scope: LookUpScope,
  ids: readonly ImageIdentifier[]
): Promise<ListedImage[]> {
  if (ids.length === 0) return []
  try {
    const { imageDetails } = await scope.api.send(
      new DescribeImagesCommand({ ...scope.repository, imageIds: [...ids] })
    )
    return (imageDetails ?? []).flatMap((detail) => toListedImage(detail) ?? [])
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ImageNotFoundException') throw error
    if (ids.length === 1) return []
    return scope.imageCount <= MAX_PAGES_TO_LIST * IMAGES_PER_PAGE
      ? findInList(scope, ids)
      : findInHalves(scope, ids)
  }
}

async function findInList(
  { api, repository }: LookUpScope,
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
  scope: LookUpScope,
  ids: readonly ImageIdentifier[]
): Promise<ListedImage[]> {
  const middle = Math.ceil(ids.length / 2)
  const first = await lookUpImages(scope, ids.slice(0, middle))
  return [...first, ...(await lookUpImages(scope, ids.slice(middle)))]
}
