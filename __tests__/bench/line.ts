import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measureAction } from './action.ts'
import type { BenchArchives } from './archive.ts'
import { withSeededEmulator } from './emulator.ts'
import type { BenchEmulator, SeedRepository } from './emulator.ts'
import { measurePeerLogin } from './login.ts'
import { measure, median } from './measure.ts'
import type { Measurement } from './measure.ts'
import { pushWithSkopeo } from './push.ts'
import { taggedImages } from './scale.ts'
import { startLine } from './start-line.ts'
import type { LineSpeed } from './start-line.ts'
import type { Line } from './table.ts'

/**
 * How much slower than their names the lines are. With a factor of 2, the ratios are approximately the ratios of a machine
 * that is twice as fast.
 */
const LINE_FACTOR = Number(process.env.BENCH_LINE_FACTOR ?? '1')
const SPEEDS: readonly LineSpeed[] = [
  { name: '1 ms, no limit', roundTripMs: 1, rate: 0 },
  { name: '30 ms, 60 MB/s', roundTripMs: 30, rate: 60e6 },
  { name: '100 ms, 10 MB/s', roundTripMs: 100, rate: 10e6 }
].map(({ name, roundTripMs, rate }) => ({
  name,
  roundTripMs: LINE_FACTOR * roundTripMs,
  rate: rate / LINE_FACTOR
}))
/** The cores of the machine that the targets are for. */
const CORES = 2
/** The archives of the line have about 320 MB. `BENCH_SCALE` below 1 is useful only to test the benchmark itself. */
export const LINE_ARCHIVE_SHARE = 0.6 * Number(process.env.BENCH_SCALE ?? '1')

type Run = (emulator: BenchEmulator) => Promise<Measurement>

/** A work that is measured over each line. */
interface LineWork {
  readonly work: string
  /**
   * The calls in a row, without connections. `__tests__/bundle/round-trips.test.ts` counts them. The large layers of a
   * first push are not looked up, so that they need one call less than the layers of the test.
   */
  readonly rounds: number
  /** The connections in a row. The default is 1. The registry redirects reads of blobs to another host. */
  readonly connections?: number
  readonly seed?: readonly SeedRepository[]
  /** Prepares the emulator without the line. */
  readonly prepare?: Run
  readonly ours: Run
  readonly peer?: { readonly name: string; readonly run: Run }
  /** The target for the ratio to the floor, by the name of the line. */
  readonly floorTargets?: Readonly<Record<string, number>>
}

/** A measurement over a line, with the time that the line and the processors need at least. */
interface LineRun extends Measurement {
  readonly floorSeconds: number
}

