import { DescribeImagesCommand } from '@aws-sdk/client-ecr-public'
import { findImages } from '../../../src/cleanup-tags/deletion/find-images.js'
import { interceptApi } from '../../helpers/intercept-api.js'
import { makeDeps } from '../../helpers/make-deps.js'
import { createPlainClient, TestRepository } from '../../helpers/populate.js'
import { startEmulator } from '../../helpers/start-emulator.js'

/** The number of images up to which the repository is listed if an image is missing. */
const MAX_IMAGES_TO_LIST = 8000

/** Creates a repository with nine images `v0` to `v8` and deletes `v2`, `v3` and `v8`. */
async function createRepository() {
  const emulator = await startEmulator()
  const repository = await TestRepository.create(createPlainClient(emulator), 'team/app')
  const digests: string[] = []
  for (let at = 0; at < 9; at++) digests.push(await repository.push({ name: `${at}` }, `v${at}`))
  await repository.delete(digests[2]!, digests[3]!, digests[8]!)
  /** The numbers of ids per DescribeImages call. A call that lists the repository does not have ids. */
  const calls: (number | undefined)[] = []
  const api = interceptApi(makeDeps(emulator).api, (command, send) => {
    if (command instanceof DescribeImagesCommand) calls.push(command.input.imageIds?.length)
    return send(command)
  })
  const addTag = (number: string, tag: string) => repository.push({ name: number }, tag)
  return { api, digests, calls, addTag, repository: { repositoryName: 'team/app' } }
}

const REMAINING_TAGS = ['v0', 'v1', 'v4', 'v5', 'v6', 'v7']

describe('findImages', () => {
  test('finds images with one call if all of them exist', async () => {
    const { digests, calls, ...lookup } = await createRepository()
    const ids = [digests[0], digests[1]].map((imageDigest) => ({ imageDigest }))
    const images = await findImages({ ...lookup, imageCount: 9 }, ids)
    expect(images.map(({ tags }) => tags)).toEqual([['v0'], ['v1']])
    expect(calls).toEqual([2])
  })

  test('does not call the API without ids', async () => {
    const { calls, ...lookup } = await createRepository()
    expect(await findImages({ ...lookup, imageCount: 9 }, [])).toEqual([])
    expect(calls).toEqual([])
  })

  test('lists a small repository if an image is missing', async () => {
    const { digests, calls, ...lookup } = await createRepository()
    const ids = digests.map((imageDigest) => ({ imageDigest }))
    const images = await findImages({ ...lookup, imageCount: MAX_IMAGES_TO_LIST }, ids)
    expect(images.flatMap(({ tags }) => tags).sort()).toEqual(REMAINING_TAGS)
    expect(calls).toEqual([9, undefined])
  })

  test('finds tags in the list of a small repository, also of an image with another tag', async () => {
    const { calls, addTag, ...lookup } = await createRepository()
    await addTag('4', 'other')
    const ids = ['v2', 'v4', 'v5'].map((imageTag) => ({ imageTag }))
    const images = await findImages({ ...lookup, imageCount: 9 }, ids)
    expect(images.map(({ tags }) => [...tags].sort())).toEqual([['other', 'v4'], ['v5']])
    expect(calls).toEqual([3, undefined])
  })

  test('splits the ids in halves if an image is missing in a large repository', async () => {
    const { digests, calls, ...lookup } = await createRepository()
    const ids = digests.map((imageDigest) => ({ imageDigest }))
    const images = await findImages({ ...lookup, imageCount: MAX_IMAGES_TO_LIST + 1 }, ids)
    expect(images.map(({ digest, tags }) => [digest, tags])).toEqual(
      REMAINING_TAGS.map((tag) => [digests[Number(tag.slice(1))], [tag]])
    )
    // All; the first five, three, two (0 and 1), one (2), two (3 and 4), one each; the last four, two, two, one each.
    expect(calls).toEqual([9, 5, 3, 2, 1, 2, 1, 1, 4, 2, 2, 1, 1])
  })

  test('finds tags in a large repository if one of them is missing', async () => {
    const { calls, ...lookup } = await createRepository()
    const ids = ['v2', 'v4', 'v5'].map((imageTag) => ({ imageTag }))
    const images = await findImages({ ...lookup, imageCount: MAX_IMAGES_TO_LIST + 1 }, ids)
    expect(images.map(({ tags }) => tags)).toEqual([['v4'], ['v5']])
    expect(calls).toEqual([3, 2, 1, 1, 1])
  })

  test('returns an empty list for a single missing image', async () => {
    const { digests, calls, ...lookup } = await createRepository()
    const ids = [{ imageDigest: digests[2] }]
    expect(await findImages({ ...lookup, imageCount: 9 }, ids)).toEqual([])
    expect(calls).toEqual([1])
  })

  test('does not hide other errors', async () => {
    const { digests, ...lookup } = await createRepository()
    const repository = { repositoryName: 'team/none' }
    const ids = [{ imageDigest: digests[0] }]
    await expect(findImages({ ...lookup, repository, imageCount: 9 }, ids)).rejects.toThrow(
      /team\/none/
    )
  })
})
