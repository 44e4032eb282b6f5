import type { DockerImage, LayerFile, StoredBlob } from '../image-archive/contents.js'
import { sha256Digest } from '../oci/digest.js'
import type { Descriptor } from '../oci/manifest.js'
import { MEDIA_TYPES } from '../oci/media-types.js'
import { checkManifestSize, writeManifest } from './docker-manifest.js'
import { findKnownImages } from './find-known-images.js'
import { isElsewhere } from './known-images.js'
import type { KnownImage, KnownImages } from './known-images.js'
import { pushLayers } from './push-layers.js'
import type { LayerItem, LayerOutcomes } from './push-layers.js'
import type { LayerOutcome, LayerPolicy } from './push-layer.js'
import type { PushSession } from './push-session.js'
import type { PushedImage } from './pushed-image.js'
import type { ManifestToPut } from './put-image.js'
import { putManifests } from './put-manifests.js'
import { confirmTags } from './look-up-tags.js'
import { decideTags, isWritten } from './tag-decisions.js'
import type { TagDecision, TagState } from './tag-decisions.js'

/**
 * Pushes an image of which only config and layers are known: writes its manifest. Where the repository
 * has the image already, whatever compressed its layers then, that one is taken.
 */
export async function pushDockerImage(
  image: DockerImage,
  states: readonly TagState[],
  session: PushSession
): Promise<PushedImage> {
  checkManifestSize(image)
  const known = await findKnownImages(image, states, session)
  const config: StoredBlob = configBlob(image)
  const there = await checkKnown(known, config, session)
  const same = known.same === undefined ? undefined : whole(known.same, there)
  if (same !== undefined) return tagKnownImage(image, same, states, session)

  const reuse = (diffId: string): Descriptor | undefined => {
    const descriptor = known.layers.get(diffId)
    return descriptor !== undefined && there.get(descriptor.digest) === descriptor.size
      ? descriptor
      : undefined
  }
  const needsConfig = there.get(config.descriptor.digest) !== config.descriptor.size
  const push = async (policy: LayerPolicy): Promise<Draft> => {
    const lacking = image.layers.filter(
      (layer): layer is LayerFile =>
        layer.kind === 'layer-file' && reuse(layer.diffId) === undefined
    )
    const items: LayerItem[] = [...(needsConfig ? [config] : []), ...lacking]
    return draft(image, config, reuse, await pushLayers(items, policy, session.layers))
  }
  return pushUnknownImage(states, known, push, session)
}

/** An image whose layers are compressed and looked up, and sent where that was wanted. */
interface Draft {
  readonly root: ManifestToPut
  readonly layers: readonly LayerOutcome[]
}

/**
 * Decides about the tags as early as it can: where a tag names an image that could not be looked at, only
 * the digest of this one tells whether it is another.
 */
async function pushUnknownImage(
  states: readonly TagState[],
  known: KnownImages,
  push: (policy: LayerPolicy) => Promise<Draft>,
  session: PushSession
): Promise<PushedImage> {
  const { inputs, target, deps, policy } = session
  const decide = (digest: string | undefined): TagDecision[] =>
    decideTags(states, digest, inputs.ifTagExists, target.name)
  // One that would be the image, but is not whole any more, may come out of this push just so.
  const lost = known.same?.served.digest
  const isUnjudged = states.some(
    ({ digest }) => digest !== undefined && (digest === lost || !known.judged.has(digest))
  )
  let made: Draft | undefined
  if (isUnjudged && inputs.ifTagExists !== 'move') {
    made = await push({ ...policy, writes: false })
  }
  const tags = decide(made?.root.digest)
  if (tags.every(({ action }) => action === 'skip')) {
    return { root: undefined, isNew: false, tags, layers: [], parts: [] }
  }
  if (made === undefined || tags.some(({ action }) => isWritten(action))) {
    made = await push({ ...policy, looksUpFirst: isUnjudged })
  }
  const { root, layers } = made
  const decided = await confirmTags(decide(root.digest), root.digest, session)
  if (decided.every(({ action }) => action === 'skip')) {
    return { root: undefined, isNew: false, tags: decided, layers, parts: [] }
  }
  const newTags = decided.flatMap(({ tag, action }) => (isWritten(action) ? [tag] : []))
  if (policy.writes) {
    await putManifests({ parts: [], root, tags: newTags, referrers: [] }, deps.api, target.address)
  }
  const isNew = decided.every(({ action }) => action !== 'keep')
  return { root, isNew, tags: decided, layers, parts: [] }
}

