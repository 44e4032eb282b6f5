import type { Platform } from '../oci/manifest.js'
import type { LayerOutcome } from './push-layer.js'
import type { ManifestToPut } from './put-image.js'
import type { TagDecision } from './tag-decisions.js'

/** A manifest beside the root: a part of an index, or what refers to the image. */
export interface PushedPart {
  readonly digest: string
  readonly platform?: Platform | undefined
  /** `true` where the repository did not have it. */
  readonly isNew: boolean
  /** `true` for what refers to the image. */
  readonly isReferrer: boolean
}

/** What has become of an image, or would in a dry run. */
export interface PushedImage {
  /** `undefined` where all tags were skipped, so that nothing was made. */
  readonly root: Pick<ManifestToPut, 'digest' | 'bytes'> | undefined
  /** `true` where the repository did not have the image. */
  readonly isNew: boolean
  readonly tags: readonly TagDecision[]
  /** Each layer once. */
  readonly layers: readonly LayerOutcome[]
  readonly parts: readonly PushedPart[]
}
