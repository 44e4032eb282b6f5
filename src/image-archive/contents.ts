import type { Descriptor, Platform } from '../oci/manifest.js'

/** What a content is read into. */
export interface ReadMemory {
  /** The most bytes that are read at once. */
  readonly chunkBytes: number
  /** Gives memory of so many bytes, whatever is in it. */
  readonly allocate: (bytes: number) => Buffer
}

/** Bytes that lie in an archive or a layout directory; they can be read any number of times. */
export interface StoredContent {
  /** Where it lies, for errors: the file's name in the archive. */
  readonly name: string
  /** Bytes as stored. */
  readonly size: number
  /**
   * The bytes in order, in chunks.
   *
   * @param memory new memory for each chunk of 1 MiB where it is left out
   * @throws ActionError where the archive ends early or was changed since it was opened
   */
  read(memory?: ReadMemory): AsyncIterable<Buffer>
}

/** A config, layer or other blob that is pushed as it is stored; its bytes hash to the descriptor's digest. */
export interface StoredBlob {
  readonly descriptor: Descriptor
  readonly content: StoredContent
}

/** A layer of a docker-archive: known by its diff ID only, stored plain or compressed. */
export interface LayerFile {
  readonly kind: 'layer-file'
  readonly diffId: string
  readonly compression: 'none' | 'gzip' | 'zstd'
  readonly content: StoredContent
}

/** A layer that lives elsewhere (Windows base layers): only its descriptor, with `urls`, is pushed. */
export interface ForeignLayer {
  readonly kind: 'foreign-layer'
  readonly diffId: string
  readonly descriptor: Descriptor
}

/** A manifest that is pushed byte for byte, so that its digest stays the one that the builder printed. */
export interface StoredManifest {
  readonly kind: 'stored-manifest'
  readonly bytes: Buffer
  readonly mediaType: string
  readonly digest: string
  readonly platform?: Platform | undefined
  /** Config first, then the layers in order, each digest once; foreign layers without bytes are left out. */
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

/** An image whose manifest the push writes: config as stored, layers compressed on their way where they are plain. */
export interface DockerImage {
  readonly kind: 'docker-image'
  readonly config: { readonly bytes: Buffer; readonly digest: string }
  readonly platform: Platform
  /** Of the manifest, where the archive has one. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
  /** The lowest first; a layer that occurs twice is listed twice, as the same object. */
  readonly layers: readonly (LayerFile | ForeignLayer)[]
}

/** The one image (of one or several platforms) of an archive that is to be pushed. */
export interface ArchiveContents {
  readonly root: DockerImage | StoredManifest | StoredIndex
  /** What refers to the image or a part of it (signatures, SBOMs): pushed by digest, untagged, after the root. */
  readonly referrers?: readonly (StoredManifest | StoredIndex)[] | undefined
  /** The tags that the archive gives it, without repository: `1.0`, `latest`. */
  readonly tags: readonly string[]
  /** What a person should know: platforms that the archive lists but does not hold, … */
  readonly warnings: readonly string[]
  /** Closes the file. */
  close(): Promise<void>
}
