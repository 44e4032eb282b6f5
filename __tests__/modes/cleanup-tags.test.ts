import { cleanupTags } from '../../src/modes/cleanup-tags.js'
import type { Report } from '../../src/report.js'
import { makeDeps } from '../helpers/make-deps.js'
import type { TestDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { createPlainClient, TestRepository } from '../helpers/populate.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'

const START = Date.parse('2026-03-01T00:00:00Z')
const DAY_MS = 86_400_000

/** An emulator and a run of the mode against it, on one clock. */
interface Stage {
  readonly emulator: RunningEmulator
  readonly repository: TestRepository
  readonly clock: { time: number }
  readonly deps: TestDeps
  run(inputs: Readonly<Record<string, string>>): Promise<Report>
}

async function stage(
  options: Parameters<typeof startEmulator>[0] = {},
  overrides: Parameters<typeof makeDeps>[1] = {}
): Promise<Stage> {
  const clock = { time: START }
  const now = (): Date => new Date(clock.time)
  const emulator = await startEmulator({ now, ...options })
  const repository = await TestRepository.create(createPlainClient(emulator), 'team/app')
  const deps = makeDeps(emulator, { now, ...overrides })
  return {
    emulator,
    repository,
    clock,
    deps,
    run: (inputs) =>
      cleanupTags(makeInputs('cleanup-tags', { repository: 'team/app', ...inputs }), deps)
  }
}

/** Pushes one image a tag, a day apart. */
async function pushDaily({ repository, clock }: Stage, ...tags: string[]): Promise<string[]> {
  const digests: string[] = []
  for (const tag of tags) {
    digests.push(await repository.push({ name: tag }, tag))
    clock.time += DAY_MS
  }
  return digests
}

const tagsOf = async ({ repository }: Stage): Promise<string[]> =>
  [...(await repository.state()).tags.keys()].sort()

describe('which tags go', () => {
  test('all but the latest, and a second run has nothing to do', async () => {
    const on = await stage()
    const [v1] = await pushDaily(on, 'v1', 'v2', 'latest', 'v3')
    const report = await on.run({ 'keep-latest': '2' })
    expect(report).toMatchObject({
      changed: true,
      repositories: ['team/app'],
      failure: undefined,
      outputs: {
        'deleted-tags': [{ repository: 'team/app', tag: 'v1', digest: v1 }],
        'deleted-images': [],
        'deleted-count': 1,
        'kept-count': 3,
        'failed-count': 0
      }
    })
    expect(await tagsOf(on)).toEqual(['latest', 'v2', 'v3'])
    const before = (await on.emulator.operations()).length
    expect(await on.run({ 'keep-latest': '2' })).toMatchObject({ changed: false })
    expect((await on.emulator.operations()).slice(before)).not.toContain('BatchDeleteImage')
  })
})
