import { SequencedMap } from './sequenced-map.js'

/** A layer, config or other blob that a repository holds. */
export interface Layer {
  readonly digest: string
  /** In bytes. */
  readonly size: number
  /** As the manifests name it; unknown until one does. */
  mediaType?: string
}

/** An image, index or artifact: what one manifest names. */
export interface Image {
  readonly digest: string
  /** Media type of the manifest. */
  readonly mediaType: string
  /** Bytes of the manifest itself. */
  readonly manifestSize: number
  /** What `imageSizeInBytes` says. */
  readonly size: number
  /** Media type of the config, or the artifact type; of an index mostly none. */
  readonly artifactMediaType?: string
  /** The artifact type as the referrers API tells it. */
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
  /** Milliseconds since 1970. */
  readonly pushedAt: number
  /** The digests that an index lists. */
  readonly children: readonly string[]
  /** The digest that it refers to (OCI 1.1 referrers). */
  readonly subject?: string
  /** The tags that name it now. */
  readonly tags: Set<string>
}

/** A tag of a repository. */
export interface Tag {
  readonly name: string
  readonly digest: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
}

/** A logo that was uploaded. */
export interface Logo {
  /** Where it is served, below the host: `/logo/….png`. */
  readonly path: string
  readonly digest: string
  readonly mediaType: string
}

/** What the gallery shows of a repository. */
export interface CatalogData {
  readonly description?: string
  readonly architectures?: readonly string[]
  readonly operatingSystems?: readonly string[]
  readonly logo?: Logo
  readonly aboutText?: string
  readonly usageText?: string
}

/** A repository and all that is in it. */
export interface Repository {
  readonly name: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  resourceTags: ReadonlyMap<string, string>
  /** Re-serialised as the service does. */
  policyText?: string
  catalogData: CatalogData
  /** By digest. */
  readonly layers: Map<string, Layer>
  /** By digest, in the order of their push. */
  readonly images: SequencedMap<Image>
  /** By name, in the order of their creation. */
  readonly tags: SequencedMap<Tag>
  /** The indexes that list an image, by its digest, whether that exists or not. */
  readonly listedBy: Map<string, Set<string>>
  /** The digests that refer to a subject, by the subject's digest, whether that exists or not. */
  readonly referrers: Map<string, Set<string>>
}

/** A layer on its way in. */
export interface Upload {
  readonly id: string
  readonly repository: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** Bytes acknowledged. */
  size: number
  /** In bytes, in order. */
  readonly parts: number[]
}

/** All that the emulator knows. */
export interface State {
  /** By name, in the order of their creation. */
  readonly repositories: SequencedMap<Repository>
  /** By id. */
  readonly uploads: Map<string, Upload>
  displayName?: string
  /** The last sequence given. */
  sequence: number
  /** How many layers, images and logos use a blob; by digest. */
  readonly references: Map<string, number>
}

/** A state in which nothing has happened yet. */
export function emptyState(): State {
  return {
    repositories: new SequencedMap(),
    uploads: new Map(),
    sequence: 0,
    references: new Map()
  }
}
