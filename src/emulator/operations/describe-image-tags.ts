import { getPage } from '../paging/get-page.js'
import { describeReferencedImage } from './describe-images.js'
import { getRepository } from './operation.js'
import type { Operation } from './operation.js'

/** DescribeImageTags lists the tags of a repository in pages. */
export const describeImageTags: Operation<'DescribeImageTags'> = (input, call) => {
  const repository = getRepository(call, input)
  const page = getPage(call.context, repository.tags, {
    list: `${call.operation} ${repository.name}`,
    nextToken: input.nextToken,
    maxResults: input.maxResults
  })
  const imageTagDetails = page.items.map(({ name, digest, createdAt }) => {
    const image = repository.images.get(digest)
    return {
      imageTag: name,
      createdAt: new Date(createdAt),
      imageDetail: image === undefined ? undefined : describeReferencedImage(image)
    }
  })
  return { imageTagDetails, nextToken: page.nextToken }
}
