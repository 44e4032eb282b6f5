import type { ArchiveContents } from '../image-archive/contents.js'
import type { Platform } from '../oci/manifest.js'
import type { PushTarInputs } from '../runner/inputs/inputs.js'
import type { TagDecision } from './decide-tags.js'
import type { PushedLayer, UploadItem } from './push-layer.js'
import type { PushedLayers } from './push-layers.js'
import type { ManifestsToPut } from './put-manifests.js'

/** The image to push and its referrers, independent of their source. */
export type ImageToPush = Pick<ArchiveContents, 'root' | 'referrers'>

/** The inputs that a plan depends on. */
export type PlanOptions = Pick<PushTarInputs, 'dryRun' | 'ifTagExists' | 'reuseLayers'>

/** The result of planning a push, before anything is uploaded. */
export type PushPlan = SkipPlan | UploadPlan

/** The plan for an image whose tags all refer to other images and are not moved: nothing is pushed. */
export interface SkipPlan {
  readonly kind: 'skip'
  readonly tags: readonly TagDecision[]
}

/** The plan for any other image. */
export interface UploadPlan {
  readonly kind: 'upload'
  /** `true` if the repository already has the image. */
  readonly isInRepository: boolean
  /** The layers and configs that the repository does not have, or may not have. */
  readonly uploads: readonly UploadItem[]
  /** `true` if the repository may already have layers that can be looked up only after they are compressed. */
  readonly looksUpFirst: boolean
  /** Builds the manifests from the descriptors of the pushed layers. */
  readonly compose: (pushed: PushedLayers) => ComposedImage
}

/** The manifests of an image, and its parts for the report. */
export interface ComposedImage {
  readonly manifests: ManifestsToPut
  /** Each layer once. */
  readonly layers: readonly PushedLayer[]
  readonly relatedManifests: readonly RelatedManifest[]
}

/** A manifest of an index, or a referrer of the image. */
export interface RelatedManifest {
  readonly digest: string
  readonly platform?: Platform | undefined
  /** `true` if the repository does not have it yet. */
  readonly isNew: boolean
  readonly isReferrer: boolean
}
