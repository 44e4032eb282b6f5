import { cleanupTags } from '../../src/cleanup-tags/cleanup-tags.js'
import { makeDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { startEmulator } from '../helpers/start-emulator.js'
import { isSoak } from '../helpers/counts.js'

const TAGS = isSoak ? 100_000 : 2_000
const NOW = Date.parse('2026-06-01T00:00:00Z')
const MINUTE_MS = 60_000
/** A hundred thousand take minutes where others keep the machine busy. */
const TIMEOUT_MS = 10 * MINUTE_MS

/** One image a tag, a minute apart. */
function seedOf(count: number): unknown {
  const images = Array.from({ length: count }, (_, at) => {
    const createdAt = new Date(NOW - (count - at) * MINUTE_MS).toISOString()
    return { tags: [{ tag: `build-${at}`, createdAt }], pushedAt: createdAt }
  })
  return { repositories: [{ name: 'team/app', images }] }
}

const countOf = (operations: readonly string[]): Record<string, number> =>
  operations.reduce<Record<string, number>>(
    (counts, operation) => ({ ...counts, [operation]: (counts[operation] ?? 0) + 1 }),
    {}
  )

describe(`cleanup-tags on ${TAGS} tags`, () => {
  test(
    'makes as few calls as there are pages to list and batches to delete',
    async () => {
      const emulator = await startEmulator({ now: () => new Date(NOW), seed: seedOf(TAGS) })
      const deps = makeDeps(emulator, { now: () => new Date(NOW) })
      const before = (await emulator.requests()).length
      const inputs = makeInputs('cleanup-tags', { repository: 'team/app', 'keep-latest': '10' })
      const report = await cleanupTags(inputs, deps)
      expect(report.outputs).toMatchObject({ 'deleted-count': TAGS - 10, 'kept-count': 10 })
      const requests = (await emulator.requests()).slice(before)
      const counts = countOf(
        requests.map(({ operation, path }) => operation ?? path.split('/')[1]!)
      )
      const pages = TAGS / 1000
      const batches = Math.ceil((TAGS - 10) / 100)
      // Each batch is looked at once more, after the first it is seen that its images are gone, and the ten that stay
      // are asked what refers to them.
      expect(counts).toEqual({
        DescribeRegistries: 1,
        DescribeRepositories: 1,
        DescribeImageTags: pages,
        DescribeImages: pages + batches + 1,
        GetAuthorizationToken: 1,
        v2: 10,
        BatchDeleteImage: batches
      })
    },
    TIMEOUT_MS
  )
})
