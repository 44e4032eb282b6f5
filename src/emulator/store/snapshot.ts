import type { StoreEvent } from './events.js'
import type { Image, Repository, State } from './state.js'

/** Returns the shortest list of events that leads to this state, for a compacted journal. */
export function* snapshotEvents(state: State): Generator<StoreEvent> {
  if (state.displayName !== undefined) {
    yield { type: 'display-name-set', displayName: state.displayName }
  }
  for (const { sequence, value } of state.repositories.entries()) {
    yield* repositoryEvents(value, sequence)
  }
  for (const { id, repository, startedAt, parts } of state.uploads.values()) {
    yield { type: 'upload-started', id, name: repository, at: startedAt }
    for (const bytes of parts) yield { type: 'upload-extended', id, bytes }
  }
}

function* repositoryEvents(repository: Repository, sequence: number): Generator<StoreEvent> {
  const { name, createdAt, catalogData, policyText } = repository
  yield {
    type: 'repository-created',
    name,
    at: createdAt,
    sequence,
    resourceTags: Object.fromEntries(repository.resourceTags),
    catalogData,
    ...(policyText === undefined ? {} : { policyText })
  }
  for (const layer of repository.layers.values()) yield { type: 'layer-added', name, ...layer }
  for (const { sequence, value } of repository.images.entries()) {
    yield {
      type: 'image-put',
      name,
      sequence,
      image: imageRecord(value),
      mediaTypes: {},
      tags: []
    }
  }
  for (const { sequence, value } of repository.tags.entries()) {
    const tag = { name: value.name, createdAt: value.createdAt, sequence }
    yield { type: 'tag-put', name, digest: value.digest, tag }
  }
}

function imageRecord(image: Image): Omit<Image, 'tags'> {
  return Object.fromEntries(
    Object.entries(image).filter(([member]) => member !== 'tags')
  ) as unknown as Omit<Image, 'tags'>
}
