import type { EmulatorContext } from '../context.js'
import { DIGEST_PATTERN, isDigest } from '../digest.js'
import type { ValueOf } from '../model/types.js'
import type { Image, Repository } from '../store/store.js'
import { isTag } from './store-image.js'

type ImageId = ValueOf<'ImageIdentifier'>
type Failure = ValueOf<'ImageFailure'>
type FailureCode = NonNullable<Failure['failureCode']>

/** The result of a batch of deletions. */
export interface Deletions {
  /** One entry per deleted tag. An untagged image has one entry with its digest only. */
  readonly imageIds: readonly ImageId[]
  readonly failures: readonly Failure[]
}

/** The deletions that were decided so far. The store changes only after all of them are decided. */
interface Draft {
  readonly tags: Set<string>
  readonly digests: Set<string>
  readonly imageIds: ImageId[]
  readonly failures: Failure[]
}

/** Deletes images by tag and digest, with the semantics of BatchDeleteImage. */
export function deleteImages(
  context: EmulatorContext,
  repository: Repository,
  ids: readonly ImageId[]
): Deletions {
  const draft: Draft = { tags: new Set(), digests: new Set(), imageIds: [], failures: [] }
  const seen = new Set<string>()
  for (const id of ids) {
    const key = `${id.imageDigest ?? ''} ${id.imageTag ?? ''}`
    if (seen.has(key) && context.settings.duplicateIds === 'ignored') continue
    seen.add(key)
    decide(context, repository, id, draft)
  }
  const { tags, digests, imageIds, failures } = draft
  if (tags.size > 0 || digests.size > 0) {
    context.store.deleteImages(repository.name, [...tags], [...digests])
  }
  return { imageIds, failures }
}

function decide(context: EmulatorContext, repository: Repository, id: ImageId, draft: Draft): void {
  const { imageDigest, imageTag } = id
  const fail = (failureCode: FailureCode, failureReason: string): void => {
    draft.failures.push({ imageId: id, failureCode, failureReason })
  }
  const syntaxError = findSyntaxError(id)
  if (syntaxError !== undefined) return fail(...syntaxError)
  const tag = imageTag === undefined ? undefined : findTag(repository, imageTag, draft)
  const image = repository.images.get(imageTag === undefined ? (imageDigest ?? '') : (tag ?? ''))
  if (image === undefined || draft.digests.has(image.digest)) {
    return fail('ImageNotFound', 'Requested image not found')
  }
  if (imageDigest !== undefined && image.digest !== imageDigest) {
    return fail('ImageTagDoesNotMatchDigest', 'Requested image tag does not match image digest')
  }
  const byTag =
    imageTag !== undefined &&
    (imageDigest === undefined || context.settings.deleteByTagAndDigest === 'tag')
  const left = [...image.tags].filter((name) => !draft.tags.has(name))
  if (byTag && (left.length > 1 || context.settings.lastTagDeletion === 'tag')) {
    draft.tags.add(imageTag)
    draft.imageIds.push({ imageDigest: image.digest, imageTag })
    return
  }
  const holders = findHolders(context, repository, image, draft)
  if (holders.length > 0) {
    const list = holders.join(', ')
    return fail(
      'ImageReferencedByManifestList',
      `Requested image referenced by manifest list: [${list}]`
    )
  }
  draft.digests.add(image.digest)
  const { digest } = image
  for (const name of left) draft.imageIds.push({ imageDigest: digest, imageTag: name })
  if (left.length === 0) draft.imageIds.push({ imageDigest: digest })
}

function findSyntaxError({ imageDigest, imageTag }: ImageId): [FailureCode, string] | undefined {
  if (imageDigest === undefined && imageTag === undefined) {
    return ['MissingDigestAndTag', 'Invalid request parameters: both tag and digest cannot be null']
  }
  if (imageDigest !== undefined && !isDigest(imageDigest)) {
    return [
      'InvalidImageDigest',
      `Invalid request parameters: image digest should satisfy the regex '${DIGEST_PATTERN}'`
    ]
  }
  if (imageTag !== undefined && !isTag(imageTag)) {
    return [
      'InvalidImageTag',
      "Invalid request parameters: image tag should satisfy the regex '[a-zA-Z0-9_][a-zA-Z0-9._-]{0,299}'"
    ]
  }
  return undefined
}

function findTag({ tags }: Repository, name: string, draft: Draft): string | undefined {
  return draft.tags.has(name) ? undefined : tags.get(name)?.digest
}

/**
 * Returns the images that protect an image from deletion: the indexes that list it and, with a
 * switch, its referrers.
 */
function findHolders(
  { settings }: EmulatorContext,
  { listedBy, referrers }: Repository,
  { digest }: Image,
  draft: Draft
): string[] {
  const indexes = settings.childProtection === 'on' ? [...(listedBy.get(digest) ?? [])] : []
  const others = settings.subjectProtection === 'on' ? [...(referrers.get(digest) ?? [])] : []
  const holders = [...new Set([...indexes, ...others])]
  // With `snapshot`, an index that is deleted by the same request still protects its children.
  if (settings.batchDeleteOrder === 'snapshot') return holders
  return holders.filter((holder) => !draft.digests.has(holder))
}
