import { DescribeImagesCommand } from '@aws-sdk/client-ecr-public'
import pLimit from 'p-limit'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import type { EcrPublicApi } from '../runner/deps.js'

/** A tag to set, and the image that it refers to before the push. */
export interface CurrentTag {
  readonly tag: string
  /** `undefined` if the tag does not exist yet. */
  readonly digest: string | undefined
}

/** The number of tags that are read in parallel. */
const CONCURRENCY = 8

/** Returns the image that each tag refers to now. Rejects at the first tag that cannot be read. */
export async function listCurrentTags(
  tags: readonly string[],
  repository: RepositoryAddress,
  api: EcrPublicApi
): Promise<CurrentTag[]> {
  const limit = pLimit(CONCURRENCY)
  try {
    return await limit.map(tags, async (tag) => ({
      tag,
      digest: await findDigest(tag, repository, api)
    }))
  } catch (error) {
    limit.clearQueue()
    throw error
  }
}

/** Returns the digest of the image with this tag or digest, or `undefined` if the repository does not have it. */
export async function findDigest(
  tagOrDigest: string,
  repository: RepositoryAddress,
  api: EcrPublicApi
): Promise<string | undefined> {
  const imageId = tagOrDigest.includes(':')
    ? { imageDigest: tagOrDigest }
    : { imageTag: tagOrDigest }
  try {
    const { imageDetails } = await api.send(
      new DescribeImagesCommand({ ...repository, imageIds: [imageId] })
    )
    return imageDetails?.[0]?.imageDigest
  } catch (error) {
    if (error instanceof Error && error.name === 'ImageNotFoundException') return undefined
    throw error
  }
}
