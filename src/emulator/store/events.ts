import { link, unlink } from './links.js'
import { SequencedMap } from './sequenced-map.js'
import type { CatalogData, Image, Repository, State, Upload } from './state.js'

/** An image in the journal, without the tags, which are separate events. */
export type ImageRecord = Omit<Image, 'tags'>

/** A tag in the journal. */
export interface TagRecord {
  readonly name: string
  readonly createdAt: number
  readonly sequence: number
}

/** All changes of the state. Times are milliseconds since 1970. */
export type StoreEvent =
  | {
      readonly type: 'repository-created'
      readonly name: string
      readonly at: number
      readonly sequence: number
      readonly resourceTags: Readonly<Record<string, string>>
      readonly catalogData: CatalogData
      readonly policyText?: string
    }
  | { readonly type: 'repository-deleted'; readonly name: string }
  | { readonly type: 'emptied' }
  | {
      readonly type: 'resource-tags-set'
      readonly name: string
      readonly resourceTags: Readonly<Record<string, string>>
    }
  | { readonly type: 'policy-set'; readonly name: string; readonly policyText: string | null }
  | {
      readonly type: 'catalog-data-set'
      readonly name: string
      readonly catalogData: CatalogData
    }
  | { readonly type: 'display-name-set'; readonly displayName: string | null }
  | {
      readonly type: 'layer-added'
      readonly name: string
      readonly digest: string
      readonly size: number
      readonly mediaType?: string
      /** The ID of the upload that ends. */
      readonly uploadId?: string
    }
  | {
      readonly type: 'upload-started'
      readonly id: string
      readonly name: string
      readonly at: number
    }
  | { readonly type: 'upload-extended'; readonly id: string; readonly bytes: number }
  | { readonly type: 'upload-ended'; readonly id: string }
  | {
      readonly type: 'image-put'
      readonly name: string
      readonly sequence: number
      readonly image: ImageRecord
      /** The media types of the blobs in the manifest, by digest. */
      readonly mediaTypes: Readonly<Record<string, string>>
      readonly tags: readonly TagRecord[]
    }
  | {
      readonly type: 'tag-put'
      readonly name: string
      readonly digest: string
      readonly tag: TagRecord
    }
  | {
      readonly type: 'images-deleted'
      readonly name: string
      /**
       * Tags to delete without their image. If an image loses its last tag, its digest is in
       * `digests`.
       */
      readonly tags: readonly string[]
      readonly digests: readonly string[]
    }

/** Applies an event to the state. Both requests and the replay of the journal use it. */
export function applyEvent(state: State, event: StoreEvent): void {
  if ('sequence' in event) state.sequence = Math.max(state.sequence, event.sequence)
  switch (event.type) {
    case 'repository-created':
      createRepository(state, event)
      return
    case 'repository-deleted':
      deleteRepository(state, event.name)
      return
    case 'emptied':
      state.repositories.clear()
      state.uploads.clear()
      state.references.clear()
      delete state.displayName
      return
    case 'display-name-set':
      if (event.displayName === null) delete state.displayName
      else state.displayName = event.displayName
      return
    case 'upload-started':
    case 'upload-extended':
    case 'upload-ended':
      applyUploadEvent(state, event)
      return
    default:
      applyToRepository(state, getRepository(state, event.name), event)
  }
}

/** Returns a repository. @throws Error if it does not exist */
export function getRepository(state: State, name: string): Repository {
  const repository = state.repositories.get(name)
  if (repository === undefined) throw new Error(`The store does not have a repository ${name}`)
  return repository
}

function createRepository(
  state: State,
  event: Extract<StoreEvent, { type: 'repository-created' }>
): void {
  const repository: Repository = {
    name: event.name,
    createdAt: event.at,
    resourceTags: new Map(Object.entries(event.resourceTags)),
    catalogData: event.catalogData,
    layers: new Map(),
    images: new SequencedMap(),
    tags: new SequencedMap(),
    listedBy: new Map(),
    referrers: new Map()
  }
  if (event.policyText !== undefined) repository.policyText = event.policyText
  addReference(state, event.catalogData.logo?.digest)
  state.repositories.set(event.name, repository, event.sequence)
}

function deleteRepository(state: State, name: string): void {
  const repository = getRepository(state, name)
  for (const digest of repository.layers.keys()) removeReference(state, digest)
  for (const digest of repository.images.keys()) removeReference(state, digest)
  removeReference(state, repository.catalogData.logo?.digest)
  for (const upload of [...state.uploads.values()]) {
    if (upload.repository === name) state.uploads.delete(upload.id)
  }
  state.repositories.delete(name)
}

