import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measureAction } from './action.ts'
import type { BenchArchives } from './archive.ts'
import { startBenchEmulator } from './emulator.ts'
import type { BenchEmulator } from './emulator.ts'
import { measure } from './measure.ts'
import type { Measurement } from './measure.ts'
import type { Line } from './table.ts'

/** The measurement of one push, and the bytes of the blobs that it uploaded. */
interface Push extends Measurement {
  readonly blobBytes: number
}

/** The maximum peak memory of a push in MiB that the project aims for, for archives of any size. */
export const MAX_PEAK_MIB = 140

type Pusher = (emulator: BenchEmulator, archive: string, tag: string) => Promise<Measurement>

/** Returns a push of the action with these inputs. */
export const ours =
  (inputs: Readonly<Record<string, string>> = {}): Pusher =>
  (emulator, archive, tag) =>
    measureAction(
      { mode: 'push-tar', repository: 'app', tar: archive, 'image-tags': tag, ...inputs },
      emulator.env
    )

/** Runs skopeo as on a new runner: without its cache of blob locations. */
export const pushWithSkopeo: Pusher = async (emulator, archive, tag) => {
  const home = await mkdtemp(join(tmpdir(), 'bench-skopeo-'))
  await rm('/var/lib/containers/cache', { recursive: true, force: true })
  try {
    return await measure({
      program: 'skopeo',
      args: [
        'copy',
        '--quiet',
        '--dest-tls-verify=false',
        '--dest-registry-token',
        await registryToken(emulator),
        `docker-archive:${archive}`,
        `docker://${emulator.host}/${emulator.alias}/app:${tag}`
      ],
      env: { PATH: process.env.PATH ?? '', HOME: home, TMPDIR: home }
    })
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

async function registryToken(emulator: BenchEmulator): Promise<string> {
  const { outputs } = await measureAction({ mode: 'login', logout: 'false' }, emulator.env)
  const password = /docker-password<<(\S+)\n(.*)\n/.exec(outputs)?.[2] ?? ''
  return Buffer.from(`AWS:${password}`).toString('base64')
}

/** Compares push-tar with skopeo: the same archive, the same emulator, alternating in each run. */
export async function* benchPush(archives: BenchArchives, runs: number): AsyncGenerator<Line> {
  const size = `${Math.round(archives.bytes / 1e6)} MB`
  const first = await interleave(runs, archives, {
    gzip: pushFirst(ours()),
    zstd: pushFirst(ours({ compression: 'zstd' })),
    skopeo: pushFirst(pushWithSkopeo)
  })
  const wall = (pushes: readonly Push[]): number[] => pushes.map((push) => push.wallSeconds)
  const cpu = (pushes: readonly Push[]): number[] => pushes.map((push) => push.cpuSeconds)
  const peak = (pushes: readonly Push[]): number[] => pushes.map((push) => push.peakMiB)
  const blobs = (pushes: readonly Push[]): number[] => pushes.map((push) => push.blobBytes / 1e6)
  const against = (peer: readonly number[]): Pick<Line, 'peer' | 'peerName'> => ({
    peer,
    peerName: 'skopeo copy'
  })
  yield* [
    {
      work: `first push of ${size}, gzip: wall`,
      ours: wall(first.gzip),
      ...against(wall(first.skopeo)),
      unit: 's',
      target: 1
    },
    {
      work: 'first push, gzip: CPU',
      ours: cpu(first.gzip),
      ...against(cpu(first.skopeo)),
      unit: 's'
    },
    {
      work: 'first push, gzip: peak memory',
      ours: peak(first.gzip),
      ...against(peak(first.skopeo)),
      unit: 'MiB',
      maximum: MAX_PEAK_MIB
    },
    {
      work: 'first push, gzip: size of blobs',
      ours: blobs(first.gzip),
      ...against(blobs(first.skopeo)),
      unit: 'MB',
      target: 1.03
    },
    {
      work: 'first push, zstd: wall',
      ours: wall(first.zstd),
      ...against(wall(first.skopeo)),
      unit: 's',
      target: 0.6
    },
    {
      work: 'first push, zstd: size of blobs',
      ours: blobs(first.zstd),
      ...against(blobs(first.skopeo)),
      unit: 'MB'
    }
  ]
  const again = await interleave(runs, archives, {
    changed: pushChanged(ours()),
    unchanged: pushAgain(ours()),
    skopeo: pushChanged(pushWithSkopeo),
    skopeoUnchanged: pushAgain(pushWithSkopeo)
  })
  yield* [
    {
      work: 'changed image, new machine: wall',
      ours: wall(again.changed),
      ...against(wall(again.skopeo)),
      unit: 's',
      target: 0.15
    },
    {
      work: 'changed image, new machine: bytes sent',
      ours: blobs(again.changed),
      ...against(blobs(again.skopeo)),
      unit: 'MB'
    },
    {
      work: 'unchanged image, new machine: wall',
      ours: wall(again.unchanged),
      ...against(wall(again.skopeoUnchanged)),
      unit: 's'
    }
  ]
}

type Scenario = (archives: BenchArchives) => Promise<Push>

const pushFirst =
  (push: Pusher): Scenario =>
  (archives) =>
    withEmulator(async (emulator) =>
      measurePush(emulator, () => push(emulator, archives.first, '1'))
    )

const pushAgain =
  (push: Pusher): Scenario =>
  (archives) =>
    withEmulator(async (emulator) => {
      await push(emulator, archives.first, '1')
      return measurePush(emulator, () => push(emulator, archives.first, '1'))
    })

const pushChanged =
  (push: Pusher): Scenario =>
  (archives) =>
    withEmulator(async (emulator) => {
      await push(emulator, archives.first, '1')
      return measurePush(emulator, () => push(emulator, archives.second, '2'))
    })

/** Starts an emulator with the empty repository `app` for the duration of `body`. */
export async function withEmulator<T>(body: (emulator: BenchEmulator) => Promise<T>): Promise<T> {
  const emulator = await startBenchEmulator()
  try {
    await measureAction({ mode: 'ensure-repo', repository: 'app' }, emulator.env)
    return await body(emulator)
  } finally {
    await emulator.stop()
  }
}

/** Runs a push and adds the bytes of the blobs that it uploaded. */
async function measurePush(
  emulator: BenchEmulator,
  push: () => Promise<Measurement>
): Promise<Push> {
  const before = await emulator.blobBytes()
  const measurement = await push()
  return { ...measurement, blobBytes: (await emulator.blobBytes()) - before }
}

/** Alternates between the scenarios, so that a slower period of the machine affects all of them. */
async function interleave<Name extends string>(
  runs: number,
  archives: BenchArchives,
  scenarios: Readonly<Record<Name, Scenario>>
): Promise<Record<Name, Push[]>> {
  const results = Object.fromEntries(
    Object.keys(scenarios).map((name) => [name, [] as Push[]])
  ) as Record<Name, Push[]>
  for (let run = 0; run < runs; run++) {
    for (const [name, scenario] of Object.entries<Scenario>(scenarios) as [Name, Scenario][]) {
      results[name].push(await scenario(archives))
      process.stderr.write('.')
    }
  }
  return results
}
