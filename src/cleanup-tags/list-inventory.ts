import type { ImageDetail, ImageTagDetail } from '@aws-sdk/client-ecr-public'
import { listImages, listImageTags } from '../ecr-public/listings.js'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import type { EcrPublicApi } from '../runner/deps.js'
import type { ListedImage, ListedTag } from './rules/inventory.js'

/** The tags of a repository and the tagged images. The `tags` of these images are empty. */
export interface TagListing {
  readonly tags: readonly ListedTag[]
  readonly images: ReadonlyMap<string, ListedImage>
}

/** Lists all tags of a repository with their images, with one call per 1000 tags. */
export async function listTags(
  api: EcrPublicApi,
  repository: RepositoryAddress
): Promise<TagListing> {
  const tags = new Map<string, ListedTag>()
  const images = new Map<string, ListedImage>()
  for await (const page of listImageTags(api, repository)) {
    for (const detail of page) {
      const listed = toListedTag(detail)
      if (listed === undefined) continue
      tags.set(listed.tag, listed)
      const image = toListedImage({ ...detail.imageDetail, imageTags: [] })
      if (image !== undefined) images.set(image.digest, image)
    }
  }
  return { tags: [...tags.values()], images }
}

/** Lists all images of a repository by digest, tagged or not, with one call per 1000 images. */
export async function listAllImages(
  api: EcrPublicApi,
  repository: RepositoryAddress
): Promise<Map<string, ListedImage>> {
  const images = new Map<string, ListedImage>()
  for await (const page of listImages(api, repository)) {
    for (const detail of page) {
      const image = toListedImage(detail)
      if (image !== undefined) images.set(image.digest, image)
    }
  }
  return images
}

function toListedTag({ imageTag, createdAt, imageDetail }: ImageTagDetail): ListedTag | undefined {
  if (imageTag === undefined || imageDetail?.imageDigest === undefined) return undefined
  return { tag: imageTag, digest: imageDetail.imageDigest, createdAt: createdAt?.getTime() }
}

/** Converts an image of the API. Returns `undefined` if it does not have a digest, which the types allow. */
export function toListedImage(detail: ImageDetail): ListedImage | undefined {
  if (detail.imageDigest === undefined) return undefined
  return {
    digest: detail.imageDigest,
    tags: detail.imageTags ?? [],
    pushedAt: detail.imagePushedAt?.getTime(),
    sizeBytes: detail.imageSizeInBytes ?? 0,
    mediaType: detail.imageManifestMediaType,
    artifactMediaType: detail.artifactMediaType
  }
}
