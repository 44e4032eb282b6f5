import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { measureAction } from './action.ts'
import { makeLargeArchives } from './archive.ts'
import type { BenchEmulator } from './emulator.ts'
import type { Measurement } from './measure.ts'
import { MAX_PEAK_MIB, ours, withEmulator } from './push.ts'
import type { Line } from './table.ts'

/** A run whose memory must not depend on the size of the image. */
interface MemoryScenario {
  /** The name that selects this scenario on the command line. `memory` selects all. */
  readonly group: 'memory' | 'merge' | 'promotion'
  readonly work: string
  /** One archive is created per architecture. */
  readonly architectures: readonly string[]
  /** The maximum peak memory in MiB that the project aims for. */
  readonly maximum?: number
  readonly measure: (emulator: BenchEmulator, archives: readonly string[]) => Promise<Measurement>
}

const push =
  (compression: string): MemoryScenario['measure'] =>
  (emulator, archives) =>
    ours({ compression })(emulator, archives.join('\n'), '1')

/** Measures the promotion of an image whose layers have the full size. */
const promote: MemoryScenario['measure'] = async (emulator, archives) => {
  const candidate = { mode: 'ensure-repo', repository: 'candidate' }
  await measureAction(candidate, emulator.env)
  const inputs = { repository: 'candidate', compression: 'none' }
  await ours(inputs)(emulator, archives.join('\n'), 'rc')
  const promotion = { mode: 'push-tar', from: 'candidate:rc', repository: 'app' }
  return measureAction({ ...promotion, 'image-tags': '1' }, emulator.env)
}

const SCENARIOS: readonly MemoryScenario[] = [
  {
    group: 'memory',
    work: 'push of 4 GiB, gzip',
    architectures: ['amd64'],
    maximum: MAX_PEAK_MIB,
    measure: push('gzip')
  },
  {
    group: 'memory',
    work: 'push of 4 GiB, zstd',
    architectures: ['amd64'],
    maximum: MAX_PEAK_MIB,
    measure: push('zstd')
  },
  {
    group: 'merge',
    work: 'push of 4 GiB in two archives, gzip',
    architectures: ['amd64', 'arm64'],
    maximum: MAX_PEAK_MIB,
    measure: push('gzip')
  },
  {
    group: 'promotion',
    work: 'promotion of 4 GiB to another repository',
    architectures: ['amd64', 'arm64'],
    measure: promote
  }
]

/** Compares the peak memory of pushes and promotions of 4 GiB with the peak memory of the same work with 1 GiB. */
export async function* benchMemory(
  directory: string,
  layer: string,
  runs: number,
  isSelected: (group: string) => boolean
): AsyncGenerator<Line> {
  for (const { group, work, architectures, maximum, measure } of SCENARIOS) {
    if (!isSelected('memory') && !isSelected(group)) continue
    const peakOf = async (gib: number): Promise<number> => {
      // Only the archives of one size exist at a time, because the disk may be too small for both sizes.
      const archives = await mkdtemp(join(directory, 'large-'))
      try {
        const paths = await makeLargeArchives(archives, layer, gib, architectures)
        const { peakMiB } = await withEmulator((emulator) => measure(emulator, paths))
        process.stderr.write('.')
        return peakMiB
      } finally {
        await rm(archives, { recursive: true, force: true })
      }
    }
    const peaks: { ours: number[]; peer: number[] } = { ours: [], peer: [] }
    for (let run = 0; run < runs; run++) {
      peaks.ours.push(await peakOf(4))
      peaks.peer.push(await peakOf(1))
    }
    yield {
      work: `${work}: peak memory`,
      ...peaks,
      peerName: 'the same of 1 GiB',
      unit: 'MiB',
      target: 1.1,
      maximum
    }
  }
}
