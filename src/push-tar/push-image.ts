import type { Deps } from '../runner/deps.js'
import { problem } from '../runner/errors.js'
import type { PushTarInputs } from '../runner/inputs/inputs.js'
import { beginLargestLayer } from './begin-layer.js'
import { areAllSkipped, confirmTags, decideTags, tagsToSet } from './decide-tags.js'
import type { TagDecision } from './decide-tags.js'
import { findInRepository } from './find-in-repository.js'
import { listCurrentTags } from './list-current-tags.js'
import type { CurrentTag } from './list-current-tags.js'
import { planImage } from './plan-image.js'
import { withProgress } from './progress.js'
import { createPushContext } from './push-context.js'
import type { PushContext } from './push-context.js'
import type { LayerOptions, PushedLayer } from './push-layer.js'
import { pushLayers } from './push-layers.js'
import { listDockerImages } from './push-plan.js'
import type { ComposedImage, ImageToPush, PushPlan } from './push-plan.js'
import { LayersMissingError, putManifests } from './put-manifests.js'
import { decideReferrerTags, putReferrerTags } from './referrer-tags.js'
import type { PushedImage } from './report-push.js'
import type { PushTarget } from './resolve-target.js'
import { warnAboutLostPlatforms } from './warn-about-lost-platforms.js'

type PushOptions = Pick<
  PushTarInputs,
  | 'compression'
  | 'compressionLevel'
  | 'concurrency'
  | 'dryRun'
  | 'ifTagExists'
  | 'maxAttempts'
  | 'reuseLayers'
  | 'source'
>
type PushDeps = Pick<Deps, 'api' | 'log' | 'now' | 'openRegistry' | 'random' | 'signal' | 'sleep'>

/**
 * Pushes an image and sets its tags. If the service rejects the manifest because layers are missing that it reported
 * as available, the push is repeated once and uploads them.
 */
export async function pushImage(
  image: ImageToPush,
  currentTags: readonly CurrentTag[],
  target: PushTarget,
  options: PushOptions,
  deps: PushDeps
): Promise<PushedImage> {
  try {
    return await pushOnce(image, currentTags, target, new Set(), options, deps)
  } catch (error) {
    if (!(error instanceof LayersMissingError)) throw error
    deps.log.info(`Uploading layers again that ECR Public reported as available: ${error.message}`)
    const tags = currentTags.map(({ tag }) => tag)
    const tagsNow = await listCurrentTags(tags, target.address, deps.api)
    try {
      return await pushOnce(image, tagsNow, target, new Set(error.digests), options, deps)
    } catch (again) {
      throw again instanceof LayersMissingError ? stillMissing(again) : again
    }
  }
}

/** @param missingLayers digests of layers to upload even if the service reports them as available */
async function pushOnce(
  image: ImageToPush,
  currentTags: readonly CurrentTag[],
  target: PushTarget,
  missingLayers: ReadonlySet<string>,
  options: PushOptions,
  deps: PushDeps
): Promise<PushedImage> {
  const { dryRun } = options
  const context = createPushContext(target, missingLayers, options, deps)
  const images = dryRun ? [] : listDockerImages(image)
  const begun = beginLargestLayer(images, currentTags, context)
  return withProgress(context.progress, deps.log, async () => {
    const plan = await planImage(image, currentTags, target, options, context, deps)
    const { isInRepository } = plan
    const composedEarly = await composeEarly(plan, currentTags, options, context)
    const knownDigest = composedEarly?.manifests.root.digest ?? plan.digest
    const early = decideTags(currentTags, knownDigest, options.ifTagExists, target.name)
    if (!isInRepository && areAllSkipped(early)) return skippedImage(early, [])

    const isDone = composedEarly !== undefined && (dryRun || tagsToSet(early).length === 0)
    const all = isDone ? composedEarly : await pushBlobs(plan, { dryRun, begun }, context)
    const { digest } = all.manifests.root
    const confirmOptions = { ...options, hasUploaded: plan.uploads.length > 0 }
    const tags = await confirmTags(currentTags, digest, confirmOptions, target.address, deps.api)
    if (!isInRepository && areAllSkipped(tags)) return skippedImage(tags, all.layers)

    const { isFound, composed } = await findInRepository(plan, all, tags, context)
    const { manifests, platforms, ...pushed } = composed
    await warnAboutLostPlatforms(tags, platforms, target, options.source, deps)
    const isNew = !isFound
    // An image without tags is put by its digest.
    const tagsToPut = isNew && tags.length === 0 ? [undefined] : tagsToSet(tags)
    if (!dryRun) await putManifests(manifests, tagsToPut, target.address, deps.api)
    // Decided immediately before they are set, because another job can add signatures meanwhile.
    const referrerTags = await decideReferrerTags(image, target, context, deps)
    if (!dryRun) await putReferrerTags(image, referrerTags, target, deps.api)
    return { ...pushed, digest, isNew, tags, referrerTags, platforms }
  }).finally(() => begun?.close())
}

/** Compresses all layers to learn the digest of the image if the decision about the tags depends on it. */
async function composeEarly(
  plan: PushPlan,
  currentTags: readonly CurrentTag[],
  { ifTagExists }: PushOptions,
  context: PushContext
): Promise<ComposedImage | undefined> {
  const needsDigest = currentTags.length > 0 && ifTagExists !== 'move'
  if (plan.digest !== undefined || !plan.looksUpFirst || !needsDigest) return undefined
  return pushBlobs({ ...plan, looksUpFirst: false }, { dryRun: true }, context)
}

async function pushBlobs(
  { uploads, looksUpFirst, compose }: PushPlan,
  options: Omit<LayerOptions, 'looksUpFirst'>,
  context: PushContext
): Promise<ComposedImage> {
  return compose(await pushLayers(uploads, { ...options, looksUpFirst }, context))
}

function skippedImage(tags: readonly TagDecision[], layers: readonly PushedLayer[]): PushedImage {
  return {
    digest: undefined,
    isNew: false,
    tags,
    referrerTags: [],
    layers,
    relatedManifests: [],
    platforms: []
  }
}

function stillMissing(error: LayersMissingError): Error {
  return problem(
    {
      what: 'ECR Public does not find layers of the image, although they were uploaded',
      value: error.message,
      fix: 'Run the step again.'
    },
    error.cause
  )
}
