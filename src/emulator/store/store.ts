import { randomUUID } from 'node:crypto'
import { EventStore } from './event-store.js'
import { getRepository, getUpload } from './events.js'
import type { ImageRecord, TagRecord } from './events.js'
import { Locks } from './locks.js'
import type { SequencedMap } from './sequenced-map.js'
import type { CatalogData, Layer, Logo, Repository, Upload } from './state.js'

export type { CatalogData, Image, Layer, Logo, Repository, Tag, Upload } from './state.js'

/** An image to be stored. Its manifest has been validated. */
export interface NewImage extends Omit<ImageRecord, 'digest' | 'manifestSize' | 'pushedAt'> {
  readonly manifest: Uint8Array
  readonly mediaTypes: Readonly<Record<string, string>>
}

/** The time after which an upload that was not completed is deleted, in milliseconds. */
const UPLOAD_LIFETIME_MS = 24 * 60 * 60 * 1000

/** The contents of the registry, and the changes that requests make to it. */
export class Store extends EventStore {
  private readonly uploadLocks = new Locks()

  /** All repositories by name, in order of creation. */
  get repositories(): SequencedMap<Repository> {
    return this.state.repositories
  }

  get displayName(): string | undefined {
    return this.state.displayName
  }

  findRepository(name: string): Repository | undefined {
    return this.state.repositories.get(name)
  }

  createRepository(
    name: string,
    more: {
      readonly createdAt?: Date
      readonly resourceTags?: Readonly<Record<string, string>>
      readonly catalogData?: CatalogData
    } = {}
  ): Repository {
    this.commit({
      type: 'repository-created',
      name,
      at: (more.createdAt ?? this.now()).getTime(),
      sequence: this.nextSequence(),
      resourceTags: more.resourceTags ?? {},
      catalogData: more.catalogData ?? {}
    })
    return getRepository(this.state, name)
  }

  deleteRepository(name: string): void {
    const repository = getRepository(this.state, name)
    const digests = [...repository.layers.keys(), ...repository.images.keys()]
    const { logo } = repository.catalogData
    const uploads = [...this.state.uploads.values()].filter((upload) => upload.repository === name)
    this.commit({ type: 'repository-deleted', name })
    for (const { id } of uploads) this.blobs.deleteUpload(id)
    this.release(logo === undefined ? digests : [...digests, logo.digest])
  }

  /** Replaces the resource tags. */
  setResourceTags(name: string, resourceTags: ReadonlyMap<string, string>): void {
    this.commit({
      type: 'resource-tags-set',
      name,
      resourceTags: Object.fromEntries(resourceTags)
    })
  }

  /** Sets or deletes the policy. */
  setPolicy(name: string, policyText: string | undefined): void {
    this.commit({ type: 'policy-set', name, policyText: policyText ?? null })
  }

  /** Replaces the catalog data. Call `addLogo` first to add a logo. */
  setCatalogData(name: string, catalogData: CatalogData): void {
    const { logo } = getRepository(this.state, name).catalogData
    this.commit({ type: 'catalog-data-set', name, catalogData })
    if (logo !== undefined) this.release([logo.digest])
  }

  setDisplayName(displayName: string | undefined): void {
    this.commit({ type: 'display-name-set', displayName: displayName ?? null })
  }

  /**
   * Stores the bytes of a logo for `setCatalogData` or `createRepository`.
   *
   * @param stable the unique part of the path. Default: a new one for every call.
   */
  addLogo(bytes: Uint8Array, mediaType: string, extension: string, stable?: string): Logo {
    const path = `/logo/${stable ?? `${randomUUID()}/${randomUUID()}`}.${extension}`
    return { path, digest: this.blobs.write(bytes), mediaType }
  }

  /** Starts an upload. Its ID is a UUID. Expired uploads are deleted. */
  startUpload(repository: string): Upload {
    for (const upload of [...this.state.uploads.values()]) {
      if (this.isExpired(upload)) this.cancelUpload(upload.id)
    }
    const id = randomUUID()
    this.blobs.startUpload(id)
    this.commit({ type: 'upload-started', id, name: repository, at: this.now().getTime() })
    return getUpload(this.state, id)
  }

  /** Returns the upload if it belongs to this repository and has not expired. */
  findUpload(repository: string, id: string): Upload | undefined {
    const upload = this.state.uploads.get(id)
    return upload?.repository === repository && !this.isExpired(upload) ? upload : undefined
  }

