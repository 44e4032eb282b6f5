import { SequencedMap } from './sequenced-map.js'

/** A layer, config or other blob of a repository. */
export interface Layer {
  readonly digest: string
  /** In bytes. */
  readonly size: number
  /** The media type in the first manifest that uses the layer. */
  mediaType?: string
}

/** An image, index or artifact: one manifest. */
export interface Image {
  readonly digest: string
  /** Media type of the manifest. */
  readonly mediaType: string
  /** Size of the manifest itself, in bytes. */
  readonly manifestSize: number
  /** The value of `imageSizeInBytes`. */
  readonly size: number
  /** Media type of the config, or the artifact type. Usually absent for an index. */
  readonly artifactMediaType?: string
  /** The artifact type in the referrers API. */
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
  /** Milliseconds since 1970. */
  readonly pushedAt: number
  /** The digests that an index lists. */
  readonly children: readonly string[]
  /** The digest of the subject (OCI 1.1 referrers). */
  readonly subject?: string
  /** The current tags. */
  readonly tags: Set<string>
}

export interface Tag {
  readonly name: string
  readonly digest: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
}

export interface Logo {
  /** The path of its URL: `/logo/….png`. */
  readonly path: string
  readonly digest: string
  readonly mediaType: string
}

/** The data that the gallery shows about a repository. */
export interface CatalogData {
  readonly description?: string
  readonly architectures?: readonly string[]
  readonly operatingSystems?: readonly string[]
  readonly logo?: Logo
  readonly aboutText?: string
  readonly usageText?: string
}

export interface Repository {
  readonly name: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  resourceTags: ReadonlyMap<string, string>
  /** Formatted as the service returns it. */
  policyText?: string
  catalogData: CatalogData
  /** By digest. */
  readonly layers: Map<string, Layer>
  /** By digest, in order of the push. */
  readonly images: SequencedMap<Image>
  /** By name, in order of creation. */
  readonly tags: SequencedMap<Tag>
  /** The indexes that list an image, by the digest of the image. The image can be missing. */
  readonly listedBy: Map<string, Set<string>>
  /** The digests of the referrers, by the digest of the subject. The subject can be missing. */
  readonly referrers: Map<string, Set<string>>
}

/** A layer that is being uploaded. */
export interface Upload {
  readonly id: string
  readonly repository: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** Acknowledged bytes. */
  size: number
  /** Sizes in bytes, in order. */
  readonly parts: number[]
}

/** The complete state of the registry. */
export interface State {
  /** By name, in order of creation. */
  readonly repositories: SequencedMap<Repository>
  /** By ID. */
  readonly uploads: Map<string, Upload>
  displayName?: string
  /** The last sequence number that was used. */
  sequence: number
  /** Number of layers, images and logos that use a blob, by digest. */
  readonly references: Map<string, number>
}

export function emptyState(): State {
  return {
    repositories: new SequencedMap(),
    uploads: new Map(),
    sequence: 0,
    references: new Map()
  }
}
