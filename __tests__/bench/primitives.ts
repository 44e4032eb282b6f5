import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { cpus } from 'node:os'
import { DEFAULT_LEVEL } from '../../src/push-tar/compress/compressor.js'
import { measureAction } from './action.ts'
import type { BenchArchives } from './archive.ts'
import { startBenchEmulator } from './emulator.ts'
import { measure } from './measure.ts'
import type { Line } from './table.ts'

/** The default compression level of a push. */
const LEVEL = DEFAULT_LEVEL.gzip

/** Compares a push with tools that do only a part of its work. */
export async function* benchPrimitives(
  archives: BenchArchives,
  runs: number
): AsyncGenerator<Line> {
  const planning: number[] = []
  const hashing: number[] = []
  const pushing: number[] = []
  const pigz: number[] = []
  for (let run = 0; run < runs; run++) {
    planning.push(await pushOnce(archives.first, { 'dry-run': 'true' }))
    hashing.push(await hashFile(archives.first))
    pushing.push(await pushOnce(archives.first, {}))
    pigz.push((await measure(pigzCommand(archives.first))).wallSeconds)
    process.stderr.write('.')
  }
  yield* [
    {
      work: 'push-tar dry run: wall',
      ours: planning,
      peer: hashing,
      peerName: 'reading and SHA-256 only',
      unit: 's'
    },
    {
      work: `push-tar, gzip level ${LEVEL}: wall`,
      ours: pushing,
      peer: pigz,
      peerName: `pigz -${LEVEL}, ${cpus().length} threads, output discarded`,
      unit: 's'
    }
  ]
}

async function pushOnce(
  archive: string,
  inputs: Readonly<Record<string, string>>
): Promise<number> {
  const emulator = await startBenchEmulator()
  try {
    await measureAction({ mode: 'ensure-repo', repository: 'app' }, emulator.env)
    const push = { mode: 'push-tar', repository: 'app', tar: archive, ...inputs }
    return (await measureAction(push, emulator.env)).wallSeconds
  } finally {
    await emulator.stop()
  }
}

async function hashFile(path: string): Promise<number> {
  const before = performance.now()
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }))
    hash.update(chunk as Buffer)
  hash.digest()
  return (performance.now() - before) / 1000
}

function pigzCommand(path: string): Parameters<typeof measure>[0] {
  return {
    program: 'sh',
    args: ['-c', `exec pigz -${LEVEL} -c "$0" >/dev/null`, path],
    env: { PATH: process.env.PATH ?? '' }
  }
}
