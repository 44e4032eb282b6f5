import { ApiError, invalidParameter } from '../api-error.js'
import type { EmulatorContext } from '../context.js'
import { digestOf } from '../digest.js'
import { messageRegistryId } from '../operations/operation.js'
import type { NewImage, Repository } from '../store/store.js'
import { EMPTY_MEDIA_TYPE } from './media-types.js'
import { parseManifest } from './parse-manifest.js'
import type { ParsedManifest } from './parse-manifest.js'

/**
 * The syntax of a tag in the OCI distribution specification, with the maximum length of the API
 * model.
 */
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,299}$/

/** A manifest from the API or from `/v2/`. */
export interface StoreImageRequest {
  readonly manifest: Buffer
  readonly mediaType: string | undefined
  readonly tag: string | undefined
  /** The digest that the client expects. */
  readonly digest: string | undefined
  /** Only set for images of a seed. */
  readonly times?: { readonly pushedAt?: Date; readonly taggedAt?: Date }
}

export function isTag(text: string): boolean {
  return TAG.test(text)
}

/**
 * Stores an image, or adds a tag to an existing image. An existing tag is moved.
 *
 * @returns the digest and media type of the manifest
 * @throws ApiError with the errors that PutImage declares
 */
export function storeImage(
  context: EmulatorContext,
  repository: Repository,
  request: StoreImageRequest
): { digest: string; mediaType: string } {
  const { manifest, tag } = request
  if (tag !== undefined && !isTag(tag)) {
    throw invalidParameter(
      'imageTag',
      `must satisfy regular expression '${TAG.source.slice(1, -1)}'`
    )
  }
  const parsed = parseManifest(manifest.toString(), request.mediaType)
  const { mediaType } = parsed
  const digest = digestOf(manifest)
  checkDigest(context, repository, request.digest, digest)
  checkReferences(context, repository, parsed)
  checkTag(context, repository, digest, tag)
  const known = repository.images.get(digest)
  if (known === undefined) {
    checkImageLimit(context, repository)
    const image = describeImage(context, repository, parsed, manifest)
    context.store.putImage(repository.name, image, tag, request.times)
  } else if (tag !== undefined) {
    checkTagLimit(context, repository, known.tags, tag)
    context.store.putTag(repository.name, digest, tag, taggedAt(context, repository, tag, request))
  }
  return { digest, mediaType }
}

function taggedAt(
  { settings }: EmulatorContext,
  { tags }: Repository,
  tag: string,
  { times }: StoreImageRequest
): Date | undefined {
  const before = tags.get(tag)
  if (before !== undefined && settings.movedTagCreatedAt === 'kept') {
    return new Date(before.createdAt)
  }
  return times?.taggedAt
}

function checkDigest(
  context: EmulatorContext,
  { name }: Repository,
  given: string | undefined,
  digest: string
): void {
  if (given === undefined || given === digest) return
  throw new ApiError(
    'ImageDigestDoesNotMatchException',
    `The image with digest '${given}' in repository '${name}' and registry ID '${messageRegistryId(context)}' does not match the image digest that Amazon ECR has calculated.`
  )
}

function checkReferences(
  context: EmulatorContext,
  { name, layers, images }: Repository,
  { config, layers: listed, children }: ParsedManifest
): void {
  const blobs = config === undefined ? listed : [config, ...listed]
  const missing = blobs.filter((blob) => !blob.isForeign && !layers.has(blob.digest))
  const absent = children.filter(({ digest }) => !images.has(digest))
  const list = (digests: readonly { digest: string }[]): string =>
    [...new Set(digests.map(({ digest }) => digest))].join(', ')
  const place = `required for pushing image into repository with name '${name}' in the registry with id '${messageRegistryId(context)}' do not exist`
  if (missing.length > 0) {
    throw new ApiError(
      'LayersNotFoundException',
      `Layers with digests '[${list(missing)}]' ${place}`
    )
  }
  if (absent.length > 0) {
    throw new ApiError(
      'ReferencedImagesNotFoundException',
      `Images with digests '[${list(absent)}]' ${place}`
    )
  }
}

function checkTag(
  context: EmulatorContext,
  { name, images, tags }: Repository,
  digest: string,
  tag: string | undefined
): void {
  const place = `already exists in the repository with name '${name}' in registry with id '${messageRegistryId(context)}'`
  if (tag === undefined) {
    if (!images.has(digest) || context.settings.untaggedAgain === 'accepted') return
    throw new ApiError('ImageAlreadyExistsException', `Image with digest '${digest}' ${place}`)
  }
  const named = tags.get(tag)
  if (named?.digest === digest) {
    throw new ApiError(
      'ImageAlreadyExistsException',
      `Image with digest '${digest}' and tag '${tag}' ${place}`
    )
  }
  if (named !== undefined && context.settings.tagMutability === 'immutable') {
    throw new ApiError(
      'ImageTagAlreadyExistsException',
      `The image tag '${tag}' already exists in the '${name}' repository and cannot be overwritten because the tag is immutable.`
    )
  }
}

function checkImageLimit({ settings }: EmulatorContext, { name, images }: Repository): void {
  if (images.size < settings.limits.images) return
  throw new ApiError(
    'LimitExceededException',
    `The repository with name '${name}' already has the maximum of ${settings.limits.images} images`
  )
}

function checkTagLimit(
  { settings }: EmulatorContext,
  { name }: Repository,
  tags: ReadonlySet<string>,
  tag: string
): void {
  if (tags.has(tag) || tags.size < settings.limits.tagsPerImage) return
  throw new ApiError(
    'LimitExceededException',
    `The image in the repository with name '${name}' already has the maximum of ${settings.limits.tagsPerImage} tags`
  )
}

function describeImage(
  context: EmulatorContext,
  { images }: Repository,
  parsed: ParsedManifest,
  manifest: Buffer
): NewImage {
  const { mediaType, config, layers, children, subject, artifactType, annotations } = parsed
  const withConfig = context.settings.imageSize === 'layers-and-config' ? (config?.size ?? 0) : 0
  // "If the image is a manifest list, this will be the max size of all manifests in the list" (API reference).
  const size =
    children.length > 0
      ? Math.max(...children.map(({ digest }) => images.get(digest)?.size ?? 0))
      : layers.reduce((sum, layer) => sum + layer.size, withConfig)
  const artifactMediaType =
    config === undefined || config.mediaType === EMPTY_MEDIA_TYPE
      ? (artifactType ?? config?.mediaType)
      : config.mediaType
  // "artifactType … if it is empty or missing, the mediaType of the config" (OCI distribution, referrers).
  const referrerType = artifactType ?? config?.mediaType
  const blobs = config === undefined ? layers : [config, ...layers]
  return {
    manifest,
    mediaType,
    size,
    children: [...new Set(children.map(({ digest }) => digest))],
    mediaTypes: Object.fromEntries(blobs.map((blob) => [blob.digest, blob.mediaType])),
    ...(artifactMediaType === undefined ? {} : { artifactMediaType }),
    ...(referrerType === undefined ? {} : { artifactType: referrerType }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(subject === undefined ? {} : { subject: subject.digest })
  }
}
