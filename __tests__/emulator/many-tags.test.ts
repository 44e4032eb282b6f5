import { jest } from '@jest/globals'
import { SequencedMap } from '../../src/emulator/store/sequenced-map.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'
import { isSoak } from '../helpers/counts.js'
import { callApi } from './call-api.js'

// This test asserts work instead of time: the number of entries read per page must not grow with
// the list.

const TAGS = isSoak ? 100_000 : 3_000
const TAGS_PER_IMAGE = 1_000
const PAGE = 1_000
const BATCH = 100

function seedOf(count: number): object {
  const images = Array.from({ length: Math.ceil(count / TAGS_PER_IMAGE) }, (_image, at) => ({
    tags: Array.from({ length: Math.min(TAGS_PER_IMAGE, count - at * TAGS_PER_IMAGE) }, (_tag, n) =>
      String(at * TAGS_PER_IMAGE + n)
    )
  }))
  return { repositories: [{ name: 'app', images }] }
}

async function listTags(emulator: RunningEmulator): Promise<string[]> {
  const tags: string[] = []
  let nextToken: string | undefined
  do {
    const input = { repositoryName: 'app', maxResults: PAGE, nextToken }
    const { json } = await callApi(emulator, 'DescribeImageTags', input)
    tags.push(...json.imageTagDetails.map(({ imageTag }) => imageTag))
    nextToken = json.nextToken
  } while (nextToken !== undefined)
  return tags
}

test(`${String(TAGS)} tags in one repository are listed and deleted exactly once`, async () => {
  const emulator = await startEmulator({ seed: seedOf(TAGS) })
  const tags = await listTags(emulator)
  expect(new Set(tags).size).toBe(TAGS)
  for (let at = 0; at < tags.length; at += BATCH) {
    const imageIds = tags.slice(at, at + BATCH).map((imageTag) => ({ imageTag }))
    const input = { repositoryName: 'app', imageIds }
    const { json } = await callApi(emulator, 'BatchDeleteImage', input)
    expect(json.failures).toEqual([])
  }
  expect(await listTags(emulator)).toEqual([])
  const { json } = await callApi(emulator, 'DescribeImages', { repositoryName: 'app' })
  expect(json.imageDetails).toEqual([])
}, 3_600_000)

test.each([
  ['by its token', (last: number) => last],
  ['from the beginning each time', () => 0]
])('the work of listing %s and deleting is linear in the number of tags', (_title, next) => {
  const [small, large] = [countSteps(2_000, next), countSteps(20_000, next)]
  expect(large / small).toBeLessThan(15)
})

/** Returns how many entries are read to list all entries in pages and delete each page. */
function countSteps(count: number, next: (last: number) => number): number {
  const map = new SequencedMap<object>()
  for (let at = 1; at <= count; at++) map.set(String(at), {}, at)
  const looks = jest.spyOn(Map.prototype, 'get')
  try {
    for (let after = 0; map.size > 0;) {
      const page = map.page(after, 100)
      after = next(page.at(-1)!.sequence)
      for (const { key } of page) map.delete(key)
    }
    return looks.mock.calls.length
  } finally {
    looks.mockRestore()
  }
}
