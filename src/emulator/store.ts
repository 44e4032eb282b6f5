import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Blobs } from './store/blobs.js'
import { applyEvent } from './store/events.js'
import type { ImageRecord, StoreEvent, TagRecord } from './store/events.js'
import type { Journal } from './store/journal.js'
import { Locks } from './store/locks.js'
import { createKey, replayJournal } from './store/replay-journal.js'
import type { SequencedMap } from './store/sequenced-map.js'
import { emptyState } from './store/state.js'
import type { CatalogData, Layer, Logo, Repository, State, Upload } from './store/state.js'

export type { CatalogData, Image, Layer, Logo, Repository, Tag, Upload } from './store/state.js'

/** An image on its way into the store; its manifest has been checked. */
export interface NewImage extends Omit<ImageRecord, 'digest' | 'manifestSize' | 'pushedAt'> {
  readonly manifest: Uint8Array
  readonly mediaTypes: Readonly<Record<string, string>>
}

/**
 * What the registry holds. Every change is one event: it is written to the journal (with a data
 * directory), then made true in memory by the function that also replays the journal. Changes are
 * synchronous, so that between a check and the change that rests on it nothing else happens.
 * Blobs lie on disk: in the data directory, else in a directory that `close` removes.
 */
export class Store {
  /** Signs what clients are given: page tokens and passwords. Kept with the data. */
  readonly key: Buffer
  readonly blobs: Blobs
  private readonly state: State = emptyState()
  private readonly journal: Journal | undefined
  private readonly removeDirectory: () => void
  private readonly uploadLocks = new Locks()

  /**
   * @param directory where it lasts; without one it ends with `close`
   * @param now the clock, for what is not given a time
   */
  constructor(
    directory: string | undefined,
    readonly now: () => Date
  ) {
    const place = directory ?? mkdtempSync(join(tmpdir(), 'ecr-public-emulator-'))
    const remove = (): void => rmSync(place, { recursive: true, force: true })
    this.removeDirectory = directory === undefined ? remove : () => undefined
    if (directory === undefined) process.once('exit', remove)
    mkdirSync(place, { recursive: true })
    this.blobs = new Blobs(place)
    if (directory === undefined) {
      this.key = createKey()
      return
    }
    const { journal, key } = replayJournal(join(place, 'journal.jsonl'), this.state)
    this.journal = journal
    this.key = key
    const uploads = new Map([...this.state.uploads].map(([id, { size }]) => [id, size]))
    this.blobs.recover((digest) => this.state.references.has(digest), uploads)
  }

