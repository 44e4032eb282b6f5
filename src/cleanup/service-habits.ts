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
   * Whether an image stays when its last tag is taken away.
   *
   * @param digest an image that has just been deleted by its last tag
   */
  async keepsUntaggedImages(scope: LookUpScope, digest: string): Promise<boolean> {
    this.keepsUntagged ??= await look(scope, digest)
    return this.keepsUntagged ?? false
  }

  /** Takes back that images stay: the look came before the service had made up its mind. */
  notKept(): void {
    this.keepsUntagged = false
  }
}

/** `undefined` where it cannot be told: somebody may have tagged the image anew. */
async function look(scope: LookUpScope, digest: string): Promise<boolean | undefined> {
  const [image] = await lookUpImages(scope, [{ imageDigest: digest }])
  if (image === undefined) return false
  return image.tags.length === 0 ? true : undefined
}
