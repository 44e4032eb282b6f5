import { distinctBy } from '../image-archive/distinct-by.js'
import type { StoredIndex, StoredManifest } from '../image-archive/contents.js'
import { isArtifactOfImage } from '../oci/manifest.js'
import type { Deps } from '../runner/deps.js'
import type { CurrentTag } from './list-current-tags.js'
import { planDockerImage } from './plan-docker-image.js'
import { planStoredImage } from './plan-stored-image.js'
import type { PushContext } from './push-context.js'
import type { UploadItem } from './layer-source.js'
import type { PushedLayer } from './push-layer.js'
import type { PushedLayers } from './push-layers.js'
import type {
  ComposedImage,
  IndexChild,
  MergedIndex,
  PlanOptions,
  PushPlan,
  RelatedManifest
} from './push-plan.js'
import type { ManifestToPut } from './put-manifests.js'
import type { PushTarget } from './resolve-target.js'
import { writeIndex } from './write-index.js'

/** A manifest of the index and its plan. */
interface PlannedChild {
  readonly child: IndexChild
  readonly plan: PushPlan
}

/**
 * Plans the push of an index of several images. Each image is planned by itself. The index is written from the
 * descriptors of their manifests, which are known only after layers are compressed if a manifest is created by the push.
 */
export async function planMergedIndex(
  { children }: MergedIndex,
  referrers: readonly (StoredManifest | StoredIndex)[],
  currentTags: readonly CurrentTag[],
  target: PushTarget,
  options: PlanOptions,
  context: PushContext,
  deps: Pick<Deps, 'api' | 'log' | 'openRegistry' | 'signal'>
): Promise<PushPlan> {
  // Only stored images have referrers. They are planned with one of them, because they are put after the index anyway.
  const firstStored = children.find(({ image }) => image.kind === 'stored-manifest')
  const planned = await Promise.all(
    children.map(async (child): Promise<PlannedChild> => {
      const { image } = child
      const plan =
        image.kind === 'docker-image'
          ? await planDockerImage(image, currentTags, target, options, context, deps)
          : await planStoredImage(
              image,
              child === firstStored ? referrers : [],
              currentTags,
              context
            )
      return { child, plan }
    })
  )
  const isKnown = planned.every(({ plan }) => plan.digest !== undefined)
  const digest = isKnown ? compose(planned, new Map()).manifests.root.digest : undefined
  const isInRepository = digest !== undefined && (await hasIndex(digest, currentTags, context))
  return {
    digest,
    isInRepository,
    uploads: distinctUploads(planned.flatMap(({ plan }) => plan.uploads)),
    looksUpFirst: planned.some(({ plan }) => plan.looksUpFirst),
    compose: (pushed) => compose(planned, pushed)
  }
}

async function hasIndex(
  digest: string,
  currentTags: readonly CurrentTag[],
  { findImage }: PushContext
): Promise<boolean> {
  const isTagged = currentTags.some((current) => current.digest === digest)
  return isTagged || (await findImage(digest)) === digest
}

/** Layers that several images contain are uploaded once. Images of docker-archives share the objects of their layers. */
function distinctUploads(uploads: readonly UploadItem[]): UploadItem[] {
  return distinctBy(uploads, (item) => ('kind' in item ? item : item.descriptor.digest))
}

function compose(planned: readonly PlannedChild[], pushed: PushedLayers): ComposedImage {
  const parts = planned.map(({ child, plan }) => ({ child, plan, composed: plan.compose(pushed) }))
  const root = writeIndex(
    parts.map(({ child, composed }) => ({
      ...descriptorOf(composed.manifests.root),
      platform: child.platform,
      annotations: child.annotations,
      artifactType: child.artifactType
    }))
  )
  const all = parts.map(({ composed }) => composed)
  // The index can list one manifest for several platforms. It is put once.
  const distinct = distinctBy(parts, ({ composed }) => composed.manifests.root.digest)
  return {
    manifests: {
      children: distinct.map(({ plan, composed }) => ({
        ...composed.manifests.root,
        isFound: plan.isInRepository
      })),
      root,
      referrers: all.flatMap(({ manifests }) => manifests.referrers)
    },
    layers: distinctLayers(all.flatMap(({ layers }) => layers)),
    relatedManifests: [
      ...distinct.map(({ child, plan, composed }): RelatedManifest => ({
        digest: composed.manifests.root.digest,
        platform: child.platform,
        isNew: !plan.isInRepository,
        isReferrer: false
      })),
      ...all.flatMap(({ relatedManifests }) => relatedManifests)
    ],
    platforms: parts.flatMap(({ child, composed }) =>
      (isArtifactOfImage(child) ? [] : composed.platforms).map((image) => ({
        ...image,
        platform: child.platform ?? image.platform
      }))
    )
  }
}

function descriptorOf({ mediaType, digest, bytes }: ManifestToPut): {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
} {
  return { mediaType, digest, size: bytes.length }
}

/** Returns each layer once. A layer that is uploaded for one image is found by the plan of another one. */
function distinctLayers(layers: readonly PushedLayer[]): PushedLayer[] {
  const distinct = new Map<string, PushedLayer>()
  for (const layer of layers) {
    const { digest } = layer.descriptor
    if (!distinct.has(digest) || layer.result === 'uploaded') distinct.set(digest, layer)
  }
  return [...distinct.values()]
}
