import { isDeepStrictEqual } from 'node:util'
import type { ReferrerTag } from '../image-archive/contents.js'
import { parseManifest } from '../oci/manifest.js'
import type { Descriptor, Index, Manifest } from '../oci/manifest.js'
import type { Deps, EcrPublicApi } from '../runner/deps.js'
import { withChildren } from './plan-stored-image.js'
import type { PushContext } from './push-context.js'
import type { ImageToPush } from './push-plan.js'
import { putImage } from './put-manifests.js'
import type { ManifestToPut } from './put-manifests.js'
import type { PushTarget } from './resolve-target.js'

/** A referrer tag and what the push does with it. The digest is the one that the tag has after the push. */
export interface ReferrerTagDecision extends ReferrerTag {
  readonly action: 'create' | 'move' | 'keep'
  /** The digest that a tag to move refers to before the push. */
  readonly current?: string | undefined
}

/**
 * Decides about the referrer tags of an image. cosign adds a signature by moving the tag to a manifest with one more
 * layer (https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md), so a tag of the repository is moved from
 * an earlier version of the referrer: one that the source has, or one whose content the new version lists. Any other tag
 * is kept, because it may list signatures that were added in the repository.
 */
export async function decideReferrerTags(
  image: ImageToPush,
  target: PushTarget,
  { findImage, log, signal }: Pick<PushContext, 'findImage' | 'log' | 'signal'>,
  deps: Pick<Deps, 'openRegistry'>
): Promise<ReferrerTagDecision[]> {
  const manifests = manifestsOf(image)
  return Promise.all(
    (image.referrerTags ?? []).map(async ({ tag, digest }): Promise<ReferrerTagDecision> => {
      const current = await findImage(tag)
      if (current === undefined) return { tag, digest, action: 'create' }
      if (current === digest) return { tag, digest, action: 'keep' }
      const isEarlierVersion =
        (await image.isInSource?.(current)) === true ||
        (await isContained(current, manifests.get(digest), target, deps).catch(() => false))
      signal.throwIfAborted()
      if (isEarlierVersion) return { tag, digest, action: 'move', current }
      log.warning(
        `The referrer tag ${target.name}:${tag} is not moved. It refers to ${current}, which may contain signatures or other content that ${digest} does not contain. To replace it, delete this tag and run the step again.`
      )
      return { tag, digest: current, action: 'keep' }
    })
  )
}

/** Sets the referrer tags. The repository must have the referrers. */
export async function putReferrerTags(
  image: ImageToPush,
  decisions: readonly ReferrerTagDecision[],
  { address }: PushTarget,
  api: EcrPublicApi
): Promise<void> {
  const manifests = manifestsOf(image)
  for (const { tag, digest, action } of decisions) {
    const manifest = manifests.get(digest)
    if (action !== 'keep' && manifest !== undefined) await putImage(manifest, tag, address, api)
  }
}

function manifestsOf({ referrers = [] }: ImageToPush): ReadonlyMap<string, ManifestToPut> {
  return new Map(referrers.flatMap(withChildren).map((manifest) => [manifest.digest, manifest]))
}

/** Returns `true` if a manifest has everything that the manifest of a digest in the repository lists. */
async function isContained(
  digest: string,
  manifest: ManifestToPut | undefined,
  target: PushTarget,
  { openRegistry }: Pick<Deps, 'openRegistry'>
): Promise<boolean> {
  const registry = await openRegistry(target.host)
  const served = await registry.findManifest(target.path, digest)
  if (served === undefined || manifest === undefined) return false
  const current = parseManifest(served.bytes, digest, served.mediaType)
  const next = parseManifest(manifest.bytes, manifest.digest, manifest.mediaType)
  // Signatures of one image can differ in the annotations of their layers only.
  return (
    isDeepStrictEqual(descriptionOf(current), descriptionOf(next)) &&
    itemsOf(current).length > 0 &&
    itemsOf(current).every((item) => itemsOf(next).some((each) => isDeepStrictEqual(each, item)))
  )
}

function descriptionOf({ kind, artifactType, subject, annotations }: Manifest | Index): unknown {
  return [kind, artifactType, subject, annotations]
}

function itemsOf(manifest: Manifest | Index): readonly Descriptor[] {
  return manifest.kind === 'index' ? manifest.manifests : manifest.layers
}
