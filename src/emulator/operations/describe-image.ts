import type { ValueOf } from '../model/types.js'
import type { Image } from '../store.js'

/** An image as the tag details of the API describe it. */
export function describeReferencedImage(image: Image): ValueOf<'ReferencedImageDetail'> {
  return {
    imageDigest: image.digest,
    imageSizeInBytes: image.size,
    imagePushedAt: new Date(image.pushedAt),
    imageManifestMediaType: image.mediaType,
    artifactMediaType: image.artifactMediaType
  }
}
