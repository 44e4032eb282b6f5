import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measureAction } from './action.ts'
import { startBenchEmulator } from './emulator.ts'
import type { Measurement } from './measure.ts'
import type { Line } from './table.ts'

/** A mode at work on something large, at full size and at half of it. */
interface Scenario {
  /** The name by which it is measured alone. */
  readonly group: string
  /** How many times as often as a push it is measured: short work more often. */
  readonly share: number
  readonly work: string
  readonly full: number
  /** The calls of the API without which the work cannot be done: pages of what is listed, and batches. */
  readonly leastCalls: (count: number) => number
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
  /** Of the API. */
  readonly calls: number
  /** Over `/v2/`, where the service allows ten a second. */
  readonly reads: number
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

/** Tags of each repository, and how many of them stay: a night after one push to each. */
const TAGS_EACH = 10
const TAGS_THAT_STAY = 9

const pages = (rows: number): number => Math.ceil(rows / 1000)
/** A batch of deletions is looked at, and then deleted. */
const batches = (deletions: number): number => 2 * Math.ceil(deletions / 100)

const SCENARIOS: readonly Scenario[] = [
  {
    group: 'ensure-repo',
    share: 4,
    work: 'ensure-repo, repositories that exist already',
    full: 500,
    // DescribeRepositories takes a hundred names.
    leastCalls: (count) => Math.ceil(count / 100),
    inputs: (count) => ({ mode: 'ensure-repo', repository: named(count).join('\n') }),
    seed: (count) => named(count).map((name) => ({ name }))
  },
  {
    group: 'sync-catalog',
    share: 2,
    work: 'sync-catalog, repositories to write',
    full: 500,
    leastCalls: (count) => pages(count) + 2 * count,
    inputs: () => ({ mode: 'sync-catalog', repository: 'scale/*', readme: 'README.md' }),
    seed: (count) => named(count).map((name) => ({ name }))
  },
  {
    group: 'tags',
    share: 1,
    work: 'cleanup-tags, tags of one repository',
    full: 100_000,
    leastCalls: (count) => 2 * pages(count) + batches(count - 10),
    inputs: () => ({ mode: 'cleanup-tags', repository: 'scale/tags', 'keep-latest': '10' }),
    seed: (count) => [{ name: 'scale/tags', images: taggedImages(count) }]
  },
  {
    group: 'repositories',
    share: 1,
    work: 'cleanup-tags, repositories of 10 tags of which one goes',
    full: 1000,
    leastCalls: (count) => pages(count) + count * (2 + batches(TAGS_EACH - TAGS_THAT_STAY)),
    inputs: () => ({
      mode: 'cleanup-tags',
      repository: 'scale/*',
      'keep-latest': String(TAGS_THAT_STAY)
    }),
    seed: (count) => named(count).map((name) => ({ name, images: taggedImages(TAGS_EACH) }))
  }
]

/** The share of the full size that is measured; less than 1 only to try the benchmark itself. */
const SHARE = Number(process.env.BENCH_SCALE ?? '1')

/** The lines of the large jobs: seconds and peak memory against half the size, and calls against the least. */
export async function benchScale(runs: number, wants: (group: string) => boolean): Promise<Line[]> {
  const lines: Line[] = []
  for (const scenario of SCENARIOS) {
    if (!wants('scale') && !wants(scenario.group)) continue
    lines.push(...(await benchScenario(scenario, Math.ceil(scenario.share * runs))))
  }
  return lines
}

async function benchScenario(scenario: Scenario, runs: number): Promise<Line[]> {
  const size = Math.round((scenario.full * SHARE) / 2) * 2
  const full: Run[] = []
  const half: Run[] = []
  for (let run = 0; run < runs; run++) {
    half.push(await runOnce(scenario, size / 2))
    full.push(await runOnce(scenario, size))
    process.stderr.write('.')
  }
  const work = `${size.toLocaleString('en-US')} × ${scenario.work}`
  return [
    {
      work: `${work}: wall`,
      ours: full.map(({ wallSeconds }) => wallSeconds),
      peer: half.map(({ wallSeconds }) => 2 * wallSeconds),
      peerName: 'twice half the size',
      unit: 's'
    },
    {
      work: `${work}: CPU`,
      ours: full.map(({ cpuSeconds }) => cpuSeconds),
      peer: half.map(({ cpuSeconds }) => 2 * cpuSeconds),
      peerName: 'twice half the size',
      unit: 's'
    },
    {
      work: `${work}: calls`,
      ours: full.map(({ calls }) => calls),
      peer: full.map(() => scenario.leastCalls(size)),
      peerName: 'the least there can be',
      unit: ''
    },
    {
      work: `${work}: reads of manifests`,
      ours: full.map(({ reads }) => reads),
      unit: ''
    },
    {
      work: `${work}: peak memory`,
      ours: full.map(({ peakMiB }) => peakMiB),
      peer: half.map(({ peakMiB }) => peakMiB),
      peerName: 'half the size',
      unit: 'MiB'
    }
  ]
}

async function runOnce(scenario: Scenario, count: number): Promise<Run> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-scale-'))
  const seed = join(directory, 'seed.json')
  await writeFile(seed, JSON.stringify({ repositories: scenario.seed(count) }))
  const emulator = await startBenchEmulator(['--seed', seed])
  try {
    const readme = join(directory, 'README.md')
    await writeFile(readme, README)
    const inputs = { ...scenario.inputs(count) }
    if ('readme' in inputs) inputs.readme = readme
    const before = await emulator.countRequests()
    const measurement = await measureAction(inputs, emulator.env)
    const requests = (await emulator.countRequests()) - before
    const calls = await emulator.countCalls()
    return { ...measurement, calls, reads: requests - calls }
  } finally {
    await emulator.stop()
    await rm(directory, { recursive: true, force: true })
  }
}
