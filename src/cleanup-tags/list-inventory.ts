import type { ImageDetail, ImageTagDetail } from '@aws-sdk/client-ecr-public'
import type { EcrPublicApi } from '../runner/deps.js'
import { listImages, listImageTags } from '../ecr-public/listings.js'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import type { ListedImage, ListedTag } from './rules/inventory.js'

/** The tags of a repository, and the images that they name (whose own `tags` are left empty). */
export interface TagListing {
  readonly tags: readonly ListedTag[]
  readonly images: ReadonlyMap<string, ListedImage>
}

/** All tags of a repository, with the images that they name; a call a thousand tags. */
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

/** All images of a repository by digest, those without a tag too; a call a thousand images. */
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

/** The image as the rules see it; `undefined` for one without a digest, which the service has none of. */
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