  /**
   * Appends a part to an upload. If the source fails, the upload does not change. The caller must
   * not append to the same upload concurrently.
   *
   * @returns `undefined` if the upload ended in the meantime, for example by a deletion of its repository
   */
  async appendToUpload(
    id: string,
    source: Buffer | AsyncIterable<Buffer>
  ): Promise<Upload | undefined> {
    let bytes: number
    try {
      bytes = await this.blobs.append(id, source)
    } catch (error) {
      // The file is deleted with the upload.
      if (!this.state.uploads.has(id)) return undefined
      throw error
    }
    const upload = this.state.uploads.get(id)
    if (upload === undefined) return undefined
    // An empty chunk is not a part: its size would be below the minimum.
    if (bytes === 0) return upload
    try {
      this.commit({ type: 'upload-extended', id, bytes })
    } catch (error) {
      this.blobs.truncateUpload(id, upload.size)
      throw error
    }
    return getUpload(this.state, id)
  }

  /** Runs `body` after all earlier calls for the same upload have finished. */
  lockUpload<T>(id: string, body: () => Promise<T>): Promise<T> {
    return this.uploadLocks.run(id, body)
  }

  /** Returns the digest of the bytes that were uploaded so far. */
  uploadDigest(id: string): Promise<string> {
    return this.blobs.uploadDigest(id)
  }

  /** Converts an upload to a layer. `digest` is the result of `uploadDigest`. */
  finishUpload(id: string, digest: string): Layer {
    const { repository, size } = getUpload(this.state, id)
    this.blobs.finishUpload(id, digest)
    this.commit({ type: 'layer-added', name: repository, digest, size, uploadId: id })
    this.blobs.deleteUpload(id)
    return this.getLayer(repository, digest)
  }

  cancelUpload(id: string): void {
    this.commit({ type: 'upload-ended', id })
    this.blobs.deleteUpload(id)
  }

  /** Adds a layer of another repository to a repository, for a cross-repository mount. */
  linkLayer(repository: string, { digest, size, mediaType }: Layer): Layer {
    const known = mediaType === undefined ? {} : { mediaType }
    this.commit({ type: 'layer-added', name: repository, digest, size, ...known })
    return this.getLayer(repository, digest)
  }

  /** Stores a small blob as a layer. */
  addLayer(repository: string, bytes: Uint8Array): Layer {
    const digest = this.blobs.write(bytes)
    this.commit({ type: 'layer-added', name: repository, digest, size: bytes.length })
    return this.getLayer(repository, digest)
  }

  /**
   * Stores an image that is not in the repository yet, with a tag. An existing tag is moved.
   *
   * @returns the digest
   */
  putImage(
    repository: string,
    { manifest, mediaTypes, ...image }: NewImage,
    tag?: string,
    times: { readonly pushedAt?: Date; readonly taggedAt?: Date } = {}
  ): string {
    const digest = this.blobs.write(manifest)
    const pushedAt = (times.pushedAt ?? this.now()).getTime()
    this.commit({
      type: 'image-put',
      name: repository,
      sequence: this.nextSequence(),
      image: { ...image, digest, pushedAt, manifestSize: manifest.length },
      mediaTypes,
      tags: tag === undefined ? [] : [this.tagRecord(tag, 2, times.taggedAt ?? times.pushedAt)]
    })
    return digest
  }

  /** Adds a tag to an existing image. An existing tag is moved and keeps its position in lists. */
  putTag(repository: string, digest: string, tag: string, createdAt?: Date): void {
    this.commit({
      type: 'tag-put',
      name: repository,
      digest,
      tag: this.tagRecord(tag, 1, createdAt)
    })
  }

  /** Deletes tags and images with all their tags in one event. */
  deleteImages(repository: string, tags: readonly string[], digests: readonly string[]): void {
    this.commit({ type: 'images-deleted', name: repository, tags, digests })
    this.release(digests)
  }

  private isExpired({ startedAt }: Upload): boolean {
    return this.now().getTime() > startedAt + UPLOAD_LIFETIME_MS
  }

  private nextSequence(): number {
    return this.state.sequence + 1
  }

  private tagRecord(name: string, ahead: number, createdAt = this.now()): TagRecord {
    return { name, createdAt: createdAt.getTime(), sequence: this.state.sequence + ahead }
  }

  private getLayer(name: string, digest: string): Layer {
    const layer = getRepository(this.state, name).layers.get(digest)
    if (layer === undefined)
      throw new Error(`The repository ${name} does not have a layer ${digest}`)
    return layer
  }
}
