import { copyFile, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { measureAction } from './action.ts'
import { withSeededEmulator } from './emulator.ts'
import type { BenchEmulator, SeedRepository } from './emulator.ts'
import type { Measurement } from './measure.ts'
import type { Line } from './table.ts'

/** A run of a mode on a large registry, at full size and at half the size. */
interface Scenario {
  /** The name that selects this scenario on the command line. */
  readonly group: string
  /** Factor for the number of runs. Short scenarios run more often. */
  readonly share: number
  readonly work: string
  readonly full: number
  /** Returns the minimum number of API calls: pages of listings, and batches. */
  readonly minimumCalls: (count: number) => number
  /** The maximum peak memory in MiB that the project aims for. */
  readonly maxPeakMiB?: number
  /** Writes files to the workspace. */
  readonly prepare?: (workspace: string, count: number) => Promise<void>
  readonly inputs: (count: number) => Readonly<Record<string, string>>
  readonly seed: (count: number) => readonly SeedRepository[]
}

interface Run extends Measurement {
  /** API calls. */
  readonly calls: number
  /** Manifest reads through `/v2/`, which the service limits to ten per second. */
  readonly reads: number
}

const README = '# Scale\n\nText of the README.\n\n## Usage\n\nRun it.\n'

const named = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `scale/repository-${String(at).padStart(4, '0')}`)

/** Returns images with one tag each, created one minute apart. */
export function taggedImages(count: number): NonNullable<SeedRepository['images']> {
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

/** Tags per repository, of which one is deleted. */
const TAGS_EACH = 10
const KEPT_TAGS = 9

const pages = (rows: number): number => Math.ceil(rows / 1000)
/** Each batch of deletions needs one call to check it and one to delete it. */
const batches = (deletions: number): number => 2 * Math.ceil(deletions / 100)

const SCENARIOS: readonly Scenario[] = [
  {
    group: 'ensure-repo',
    share: 4,
    work: 'ensure-repo, existing repositories',
    full: 500,
    // DescribeRepositories accepts 100 names.
    minimumCalls: (count) => Math.ceil(count / 100),
    inputs: (count) => ({ mode: 'ensure-repo', repository: named(count).join('\n') }),
    seed: (count) => named(count).map((name) => ({ name }))
  },
  {
    group: 'sync-catalog',
    share: 2,
    work: 'sync-catalog, repositories with changes',
    full: 500,
    minimumCalls: (count) => pages(count) + 2 * count,
    maxPeakMiB: 150,
    prepare: (workspace) => writeFile(join(workspace, 'README.md'), README),
    inputs: () => ({ mode: 'sync-catalog', repository: 'scale/*', readme: 'README.md' }),
    seed: (count) => named(count).map((name) => ({ name }))
  },
  {
    group: 'sync-catalog',
    share: 1,
    work: 'sync-catalog, one README per repository',
    full: 500,
    minimumCalls: (count) => pages(count) + 2 * count,
    maxPeakMiB: 150,
    prepare: writeReadmes,
    inputs: () => ({
      mode: 'sync-catalog',
      repository: 'scale/*',
      readme: '{repository}/README.md'
    }),
    seed: (count) => named(count).map((name) => ({ name }))
  },
  {
    group: 'tags',
    share: 1,
    work: 'cleanup-tags, tags of one repository',
    full: 100_000,
    maxPeakMiB: 250,
    minimumCalls: (count) => 2 * pages(count) + batches(count - 10),
    inputs: () => ({ mode: 'cleanup-tags', repository: 'scale/tags', 'keep-latest': '10' }),
    seed: (count) => [{ name: 'scale/tags', images: taggedImages(count) }]
  },
  {
    group: 'repositories',
    share: 1,
    work: 'cleanup-tags, repositories of 10 tags of which one is deleted',
    full: 1000,
    minimumCalls: (count) => pages(count) + count * (2 + batches(TAGS_EACH - KEPT_TAGS)),
    inputs: () => ({
      mode: 'cleanup-tags',
      repository: 'scale/*',
      'keep-latest': String(KEPT_TAGS)
    }),
    seed: (count) => named(count).map((name) => ({ name, images: taggedImages(TAGS_EACH) }))
  }
]

/** Fraction of the full size to measure. A value below 1 is useful only to test the benchmark itself. */
const SHARE = Number(process.env.BENCH_SCALE ?? '1')

/** Compares large runs with half the size, and their number of calls with the minimum. */
export async function* benchScale(
  runs: number,
  isSelected: (group: string) => boolean
): AsyncGenerator<Line> {
  for (const scenario of SCENARIOS) {
    if (!isSelected('scale') && !isSelected(scenario.group)) continue
    yield* await benchScenario(scenario, Math.ceil(scenario.share * runs))
  }
  if (isSelected('scale') || isSelected('cache')) yield* await benchCache(runs)
}

/** Number of manifest reads per second that the service allows an account. */
const READS_PER_SECOND = 10

/** Compares the second dry run with a manifest cache with the first one, which reads one manifest per repository. */
async function benchCache(runs: number): Promise<Line[]> {
  const size = Math.round(1000 * SHARE)
  const first: Run[] = []
  const second: Run[] = []
  for (let run = 0; run < runs; run++) {
    const [one, other] = await runTwiceWithCache(size)
    first.push(one)
    second.push(other)
    process.stderr.write('.')
  }
  const work = `${size.toLocaleString('en-US')} × cleanup-tags with manifest-cache, repositories of 4 tags, second run`
  return [
    {
      work: `${work}: wall`,
      ours: second.map(({ wallSeconds }) => wallSeconds),
      peer: first.map(({ wallSeconds }) => wallSeconds),
      peerName: 'first run',
      unit: 's',
      target: 0.25
    },
    {
      work: `${work}: manifest reads`,
      ours: second.map(({ reads }) => reads),
      peer: first.map(({ reads }) => reads),
      peerName: 'first run',
      unit: ''
    }
  ]
}

async function runTwiceWithCache(count: number): Promise<[Run, Run]> {
  const repositories = named(count).map((name) => ({ name, images: taggedImages(4) }))
  const limit = ['--limit-account-reads-per-second', String(READS_PER_SECOND)]
  return withSeededEmulator(repositories, limit, async (emulator, directory) => {
    const inputs = {
      mode: 'cleanup-tags',
      repository: 'scale/*',
      'keep-latest': '3',
      'dry-run': 'true',
      'manifest-cache': join(directory, 'cache')
    }
    return [await measureRun(inputs, emulator), await measureRun(inputs, emulator)]
  })
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
      peerName: '2 × half the size',
      unit: 's'
    },
    {
      work: `${work}: CPU`,
      ours: full.map(({ cpuSeconds }) => cpuSeconds),
      peer: half.map(({ cpuSeconds }) => 2 * cpuSeconds),
      peerName: '2 × half the size',
      unit: 's'
    },
    {
      work: `${work}: calls`,
      ours: full.map(({ calls }) => calls),
      peer: full.map(() => scenario.minimumCalls(size)),
      peerName: 'minimum',
      unit: ''
    },
    {
      work: `${work}: manifest reads`,
      ours: full.map(({ reads }) => reads),
      unit: ''
    },
    {
      work: `${work}: peak memory`,
      ours: full.map(({ peakMiB }) => peakMiB),
      peer: half.map(({ peakMiB }) => peakMiB),
      peerName: 'half the size',
      unit: 'MiB',
      maximum: scenario.maxPeakMiB
    }
  ]
}

