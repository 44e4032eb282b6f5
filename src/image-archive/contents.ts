import type { Descriptor, Platform } from '../oci/manifest.js'

/** The memory that a content is read into. */
export interface ReadMemory {
  /** The maximum size of a chunk in bytes. */
  readonly chunkBytes: number
  /** Returns a buffer of this size. Its content is undefined. */
  readonly allocate: (bytes: number) => Buffer
}

/** Bytes stored in an archive or in a layout directory. They can be read any number of times. */
export interface StoredContent {
  /** The name of the file in the archive, for errors. */
  readonly name: string
  /** The path of the archive or layout directory, for errors. */
  readonly archive?: string | undefined
  /** `true` if a registry serves the bytes, so that reading them is a download. */
  readonly isServed?: boolean | undefined
  /** The stored size in bytes. */
  readonly size: number
  /**
   * Reads the bytes in order, in chunks.
   *
   * @param memory defaults to new memory for each chunk of 1 MiB
   * @throws ActionError if the archive ends early or has changed since it was opened
   */
  read(memory?: ReadMemory): AsyncIterable<Buffer>
}

/** A config, layer or other blob that is pushed as stored. Its bytes hash to the digest of the descriptor. */
export interface StoredBlob {
  readonly descriptor: Descriptor
  /** The diff ID in the config, for a layer of an image. It is verified while the layer is read. */
  readonly diffId?: string | undefined
  readonly content: StoredContent
}

/** A layer of a docker-archive, uncompressed or compressed, that is identified by its diff ID only. */
export interface LayerFile {
  readonly kind: 'layer-file'
  readonly diffId: string
  readonly compression: 'none' | 'gzip' | 'zstd'
  readonly content: StoredContent
}

/** A layer stored outside the registry (Windows base layers). Only its descriptor, with `urls`, is pushed. */
export interface ForeignLayer {
  readonly kind: 'foreign-layer'
  readonly diffId: string
  readonly descriptor: Descriptor
}

/** A manifest that is pushed byte for byte, so that its digest does not change. */
export interface StoredManifest {
  readonly kind: 'stored-manifest'
  readonly bytes: Buffer
  readonly mediaType: string
  readonly digest: string
  readonly platform?: Platform | undefined
  /** The config, then the layers in order, each digest once. Foreign layers without bytes are omitted. */
  readonly blobs: readonly StoredBlob[]
}

/** An index that is pushed byte for byte after its children. */
export interface StoredIndex {
  readonly kind: 'stored-index'
  readonly bytes: Buffer
  readonly mediaType: string
  readonly digest: string
  readonly children: readonly (StoredManifest | StoredIndex)[]
}

/** An image whose manifest is created by the push: its config is pushed as stored, uncompressed layers are compressed. */
export interface DockerImage {
  readonly kind: 'docker-image'
  readonly config: { readonly bytes: Buffer; readonly digest: string }
  readonly platform: Platform
  /** The annotations of the manifest, if the archive has one. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
  /** Lowest layer first. A layer that occurs twice is listed twice, as the same object. */
  readonly layers: readonly (LayerFile | ForeignLayer)[]
}

/** The tag of a referrer, such as `sha256-<hex>.sig`. */
export interface ReferrerTag {
  readonly tag: string
  /** The digest of the referrer. */
  readonly digest: string
}

/** The image of an archive that is pushed, for one or several platforms. */
export interface ArchiveContents {
  readonly root: DockerImage | StoredManifest | StoredIndex
  /** The referrers of the image and of its platform images. They are pushed by digest after the root. */
  readonly referrers?: readonly (StoredManifest | StoredIndex)[] | undefined
  /** The tags by which clients without the referrers API find referrers. */
  readonly referrerTags?: readonly ReferrerTag[] | undefined
  /** The tags of the image in the archive, without a repository: `1.0`, `latest`. */
  readonly tags: readonly string[]
  /** The names of the image in the archive that cannot be used as a tag. */
  readonly otherNames: readonly string[]
  /** Warnings to log, such as platforms that the archive lists but does not contain. */
  readonly warnings: readonly string[]
  /** Closes the file. */
  close(): Promise<void>
}
