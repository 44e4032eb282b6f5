import { ApiError, invalidParameter } from '../api-error.js'
import type { ValueOf } from '../model/types.js'
import { getPage } from '../paging/get-page.js'
import type { Image, Repository } from '../store/store.js'
import { getRepository, messageRegistryId, rejectPaging } from './operation.js'
import type { Operation, OperationCall } from './operation.js'

/**
 * DescribeImages returns the requested images, all of which must exist, or lists all images in
 * pages.
 */
export const describeImages: Operation<'DescribeImages'> = (input, call) => {
  const repository = getRepository(call, input)
  const { imageIds, nextToken, maxResults } = input
  const describe = (image: Image): ValueOf<'ImageDetail'> => ({
    registryId: call.context.settings.account,
    repositoryName: repository.name,
    // The member is absent, not empty, for an untagged image.
    imageTags: image.tags.size === 0 ? undefined : [...image.tags],
    ...describeReferencedImage(image)
  })
  if (imageIds !== undefined) {
    rejectPaging(input, 'imageIds')
    const images = new Set(imageIds.map((imageId) => getImage(call, repository, imageId)))
    return { imageDetails: [...images].map(describe) }
  }
  const page = getPage(call.context, repository.images, {
    list: `${call.operation} ${repository.name}`,
    nextToken,
    maxResults
  })
  return { imageDetails: page.items.map(describe), nextToken: page.nextToken }
}

/** Converts an image to the shape that tag details use. */
export function describeReferencedImage(image: Image): ValueOf<'ReferencedImageDetail'> {
  return {
    imageDigest: image.digest,
    imageSizeInBytes: image.size,
    imagePushedAt: new Date(image.pushedAt),
    imageManifestMediaType: image.mediaType,
    artifactMediaType: image.artifactMediaType
  }
}

function getImage(
  { context }: OperationCall,
  { name, images, tags }: Repository,
  { imageDigest, imageTag }: ValueOf<'ImageIdentifier'>
): Image {
  if (imageDigest === undefined && imageTag === undefined) {
    throw invalidParameter('imageIds', 'both tag and digest cannot be null')
  }
  const digest = imageTag === undefined ? imageDigest : tags.get(imageTag)?.digest
  const image = images.get(digest ?? '')
  if (image?.digest === (imageDigest ?? digest) && image !== undefined) return image
  throw new ApiError(
    'ImageNotFoundException',
    `The image with imageId {imageDigest:'${imageDigest ?? 'null'}', imageTag:'${imageTag ?? 'null'}'} does not exist within the repository with name '${name}' in the registry with id '${messageRegistryId(context)}'`
  )
}