/** The repository has the image: only tags are missing, if anything. */
async function tagKnownImage(
  image: DockerImage,
  same: KnownImage,
  states: readonly TagState[],
  session: PushSession
): Promise<PushedImage> {
  const { inputs, target, deps, policy } = session
  const root = same.served
  const planned = decideTags(states, root.digest, inputs.ifTagExists, target.name)
  const tags = await confirmTags(planned, root.digest, session)
  const newTags = tags.flatMap(({ tag, action }) => (isWritten(action) ? [tag] : []))
  const isNew = false
  const layers = uniqueLayers(
    image.layers.map((layer, at): LayerOutcome => {
      if (layer.kind === 'foreign-layer') return foreign(layer.descriptor)
      const descriptor = same.manifest.layers[at]
      if (descriptor === undefined) throw new Error(`the manifest has no layer ${at}`)
      return { descriptor, fate: 'reused', milliseconds: 0 }
    })
  )
  if (policy.writes) {
    await putManifests({ parts: [], root, tags: newTags, referrers: [] }, deps.api, target.address)
  }
  return { root, isNew, tags, layers, parts: [] }
}

/** Sizes of what the repository has of the known layers and the config. */
async function checkKnown(
  known: KnownImages,
  config: StoredBlob,
  { layers: { api } }: PushSession
): Promise<ReadonlyMap<string, number>> {
  const digests = [
    ...[...known.layers.values(), ...(known.same?.manifest.layers ?? [])]
      .filter((descriptor) => !isElsewhere(descriptor))
      .map(({ digest }) => digest),
    config.descriptor.digest
  ]
  return api.check(digests)
}

/** The image, where the repository still has all of it. */
function whole(image: KnownImage, there: ReadonlyMap<string, number>): KnownImage | undefined {
  const { config, layers } = image.manifest
  const isThere = (descriptor: Descriptor): boolean =>
    isElsewhere(descriptor) || there.get(descriptor.digest) === descriptor.size
  return [config, ...layers].every(isThere) ? image : undefined
}

function configBlob(image: DockerImage): StoredBlob {
  const { bytes, digest } = image.config
  return {
    descriptor: { mediaType: MEDIA_TYPES.dockerConfig, digest, size: bytes.length },
    content: {
      name: 'The config of the image',
      size: bytes.length,
      read: async function* () {
        yield await Promise.resolve(bytes)
      }
    }
  }
}

function draft(
  image: DockerImage,
  config: StoredBlob,
  reuse: (diffId: string) => Descriptor | undefined,
  outcomes: LayerOutcomes
): Draft {
  const layers = image.layers.map((layer): LayerOutcome => {
    if (layer.kind === 'foreign-layer') return foreign(layer.descriptor)
    const outcome = outcomes.get(layer)
    if (outcome !== undefined) return outcome
    const descriptor = reuse(layer.diffId)
    if (descriptor === undefined)
      throw new Error(`layer ${layer.diffId} was neither pushed nor reused`)
    return { descriptor, fate: 'reused', milliseconds: 0 }
  })
  const manifest = writeManifest(
    config.descriptor,
    layers.map(({ descriptor }) => descriptor),
    image.annotations
  )
  const root = { ...manifest, digest: sha256Digest(manifest.bytes) }
  return { root, layers: uniqueLayers(layers) }
}

function foreign(descriptor: Descriptor): LayerOutcome {
  return { descriptor, fate: 'foreign', milliseconds: 0 }
}

function uniqueLayers(layers: readonly LayerOutcome[]): LayerOutcome[] {
  return [...new Map(layers.map((layer) => [layer.descriptor.digest, layer])).values()]
}
