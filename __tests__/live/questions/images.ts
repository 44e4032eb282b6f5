import { randomBytes } from 'node:crypto'
import {
  BatchCheckLayerAvailabilityCommand,
  DescribeImagesCommand,
  DescribeImageTagsCommand
} from '@aws-sdk/client-ecr-public'
import { digestOf } from '../../helpers/push-blob.ts'
import type { Live } from '../live.ts'
import { errorOf, other } from './question.ts'

export const IMAGE_QUESTIONS = {
  unknownLayer,
  tagMutability,
  movedTagCreatedAt,
  untaggedAgain,
  imageSize,
  listOrder
}

/** How is an unknown layer reported? */
async function unknownLayer(live: Live): Promise<string> {
  const { name: repositoryName } = await live.newRepository()
  const layerDigests = [digestOf(randomBytes(16))]
  const { layers, failures } = await live.client.send(
    new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests })
  )
  if (failures?.[0] !== undefined) return 'failure'
  const availability = layers?.[0]?.layerAvailability
  return availability === 'UNAVAILABLE' ? 'unavailable' : other(availability ?? 'no answer')
}

/** Can a tag be moved to another image? */
async function tagMutability(live: Live): Promise<string> {
  const repository = await live.newRepository()
  const blobs = await live.pushBlobs(repository)
  await live.putImage(repository, blobs, { title: 'first', tag: 'latest' })
  const error = await errorOf(live.putImage(repository, blobs, { title: 'second', tag: 'latest' }))
  if (error === undefined) return 'mutable'
  return error.name === 'ImageTagAlreadyExistsException' ? 'immutable' : other(error.name)
}

/** Does a tag that is moved to an existing image have a new creation date? */
async function movedTagCreatedAt(live: Live): Promise<string> {
  const repository = await live.newRepository()
  const blobs = await live.pushBlobs(repository)
  await live.putImage(repository, blobs, { title: 'first', tag: 'latest' })
  await live.putImage(repository, blobs, { title: 'second', tag: 'second' })
  const createdAt = async (): Promise<number | undefined> => {
    const repositoryName = repository.name
    const listed = await live.client.send(new DescribeImageTagsCommand({ repositoryName }))
    const tag = listed.imageTagDetails?.find(({ imageTag }) => imageTag === 'latest')
    return tag?.createdAt?.getTime()
  }
  const before = await createdAt()
  // The service may round dates to seconds.
  await live.wait(2000)
  const error = await errorOf(live.putImage(repository, blobs, { title: 'second', tag: 'latest' }))
  if (error?.name === 'ImageTagAlreadyExistsException') return 'not asked: tags are immutable'
  if (error !== undefined) throw error
  const after = await createdAt()
  if (before === undefined || after === undefined) return other('no date')
  return after > before ? 'moved' : 'kept'
}

/** Can an untagged image be put twice? */
async function untaggedAgain(live: Live): Promise<string> {
  const repository = await live.newRepository()
  const blobs = await live.pushBlobs(repository)
  await live.putImage(repository, blobs)
  const error = await errorOf(live.putImage(repository, blobs))
  if (error === undefined) return 'accepted'
  return error.name === 'ImageAlreadyExistsException' ? 'already-exists' : other(error.name)
}

/** Does the size of an image include its config? */
async function imageSize(live: Live): Promise<string> {
  const repository = await live.newRepository()
  const blobs = await live.pushBlobs(repository)
  await live.putImage(repository, blobs)
  const { imageDetails } = await live.client.send(
    new DescribeImagesCommand({ repositoryName: repository.name })
  )
  const size = imageDetails?.[0]?.imageSizeInBytes
  const layers = blobs.layers.reduce((sum, layer) => sum + layer.size, 0)
  if (size === layers) return 'layers'
  if (size === layers + blobs.config.size) return 'layers-and-config'
  return other(`${size ?? 'no'} bytes for ${layers} bytes of layers`)
}

/** Are images listed in the order in which they were pushed? */
async function listOrder(live: Live): Promise<string> {
  const repository = await live.newRepository()
  const blobs = await live.pushBlobs(repository)
  const pushed: string[] = []
  for (let number = 0; number < 10; number++) {
    const { digest } = await live.putImage(repository, blobs, { title: `image ${number}` })
    pushed.push(digest)
  }
  const { imageDetails = [] } = await live.client.send(
    new DescribeImagesCommand({ repositoryName: repository.name })
  )
  const listed = imageDetails.map(({ imageDigest }) => imageDigest)
  if (listed.length !== pushed.length) return other(`${listed.length} of ${pushed.length} images`)
  return listed.every((digest, at) => digest === pushed[at]) ? 'pushed' : 'shuffled'
}
