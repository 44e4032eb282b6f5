import type { StoredBlob, StoredIndex, StoredManifest } from '../image-archive/contents.js'
import { pushLayers } from './push-layers.js'
import type { LayerOutcomes } from './push-layers.js'
import type { LayerOutcome } from './push-layer.js'
import type { PushSession } from './push-session.js'
import type { PushedImage, PushedPart } from './pushed-image.js'
import { findDigest } from './put-image.js'
import { partsOf, putManifests } from './put-manifests.js'
import { confirmTags } from './look-up-tags.js'
import { decideTags, isWritten } from './tag-decisions.js'
import type { TagDecision, TagState } from './tag-decisions.js'

type Stored = StoredManifest | StoredIndex

/**
 * Pushes an image byte for byte, with all its platforms: its blobs that the repository does not have,
 * then its manifests, then its tags.
 */
export async function pushStoredImage(
  root: Stored,
  referrers: readonly Stored[],
  states: readonly TagState[],
  session: PushSession
): Promise<PushedImage> {
  const { inputs, target, deps } = session
  const planned = decideTags(states, root.digest, inputs.ifTagExists, target.name)
  const isThere = await exists(root.digest, states, session)
  const nothing = { root: undefined, isNew: false, layers: [], parts: [] }
  const isLeft = (decisions: readonly TagDecision[]): boolean =>
    !isThere && !decisions.some(({ action }) => isWritten(action))
  if (isLeft(planned)) return { ...nothing, tags: planned }

  const found = await Promise.all(referrers.map(({ digest }) => exists(digest, [], session)))
  const newReferrers = referrers.filter((_, at) => found[at] === false)
  const parts = partsOf(root)
  const newParts = isThere ? [] : parts
  const wanted = [root, ...parts, ...referrers]
  const missing = new Set<Stored>([...(isThere ? [] : [root]), ...newParts, ...newReferrers])
  const layers = await pushBlobs(wanted, missing, session)
  const tags = await confirmTags(planned, root.digest, session)
  if (isLeft(tags)) return { ...nothing, tags, layers }
  const newTags = tags.flatMap(({ tag, action }) => (isWritten(action) ? [tag] : []))
  if (session.policy.writes) {
    await putManifests(
      { parts: newParts, root, tags: newTags, referrers: withParts(newReferrers) },
      deps.api,
      target.address
    )
  }
  return {
    root,
    isNew: !isThere,
    tags,
    layers,
    parts: describeParts([...parts, ...referrers], missing, referrers)
  }
}

function describeParts(
  parts: readonly Stored[],
  missing: ReadonlySet<Stored>,
  referrers: readonly Stored[]
): PushedPart[] {
  return parts.map((part) => ({
    digest: part.digest,
    platform: part.kind === 'stored-manifest' ? part.platform : undefined,
    isNew: missing.has(part),
    isReferrer: referrers.includes(part)
  }))
}

async function exists(
  digest: string,
  states: readonly TagState[],
  { deps, target }: PushSession
): Promise<boolean> {
  if (states.some((state) => state.digest === digest)) return true
  return (await findDigest(deps.api, target.address, digest)) === digest
}

/** Referrers that are indexes are put after their own parts. */
function withParts(referrers: readonly Stored[]): Stored[] {
  return referrers.flatMap((referrer) => [...partsOf(referrer), referrer])
}

/** Uploads the blobs of the missing manifests that the repository lacks; tells of the layers of all of them. */
async function pushBlobs(
  manifests: readonly Stored[],
  missing: ReadonlySet<Stored>,
  session: PushSession
): Promise<LayerOutcome[]> {
  const { layers: context, policy } = session
  const blobs = new Map<string, StoredBlob>()
  const needed = new Map<string, StoredBlob>()
  const configs = new Set<string>()
  for (const manifest of manifests) {
    for (const [at, blob] of blobsOf(manifest).entries()) {
      const { digest } = blob.descriptor
      blobs.set(digest, blobs.get(digest) ?? blob)
      if (at === 0) configs.add(digest)
      if (missing.has(manifest)) needed.set(digest, blobs.get(digest) ?? blob)
    }
  }
  const found = needed.size === 0 ? new Map() : await context.api.check([...needed.keys()])
  const lacking = [...needed.values()].filter(
    ({ descriptor }) => found.get(descriptor.digest) !== descriptor.size
  )
  const outcomes: LayerOutcomes = await pushLayers(lacking, policy, context)
  return [...blobs.values()]
    .filter(({ descriptor }) => !configs.has(descriptor.digest))
    .map(
      (blob) =>
        outcomes.get(blob) ?? { descriptor: blob.descriptor, fate: 'found', milliseconds: 0 }
    )
}

function blobsOf(manifest: Stored): readonly StoredBlob[] {
  return manifest.kind === 'stored-manifest' ? manifest.blobs : []
}