type RepositoryEvent = Exclude<
  StoreEvent,
  {
    type:
      | 'repository-created'
      | 'repository-deleted'
      | 'emptied'
      | 'display-name-set'
      | `upload-${string}`
  }
>

function applyToRepository(state: State, repository: Repository, event: RepositoryEvent): void {
  switch (event.type) {
    case 'resource-tags-set':
      repository.resourceTags = new Map(Object.entries(event.resourceTags))
      return
    case 'policy-set':
      if (event.policyText === null) delete repository.policyText
      else repository.policyText = event.policyText
      return
    case 'catalog-data-set':
      addReference(state, event.catalogData.logo?.digest)
      removeReference(state, repository.catalogData.logo?.digest)
      repository.catalogData = event.catalogData
      return
    case 'layer-added':
      addLayer(state, repository, event)
      return
    case 'image-put':
      putImage(state, repository, event)
      return
    case 'tag-put':
      state.sequence = Math.max(state.sequence, event.tag.sequence)
      putTag(repository, event.digest, event.tag)
      return
    case 'images-deleted':
      for (const tag of event.tags) deleteTag(repository, tag)
      for (const digest of event.digests) deleteImage(state, repository, digest)
  }
}

function applyUploadEvent(
  state: State,
  event: Extract<StoreEvent, { type: `upload-${string}` }>
): void {
  if (event.type === 'upload-started') {
    state.uploads.set(event.id, {
      id: event.id,
      repository: event.name,
      startedAt: event.at,
      size: 0,
      parts: []
    })
    return
  }
  if (event.type === 'upload-ended') {
    state.uploads.delete(event.id)
    return
  }
  const upload = getUpload(state, event.id)
  upload.size += event.bytes
  upload.parts.push(event.bytes)
}

/** Returns an upload. @throws Error if it does not exist */
export function getUpload(state: State, id: string): Upload {
  const upload = state.uploads.get(id)
  if (upload === undefined) throw new Error(`The store does not have an upload ${id}`)
  return upload
}

function addLayer(
  state: State,
  repository: Repository,
  event: Extract<StoreEvent, { type: 'layer-added' }>
): void {
  if (event.uploadId !== undefined) state.uploads.delete(event.uploadId)
  if (repository.layers.has(event.digest)) return
  addReference(state, event.digest)
  const layer = { digest: event.digest, size: event.size }
  repository.layers.set(
    event.digest,
    event.mediaType === undefined ? layer : { ...layer, mediaType: event.mediaType }
  )
}

function putImage(
  state: State,
  repository: Repository,
  event: Extract<StoreEvent, { type: 'image-put' }>
): void {
  const image: Image = { ...event.image, tags: new Set() }
  const { digest, subject } = image
  if (!repository.images.has(digest)) {
    addReference(state, digest)
    repository.images.set(digest, image, event.sequence)
    for (const child of image.children) link(repository.listedBy, child, digest)
    if (subject !== undefined) link(repository.referrers, subject, digest)
  }
  for (const [blob, mediaType] of Object.entries(event.mediaTypes)) {
    const layer = repository.layers.get(blob)
    if (layer !== undefined) layer.mediaType ??= mediaType
  }
  for (const tag of event.tags) {
    state.sequence = Math.max(state.sequence, tag.sequence)
    putTag(repository, digest, tag)
  }
}

function putTag(repository: Repository, digest: string, tag: TagRecord): void {
  const before = repository.tags.get(tag.name)
  if (before !== undefined) repository.images.get(before.digest)?.tags.delete(tag.name)
  repository.tags.set(tag.name, { name: tag.name, digest, createdAt: tag.createdAt }, tag.sequence)
  repository.images.get(digest)?.tags.add(tag.name)
}

function deleteTag(repository: Repository, name: string): void {
  const tag = repository.tags.get(name)
  if (tag === undefined) return
  repository.tags.delete(name)
  repository.images.get(tag.digest)?.tags.delete(name)
}

function deleteImage(state: State, repository: Repository, digest: string): void {
  const image = repository.images.get(digest)
  if (image === undefined) return
  for (const tag of [...image.tags]) repository.tags.delete(tag)
  for (const child of image.children) unlink(repository.listedBy, child, digest)
  if (image.subject !== undefined) unlink(repository.referrers, image.subject, digest)
  repository.images.delete(digest)
  removeReference(state, digest)
}

function addReference(state: State, digest: string | undefined): void {
  if (digest === undefined) return
  state.references.set(digest, (state.references.get(digest) ?? 0) + 1)
}

function removeReference(state: State, digest: string | undefined): void {
  if (digest === undefined) return
  const count = (state.references.get(digest) ?? 0) - 1
  if (count > 0) state.references.set(digest, count)
  else state.references.delete(digest)
}
