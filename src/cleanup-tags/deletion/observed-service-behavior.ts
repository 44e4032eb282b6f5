import { findImages } from './find-images.js'
import type { ImageLookup } from './find-images.js'

/**
 * Observes undocumented service behavior once per run, for all repositories.
 *
 * AWS documents that the deletion of its last tag deletes an image (BatchDeleteImage: "If you remove the last tag from an
 * image, the image is deleted from your repository"). A registry that follows the OCI distribution specification
 * keeps it. One lookup after the first such deletion finds out which applies.
 */
export class ObservedServiceBehavior {
  private keepsUntagged: boolean | undefined

  /**
   * Returns whether the images of a batch can still exist after their last tags were deleted.
   *
   * @param digest an image whose last tag has just been deleted
   */
  async mayKeepUntagged(lookup: ImageLookup, digest: string): Promise<boolean> {
    if (this.keepsUntagged !== undefined) return this.keepsUntagged
    const [image] = await findImages(lookup, [{ imageDigest: digest }])
    if (image === undefined) this.keepsUntagged = false
    // An image that has a tag was tagged or pushed again, so nothing is learned and the next batch is checked too.
    else if (image.tags.length === 0) this.keepsUntagged = true
    return image !== undefined
  }

  /** Corrects an observation that was made too early: the service deletes images with their last tag. */
  setDeletesUntagged(): void {
    this.keepsUntagged = false
  }
}