  /** All repositories, by name, in the order of their creation. */
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
    return this.getRepository(name)
  }

  deleteRepository(name: string): void {
    const repository = this.getRepository(name)
    const digests = [...repository.layers.keys(), ...repository.images.keys()]
    const { logo } = repository.catalogData
    const uploads = [...this.state.uploads.values()].filter((one) => one.repository === name)
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

  /** Sets the policy, or removes it. */
  setPolicy(name: string, policyText: string | undefined): void {
    this.commit({ type: 'policy-set', name, policyText: policyText ?? null })
  }

  /** Replaces the catalog data. A new logo is made by `addLogo` before. */
  setCatalogData(name: string, catalogData: CatalogData): void {
    const { logo } = this.getRepository(name).catalogData
    this.commit({ type: 'catalog-data-set', name, catalogData })
    if (logo !== undefined) this.release([logo.digest])
  }

  setDisplayName(displayName: string | undefined): void {
    this.commit({ type: 'display-name-set', displayName: displayName ?? null })
  }

  /**
   * Stores the bytes of a logo, which `setCatalogData` or `createRepository` then names.
   *
   * @param stable what its address is made of; else it is a new one every time
   */
  addLogo(bytes: Uint8Array, mediaType: string, extension: string, stable?: string): Logo {
    const path = `/logo/${stable ?? `${randomUUID()}/${randomUUID()}`}.${extension}`
    return { path, digest: this.blobs.write(bytes), mediaType }
  }

  /** Starts an upload; its id is a UUID. */
  startUpload(repository: string): Upload {
    const id = randomUUID()
    this.blobs.startUpload(id)
    this.commit({ type: 'upload-started', id, name: repository, at: this.now().getTime() })
    return this.getUpload(id)
  }

  /** The upload, if it is one of this repository. */
  findUpload(repository: string, id: string): Upload | undefined {
    const upload = this.state.uploads.get(id)
    return upload?.repository === repository ? upload : undefined
  }

  /**
   * Appends one part. Where the source fails half-way, the upload is as it was before. Callers see to
   * it that one upload is not appended to twice at a time.
   */
  async appendToUpload(id: string, source: Buffer | AsyncIterable<Buffer>): Promise<Upload> {
    const bytes = await this.blobs.append(id, source)
    // The repository may have been deleted meanwhile, and its uploads with it.
    if (!this.state.uploads.has(id)) throw new Error(`The upload ${id} has ended`)
    this.commit({ type: 'upload-extended', id, bytes })
    return this.getUpload(id)
  }

  /** Runs `body` when nothing else that was given here for this upload is under way. */
  lockUpload<T>(id: string, body: () => Promise<T>): Promise<T> {
    return this.uploadLocks.run(id, body)
  }

  /** The digest of what an upload holds by now. */
  uploadDigest(id: string): Promise<string> {
    return this.blobs.uploadDigest(id)
  }

  /** Makes a layer of an upload. `digest` is what `uploadDigest` gave. */
  finishUpload(id: string, digest: string): Layer {
    const { repository, size } = this.getUpload(id)
    this.blobs.finishUpload(id, digest)
    this.commit({ type: 'layer-added', name: repository, digest, size, uploadId: id })
    this.blobs.deleteUpload(id)
    return this.getLayer(repository, digest)
  }

  cancelUpload(id: string): void {
    this.commit({ type: 'upload-ended', id })
    this.blobs.deleteUpload(id)
  }

  /** Gives a repository a layer that another one holds (`mount` of the registry side). */
  linkLayer(repository: string, { digest, size, mediaType }: Layer): Layer {
    const known = mediaType === undefined ? {} : { mediaType }
    this.commit({ type: 'layer-added', name: repository, digest, size, ...known })
    return this.getLayer(repository, digest)
  }

  /** Stores a small blob as a layer at once (seeds, monolithic uploads, configs). */
  addLayer(repository: string, bytes: Uint8Array): Layer {
    const digest = this.blobs.write(bytes)
    this.commit({ type: 'layer-added', name: repository, digest, size: bytes.length })
    return this.getLayer(repository, digest)
  }

  /**
   * Stores an image that the repository does not hold yet, with a tag, which moves if it exists.
   *
   * @returns its digest
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

  /** Names an image that the repository holds; a tag that exists moves and keeps its place in lists. */
  putTag(repository: string, digest: string, tag: string, createdAt?: Date): void {
    this.commit({
      type: 'tag-put',
      name: repository,
      digest,
      tag: this.tagRecord(tag, 1, createdAt)
    })
  }

  /** Removes tags and images (those with all their tags), all at once. */
  deleteImages(repository: string, tags: readonly string[], digests: readonly string[]): void {
    this.commit({ type: 'images-deleted', name: repository, tags, digests })
    this.release(digests)
  }

  /** Ends it: nothing may be called after. */
  close(): void {
    this.journal?.close()
    this.removeDirectory()
  }

  private commit(event: StoreEvent): void {
    this.journal?.append(event)
    applyEvent(this.state, event)
  }

  private nextSequence(): number {
    return this.state.sequence + 1
  }

  private tagRecord(name: string, ahead: number, createdAt = this.now()): TagRecord {
    return { name, createdAt: createdAt.getTime(), sequence: this.state.sequence + ahead }
  }

  /** Removes the files of blobs that nothing uses any longer. */
  private release(digests: readonly string[]): void {
    for (const digest of digests) {
      if (!this.state.references.has(digest)) this.blobs.delete(digest)
    }
  }

  private getRepository(name: string): Repository {
    const repository = this.findRepository(name)
    if (repository === undefined) throw new Error(`No repository ${name} in the store`)
    return repository
  }

  private getLayer(name: string, digest: string): Layer {
    const layer = this.getRepository(name).layers.get(digest)
    if (layer === undefined) throw new Error(`No layer ${digest} in ${name}`)
    return layer
  }

  private getUpload(id: string): Upload {
    const upload = this.state.uploads.get(id)
    if (upload === undefined) throw new Error(`No upload ${id} in the store`)
    return upload
  }
}
