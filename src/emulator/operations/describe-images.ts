import { ApiError, invalidParameter } from '../api-error.js'
import type { ValueOf } from '../model/types.js'
import { takePage } from '../paging/take-page.js'
import type { Image, Repository } from '../store.js'
import { describeReferencedImage } from './describe-image.js'
import { getRepository, messageRegistryId } from './operation.js'
import type { Operation, OperationCall } from './operation.js'

/** DescribeImages: those named, of which each must exist, or all of them in pages. */
export const describeImages: Operation<'DescribeImages'> = (input, call) => {
  const repository = getRepository(call, input)
  const { imageIds, nextToken, maxResults } = input
  const describe = (image: Image): ValueOf<'ImageDetail'> => ({
    registryId: call.context.settings.account,
    repositoryName: repository.name,
    // Absent, not empty, for an image without a tag.
    imageTags: image.tags.size === 0 ? undefined : [...image.tags],
    ...describeReferencedImage(image)
  })
  if (imageIds !== undefined) {
    // "This option cannot be used when you specify images with imageIds" (API reference).
    if (nextToken !== undefined || maxResults !== undefined) {
      throw invalidParameter(
        nextToken === undefined ? 'maxResults' : 'nextToken',
        'cannot be used together with imageIds'
      )
    }
    const images = new Set(imageIds.map((imageId) => getImage(call, repository, imageId)))
    return { imageDetails: [...images].map(describe) }
  }
  const page = takePage(call.context, repository.images, {
    list: `${call.operation} ${repository.name}`,
    nextToken,
    maxResults
  })
  return { imageDetails: page.items.map(describe), nextToken: page.nextToken }
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
