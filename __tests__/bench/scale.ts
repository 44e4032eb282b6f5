import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measureAction } from './action.ts'
import { startBenchEmulator } from './emulator.ts'
import type { Measurement } from './measure.ts'
import type { Line } from './table.ts'

/** A mode at work on something large, at full size and at half of it. */
interface Scenario {
  readonly work: string
  readonly full: number
  readonly inputs: (count: number) => Readonly<Record<string, string>>
  readonly seed: (count: number) => readonly SeedRepository[]
}

interface SeedRepository {
  readonly name: string
  readonly createdAt?: string
  readonly catalogData?: Readonly<Record<string, unknown>>
  readonly images?: readonly {
    readonly tags: readonly { readonly tag: string; readonly createdAt: string }[]
    readonly pushedAt: string
    readonly platforms: readonly string[]
  }[]
}

interface Run extends Measurement {
  readonly calls: number
}

const README = '# Scale\n\nText of the README.\n\n## Usage\n\nRun it.\n'

const named = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `scale/repository-${String(at).padStart(4, '0')}`)

/** Tags of one image each, a minute apart. */
function taggedImages(count: number): NonNullable<SeedRepository['images']> {
  const start = Date.parse('2025-01-01T00:00:00Z')
  return Array.from({ length: count }, (_, at) => {
    const createdAt = new Date(start + at * 60_000).toISOString()
    return {
      tags: [{ tag: `build-${at}`, createdAt }],
      pushedAt: createdAt,
      platforms: ['linux/amd64']
    }
  })
}

const SCENARIOS: readonly Scenario[] = [
  {
    work: 'ensure-repo, repositories that exist already',
    full: 500,
    inputs: (count) => ({ mode: 'ensure-repo', repository: named(count).join('\n') }),
    seed: (count) => named(count).map((name) => ({ name }))
  },
  {
    work: 'sync-catalog, repositories to write',
    full: 500,
    inputs: () => ({ mode: 'sync-catalog', repository: 'scale/*', readme: 'README.md' }),
    seed: (count) => named(count).map((name) => ({ name }))
  },
  {
    work: 'cleanup-tags, tags of one repository',
    full: 100_000,
    inputs: () => ({ mode: 'cleanup-tags', repository: 'scale/tags', 'keep-latest': '10' }),
    seed: (count) => [{ name: 'scale/tags', images: taggedImages(count) }]
  },
  {
    work: 'cleanup-tags, repositories of 10 tags',
    full: 1000,
    inputs: () => ({ mode: 'cleanup-tags', repository: 'scale/*', 'keep-latest': '5' }),
    seed: (count) => named(count).map((name) => ({ name, images: taggedImages(10) }))
  }
]

/** The lines of the large jobs: seconds against twice what half the size takes, calls, peak memory. */
export async function benchScale(runs: number): Promise<Line[]> {
  const lines: Line[] = []
  for (const scenario of SCENARIOS) lines.push(...(await benchScenario(scenario, runs)))
  return lines
}

async function benchScenario(scenario: Scenario, runs: number): Promise<Line[]> {
  const full: Run[] = []
  const half: Run[] = []
  for (let run = 0; run < runs; run++) {
    half.push(await runOnce(scenario, scenario.full / 2))
    full.push(await runOnce(scenario, scenario.full))
    process.stderr.write('.')
  }
  const work = `${scenario.full.toLocaleString('en-US')} × ${scenario.work}`
  const twiceHalf = { peerName: 'twice half the size' }
  return [
    {
      work: `${work}: wall`,
      ours: full.map(({ wallSeconds }) => wallSeconds),
      peer: half.map(({ wallSeconds }) => 2 * wallSeconds),
      ...twiceHalf,
      unit: 's'
    },
    {
      work: `${work}: calls`,
      ours: full.map(({ calls }) => calls),
      peer: half.map(({ calls }) => 2 * calls),
      ...twiceHalf,
      unit: ''
    },
    {
      work: `${work}: peak memory`,
      ours: full.map(({ peakMiB }) => peakMiB),
      peer: half.map(({ peakMiB }) => 2 * peakMiB),
      ...twiceHalf,
      unit: 'MiB'
    }
  ]
}

async function runOnce(scenario: Scenario, count: number): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-scale-'))
  const seed = join(folder, 'seed.json')
  await writeFile(seed, JSON.stringify({ repositories: scenario.seed(count) }))
  const emulator = await startBenchEmulator(['--seed', seed])
  try {
    const readme = join(folder, 'README.md')
    await writeFile(readme, README)
    const inputs = { ...scenario.inputs(count) }
    if ('readme' in inputs) inputs.readme = readme
    const before = await emulator.countRequests()
    const measurement = await measureAction(inputs, emulator.env)
    return { ...measurement, calls: (await emulator.countRequests()) - before }
  } finally {
    await emulator.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