/** Measures each work over three lines, against its peer and against the floor. */
export async function* benchLine(archives: BenchArchives, runs: number): AsyncGenerator<Line> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-line-'))
  try {
    const nodeSeconds = await measureNode()
    for (const work of await listWorks(archives, directory)) {
      for (const speed of SPEEDS) yield* await benchWork(work, speed, nodeSeconds, runs)
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Returns the start of a bare Node.js in seconds. */
async function measureNode(): Promise<number> {
  const seconds: number[] = []
  for (let run = 0; run < 5; run++) {
    const { wallSeconds } = await measure({
      program: process.execPath,
      args: ['-e', '0'],
      env: { PATH: process.env.PATH ?? '' }
    })
    seconds.push(wallSeconds)
  }
  return median(seconds)
}

async function benchWork(
  work: LineWork,
  speed: LineSpeed,
  nodeSeconds: number,
  runs: number
): Promise<Line[]> {
  const ours: LineRun[] = []
  const peer: LineRun[] = []
  for (let run = 0; run < runs; run++) {
    ours.push(await runOverLine(work, work.ours, speed, nodeSeconds))
    if (work.peer !== undefined)
      peer.push(await runOverLine(work, work.peer.run, speed, nodeSeconds))
    process.stderr.write('.')
  }
  const wall = ours.map(({ wallSeconds }) => wallSeconds)
  const target = work.floorTargets?.[speed.name]
  const table = LINE_FACTOR === 1 ? speed.name : `${speed.name}, ${LINE_FACTOR} × slower`
  const common = { table, work: work.work, ours: wall, unit: 's' }
  const floor: Line = {
    ...common,
    peer: ours.map(({ floorSeconds }) => floorSeconds),
    peerName: 'floor',
    ...(target === undefined ? {} : { target })
  }
  if (work.peer === undefined) return [floor]
  return [
    floor,
    {
      ...common,
      peer: peer.map(({ wallSeconds }) => wallSeconds),
      peerName: work.peer.name
    }
  ]
}

async function runOverLine(
  { rounds, connections = 1, seed = [{ name: 'app' }, { name: 'release' }], prepare }: LineWork,
  run: Run,
  speed: LineSpeed,
  nodeSeconds: number
): Promise<LineRun> {
  return withSeededEmulator(seed, [], async (emulator) => {
    await prepare?.(emulator)
    const line = await startLine(emulator, speed)
    try {
      const before = await line.usage()
      const measured = await run(line.emulator)
      const after = await line.usage()
      const bytes = Math.max(after.sent - before.sent, after.received - before.received)
      const roundTrips = ((rounds + connections) * speed.roundTripMs) / 1000
      const lineSeconds = roundTrips + (speed.rate === 0 ? 0 : bytes / speed.rate)
      const cpuSeconds = measured.cpuSeconds + after.cpuSeconds - before.cpuSeconds
      return {
        ...measured,
        floorSeconds: Math.max(lineSeconds, cpuSeconds / CORES) + nodeSeconds
      }
    } finally {
      await line.stop()
    }
  })
}

const TAGS = 10_000
const TAGS_PER_PAGE = 1000
const TAGS_PER_BATCH = 100
const REPOSITORIES = 100

async function listWorks(archives: BenchArchives, directory: string): Promise<LineWork[]> {
  const readme = join(directory, 'README.md')
  await writeFile(readme, '# App\n\nText of the README.\n\n## Usage\n\nRun it.\n')
  const push =
    (tar: string, tag: string, inputs: Readonly<Record<string, string>> = {}): Run =>
    (emulator) =>
      measureAction(
        { mode: 'push-tar', repository: 'app', tar, 'image-tags': tag, ...inputs },
        emulator.env
      )
  const skopeo = (tar: string, tag: string): NonNullable<LineWork['peer']> => ({
    name: 'skopeo copy',
    run: (emulator) => pushWithSkopeo(emulator, tar, tag)
  })
  const size = `${Math.round(archives.bytes / 1e6)} MB`
  const pushTargets = { '30 ms, 60 MB/s': 1.05, '100 ms, 10 MB/s': 1.15 }
  const { first, second, arm64 } = archives
  return [
    {
      work: 'login',
      rounds: 1,
      ours: (emulator) => measureAction({ mode: 'login' }, emulator.env),
      peer: { name: 'amazon-ecr-login', run: measurePeerLogin }
    },
    {
      work: `first push of ${size}, gzip`,
      rounds: 7,
      ours: push(first, '1'),
      peer: skopeo(first, '1'),
      floorTargets: pushTargets
    },
    {
      work: `first push of ${size}, zstd`,
      rounds: 7,
      ours: push(first, '1', { compression: 'zstd' }),
      peer: skopeo(first, '1'),
      floorTargets: pushTargets
    },
    {
      work: 'changed image',
      rounds: 11,
      connections: 2,
      prepare: push(first, '1'),
      ours: push(second, '2'),
      peer: skopeo(second, '2'),
      floorTargets: { '100 ms, 10 MB/s': 1.15 }
    },
    {
      work: 'unchanged image',
      rounds: 3,
      prepare: push(first, '1'),
      ours: push(first, '1'),
      peer: skopeo(first, '1'),
      floorTargets: { '100 ms, 10 MB/s': 1.15 }
    },
    {
      work: 'merge of two archives',
      rounds: 9,
      ours: push([first, arm64].join('\n'), '1')
    },
    {
      work: 'promotion from another repository',
      rounds: 9,
      connections: 2,
      prepare: push(first, '1'),
      ours: (emulator) =>
        measureAction(
          { mode: 'push-tar', repository: 'release', from: 'app:1', 'image-tags': '1' },
          emulator.env
        )
    },
    {
      work: `cleanup of ${TAGS.toLocaleString('en-US')} tags`,
      // The pages of tags and images, and two calls per batch.
      rounds: 1 + (2 * TAGS) / TAGS_PER_PAGE + (2 * TAGS) / TAGS_PER_BATCH,
      seed: [{ name: 'app', images: taggedImages(TAGS + 10) }],
      ours: (emulator) =>
        measureAction(
          { mode: 'cleanup-tags', repository: 'app', 'keep-latest': '10' },
          emulator.env
        )
    },
    {
      work: `sync of ${REPOSITORIES} repositories`,
      rounds: 4,
      seed: Array.from({ length: REPOSITORIES }, (_, at) => ({ name: `team/app-${at}` })),
      ours: (emulator) =>
        measureAction(
          { mode: 'sync-catalog', repository: 'team/*', readme },
          { ...emulator.env, GITHUB_WORKSPACE: directory }
        )
    }
  ]
}
