import { BatchDeleteImageCommand, DescribeImagesCommand } from '@aws-sdk/client-ecr-public'
import type { ImageIdentifier } from '@aws-sdk/client-ecr-public'
import { runCleanup } from '../helpers/run-cleanup.js'
import { interceptApi } from '../helpers/intercept-api.js'
import { makeDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { createPlainClient } from '../helpers/populate.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'
import { isSoak } from '../helpers/counts.js'

const TAGS = isSoak ? 100_000 : 2_000
const NOW = Date.parse('2026-06-01T00:00:00Z')
const MINUTE_MS = 60_000
/** 100,000 tags take minutes on a busy machine. */
const TIMEOUT_MS = 10 * MINUTE_MS

/** Returns a seed with one image per tag and one tag per minute. */
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
    'makes one call per page to list, and two calls per batch of deletions',
    async () => {
      const emulator = await startEmulator({ now: () => new Date(NOW), seed: seedOf(TAGS) })
      const deps = makeDeps(emulator, { now: () => new Date(NOW) })
      const before = (await emulator.requests()).length
      const inputs = makeInputs('cleanup-tags', { repository: 'team/app', 'keep-latest': '10' })
      const report = await runCleanup(inputs, deps)
      expect(report.outputs).toMatchObject({ 'deleted-count': TAGS - 10, 'kept-count': 10 })
      const requests = (await emulator.requests()).slice(before)
      const counts = countOf(
        requests.map(({ operation, path }) => operation ?? path.split('/')[1]!)
      )
      const pages = TAGS / 1000
      const batches = Math.ceil((TAGS - 10) / 100)
      // Each batch is checked before its deletion, and one more call finds out that images are deleted with their
      // last tag. The referrers of the ten kept images are listed.
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

/** More images than the number up to which the repository is listed if an image is missing. */
const MANY_IMAGES = 8010

test(
  `deletes the other tags if another client deleted some of the ${MANY_IMAGES} images during the run`,
  async () => {
    const emulator = await startEmulator({ now: () => new Date(NOW), seed: seedOf(MANY_IMAGES) })
    const checks: number[] = []
    const api = interceptApi(makeDeps(emulator).api, async (command, send) => {
      const ids = command instanceof DescribeImagesCommand ? command.input.imageIds : undefined
      if (ids !== undefined) {
        const gone = [ids[1]!, ids[6]!]
        if (checks.length === 0) await deleteAsOtherClient(emulator, gone)
        checks.push(ids.length)
      }
      return send(command)
    })
    const deps = makeDeps(emulator, { now: () => new Date(NOW), api })
    const keepLatest = String(MANY_IMAGES - 10)
    const inputs = makeInputs('cleanup-tags', { repository: 'team/app', 'keep-latest': keepLatest })
    const report = await runCleanup(inputs, deps)
    expect(report).toMatchObject({
      failure: undefined,
      outputs: { 'deleted-count': 8, 'failed-count': 0 }
    })
    const gone = report.plan.filter(({ reason }) => reason === 'already deleted')
    expect(gone.map(({ action }) => action)).toEqual(['keep', 'keep'])
    // The ten ids in halves down to the two missing ones, and one check that images are deleted with their last tag.
    expect(checks).toEqual([10, 5, 3, 2, 1, 1, 1, 2, 5, 3, 2, 1, 1, 1, 2, 1])
  },
  TIMEOUT_MS
)

async function deleteAsOtherClient(
  emulator: RunningEmulator,
  imageIds: ImageIdentifier[]
): Promise<void> {
  const client = createPlainClient(emulator)
  await client.send(new BatchDeleteImageCommand({ repositoryName: 'team/app', imageIds }))
  client.destroy()
}
