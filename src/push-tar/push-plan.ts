import type {
  DockerImage,
  ReferrerTag,
  StoredIndex,
  StoredManifest
} from '../image-archive/contents.js'
import type { Descriptor, Platform } from '../oci/manifest.js'
import type { PushTarInputs } from '../runner/inputs/inputs.js'
import type { UploadItem } from './layer-source.js'
import type { PushedLayer } from './push-layer.js'
import type { PushedLayers } from './push-layers.js'
import type { ManifestsToPut } from './put-manifests.js'

/** An image with its own manifest or index, or one whose manifest is written by the push. */
export type SingleImage = DockerImage | StoredManifest | StoredIndex

/** An index that the push writes for several images. */
export interface MergedIndex {
  readonly kind: 'merged-index'
  /** In the order of the index. */
  readonly children: readonly IndexChild[]
}

/** An image in a merged index, with the members of its descriptor that the manifest does not contain. */
export interface IndexChild extends Pick<Descriptor, 'annotations' | 'artifactType' | 'platform'> {
  readonly image: DockerImage | StoredManifest
}

/** A manifest of an index of an archive or repository. */
export interface StoredIndexChild extends IndexChild {
  readonly image: StoredManifest
}

/** The image to push and its referrers, independent of their source. */
export interface ImageToPush {
  readonly root: SingleImage | MergedIndex
  /** The referrers of the image and of its platform images. They are put by digest after the root. */
  readonly referrers?: readonly (StoredManifest | StoredIndex)[] | undefined
  /** The tags by which clients without the referrers API find referrers. */
  readonly referrerTags?: readonly ReferrerTag[] | undefined
  /** Returns `true` if the repository that the image is promoted from has this manifest, with or without a tag. */
  readonly isInSource?: ((digest: string) => Promise<boolean>) | undefined
}

/** Returns the images whose manifests the push writes from the layers of an archive. */
export function listDockerImages({ root }: ImageToPush): DockerImage[] {
  const images = root.kind === 'merged-index' ? root.children.map(({ image }) => image) : [root]
  return images.filter((image): image is DockerImage => image.kind === 'docker-image')
}

/** The inputs that a plan depends on. */
export type PlanOptions = Pick<PushTarInputs, 'dryRun' | 'reuseLayers'>

/** What is missing in the repository, before anything is uploaded. Tags are decided separately. */
export interface PushPlan {
  /** The digest of the image, if it is known before layers are compressed. */
  readonly digest: string | undefined
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
  readonly platforms: readonly PlatformImage[]
}

/** An image for one platform: the pushed image, or a manifest of the pushed index. */
export interface PlatformImage {
  readonly platform: Platform
  readonly digest: string
  /** The size of its compressed layers in bytes. */
  readonly size: number
}

/** A manifest of an index, or a referrer of the image. */
export interface RelatedManifest {
  readonly digest: string
  readonly platform?: Platform | undefined
  /** `true` if the repository does not have it yet. */
  readonly isNew: boolean
  readonly isReferrer: boolean
}