async function runOnce(scenario: Scenario, count: number): Promise<Run> {
  return withSeededEmulator(scenario.seed(count), [], async (emulator, directory) => {
    await scenario.prepare?.(directory, count)
    const env = { ...emulator.env, GITHUB_WORKSPACE: directory }
    return measureRun(scenario.inputs(count), { ...emulator, env })
  })
}

const PACKAGES = join(import.meta.dirname, '..', '..', 'node_modules')
/** Larger files are lists of changes rather than READMEs. */
const MAX_README_BYTES = 90_000

/** Writes one README per repository, to the directory of its name: the READMEs of the installed packages. */
async function writeReadmes(workspace: string, count: number): Promise<void> {
  const paths = await readdir(PACKAGES, { recursive: true })
  const readmes: string[] = []
  for (const path of paths.filter((name) => /(?:^|\/)readme\.md$/i.test(name)).sort()) {
    const { size } = await stat(join(PACKAGES, path))
    if (size > 0 && size <= MAX_README_BYTES) readmes.push(join(PACKAGES, path))
  }
  for (const [at, name] of named(count).entries()) {
    const target = join(workspace, name, 'README.md')
    await mkdir(dirname(target), { recursive: true })
    await copyFile(readmes[at % readmes.length] ?? '', target)
  }
}

async function measureRun(
  inputs: Readonly<Record<string, string>>,
  emulator: BenchEmulator
): Promise<Run> {
  const requestsBefore = await emulator.countRequests()
  const callsBefore = await emulator.countCalls()
  const measurement = await measureAction(inputs, emulator.env)
  const calls = (await emulator.countCalls()) - callsBefore
  const reads = (await emulator.countRequests()) - requestsBefore - calls
  return { ...measurement, calls, reads }
}
