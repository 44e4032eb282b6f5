import { lookUpImages } from './look-up-images.js'
import type { LookUpScope } from './look-up-images.js'

/**
 * What a run learns of the service beside what is documented, once for all of its repositories.
 *
 * AWS documents that an image goes with its last tag ("If you remove the last tag from an image, the image is
 * deleted from your repository", reference of BatchDeleteImage); a registry after the OCI distribution specification
 * keeps it without a tag. One look after the first such deletion tells which it is.
 */
export class ServiceHabits {
  private keepsUntagged: boolean | undefined

  /**
   * Whether images of a batch may be there although their last tags were taken away.
   *
   * @param digest an image that has just been deleted by its last tag
   */
  async mayKeepUntagged(scope: LookUpScope, digest: string): Promise<boolean> {
    if (this.keepsUntagged !== undefined) return this.keepsUntagged
    const [image] = await lookUpImages(scope, [{ imageDigest: digest }])
    if (image === undefined) this.keepsUntagged = false
    // One with a tag was tagged, or pushed, anew: then nothing is known, and each image has to be looked at.
    else if (image.tags.length === 0) this.keepsUntagged = true
    return image !== undefined
  }

  /** Takes back that images stay: the look came before the service had made up its mind. */
  notKept(): void {
    this.keepsUntagged = false
  }
}
