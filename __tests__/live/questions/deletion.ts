import { BatchDeleteImageCommand, DescribeImagesCommand } from '@aws-sdk/client-ecr-public'
import type { ImageDetail, ImageFailure, ImageIdentifier } from '@aws-sdk/client-ecr-public'
import { MEDIA_TYPES } from '../live.ts'
import type { Descriptor, Live, LiveRepository } from '../live.ts'
import { other } from './question.ts'

export const DELETION_QUESTIONS = {
  batchDeleteOrder,
  deleteByTagAndDigest,
  duplicateIds,
  childProtection,
  subjectProtection,
  lastTagDeletion
}

async function remove(
  { client }: Live,
  { name: repositoryName }: LiveRepository,
  imageIds: ImageIdentifier[]
): Promise<ImageFailure[]> {
  const { failures = [] } = await client.send(
    new BatchDeleteImageCommand({ repositoryName, imageIds })
  )
  return failures
}

/** Returns an image, or `undefined` if it does not exist. */
async function findImage(
  { client }: Live,
  { name: repositoryName }: LiveRepository,
  digest: string
): Promise<ImageDetail | undefined> {
  const { imageDetails = [] } = await client.send(new DescribeImagesCommand({ repositoryName }))
  return imageDetails.find(({ imageDigest }) => imageDigest === digest)
}

/** Pushes an image and an index of it. */
async function pushIndex(
  live: Live,
  repository: LiveRepository
): Promise<{ readonly child: Descriptor; readonly index: Descriptor }> {
  const child = await live.putImage(repository, await live.pushBlobs(repository))
  const index = await live.putManifest(
    repository,
    { mediaType: MEDIA_TYPES.index, manifests: [child] },
    'index'
  )
  return { child, index }
}

/** Returns `refused` if a deletion failed because another manifest refers to the image. */
function protectionOf(failures: readonly ImageFailure[], refused: string, deleted: string): string {
  const [failure] = failures
  if (failure === undefined) return deleted
  const isReferenced = failure.failureCode === 'ImageReferencedByManifestList'
  return isReferenced
    ? refused
    : other(`${failure.failureCode ?? ''} ${failure.failureReason ?? ''}`)
}

/** Does an index that is deleted by the same request still protect its image? */
async function batchDeleteOrder(live: Live): Promise<string> {
  const repository = await live.newRepository()
  const { child, index } = await pushIndex(live, repository)
  const ids = [{ imageDigest: index.digest }, { imageDigest: child.digest }]
  const answer = protectionOf(await remove(live, repository, ids), 'snapshot', 'sequential')
  if (answer !== 'sequential' || (await childProtection(live)) === 'on') return answer
  return 'not asked: an index does not protect its images'
}

/** Does an ID with a tag and a digest delete the tag or the image? */
async function deleteByTagAndDigest(live: Live): Promise<string> {
  const repository = await live.newRepository()
  const blobs = await live.pushBlobs(repository)
  const { digest } = await live.putImage(repository, blobs, { tag: 'first' })
  await live.putImage(repository, blobs, { tag: 'second' })
  await remove(live, repository, [{ imageDigest: digest, imageTag: 'first' }])
  const image = await findImage(live, repository, digest)
  if (image === undefined) return 'image'
  const tags = image.imageTags?.join(', ') ?? ''
  return tags === 'second' ? 'tag' : other(`the tags ${tags} are kept`)
}

/** Does the second of two equal IDs fail? */
async function duplicateIds(live: Live): Promise<string> {
  const repository = await live.newRepository()
  await live.putImage(repository, await live.pushBlobs(repository), { tag: 'first' })
  const ids = [{ imageTag: 'first' }, { imageTag: 'first' }]
  const [failure] = await remove(live, repository, ids)
  if (failure === undefined) return 'ignored'
  return failure.failureCode === 'ImageNotFound' ? 'not-found' : other(failure.failureCode ?? '')
}

/** Can an image be deleted that an index lists? */
async function childProtection(live: Live): Promise<string> {
  const repository = await live.newRepository()
  const { child } = await pushIndex(live, repository)
  const failures = await remove(live, repository, [{ imageDigest: child.digest }])
  return protectionOf(failures, 'on', 'off')
}

/** Can an image be deleted that is the subject of another one? */
async function subjectProtection(live: Live): Promise<string> {
  const repository = await live.newRepository()
  const blobs = await live.pushBlobs(repository)
  const subject = await live.putImage(repository, blobs)
  await live.putImage(repository, blobs, { title: 'referrer', subject })
  const failures = await remove(live, repository, [{ imageDigest: subject.digest }])
  return protectionOf(failures, 'on', 'off')
}

/** Does the deletion of the last tag delete the image? */
async function lastTagDeletion(live: Live): Promise<string> {
  const repository = await live.newRepository()
  const blobs = await live.pushBlobs(repository)
  const { digest } = await live.putImage(repository, blobs, { tag: 'first' })
  const [failure] = await remove(live, repository, [{ imageTag: 'first' }])
  if (failure !== undefined) return other(failure.failureCode ?? '')
  return (await findImage(live, repository, digest)) === undefined ? 'image' : 'tag'
}
