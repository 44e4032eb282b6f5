import { createReadStream } from 'node:fs'
import { createBlockMemory } from '../../src/push-tar/compress/block-memory.js'
import { splitIntoBlocks } from '../../src/push-tar/compress/split-into-blocks.js'
import { COMPRESSION_THREADS, DEFAULT_LEVEL } from '../../src/push-tar/compress/compressor.js'
import { BLOCK_SIZE_BYTES, createDeflateCompressor } from '../../src/push-tar/compress/gzip.js'
import { freeOutput } from '../../src/push-tar/compress/output-memory.js'
import { mapAhead } from '../../src/push-tar/map-ahead.js'
import { createZstdCompressor, FRAME_SIZE_BYTES } from '../../src/push-tar/compress/zstd.js'
import type { BenchArchives } from './archive.ts'
import type { Line } from './table.ts'

const MIB = 1024 * 1024

/** The settings of one compression. */
interface Setting {
  readonly compression: 'gzip' | 'zstd'
  readonly level: number
  readonly blockBytes: number
  readonly threads: number
}

/** The default settings of a push. */
const GZIP: Setting = {
  compression: 'gzip',
  level: DEFAULT_LEVEL.gzip,
  blockBytes: BLOCK_SIZE_BYTES,
  threads: COMPRESSION_THREADS
}
const ZSTD: Setting = {
  compression: 'zstd',
  level: DEFAULT_LEVEL.zstd,
  blockBytes: FRAME_SIZE_BYTES,
  threads: COMPRESSION_THREADS
}

const varied = (base: Setting, key: 'level' | 'blockBytes' | 'threads', values: number[]) =>
  values.filter((value) => value !== base[key]).map((value): Setting => ({ ...base, [key]: value }))

const SETTINGS: readonly Setting[] = [
  ...varied(GZIP, 'level', [1, 2, 3, 4, 6]),
  ...varied(GZIP, 'blockBytes', [MIB / 4, 4 * MIB]),
  ...varied(GZIP, 'threads', [1, 2, 4]),
  ...varied(ZSTD, 'level', [1, 2, 3, 5]),
  ...varied(ZSTD, 'blockBytes', [MIB / 2, 8 * MIB])
]

interface CompressionRun {
  readonly seconds: number
  readonly megabytes: number
}

/** Compares other levels, block sizes and numbers of threads with the defaults. */
export async function* benchLevels(archives: BenchArchives, runs: number): AsyncGenerator<Line> {
  for (const setting of SETTINGS) {
    const base = setting.compression === 'gzip' ? GZIP : ZSTD
    const ours: CompressionRun[] = []
    const defaults: CompressionRun[] = []
    for (let run = 0; run < runs; run++) {
      ours.push(await compressOnce(archives.layer, setting))
      defaults.push(await compressOnce(archives.layer, base))
      process.stderr.write('.')
    }
    const work = nameOf(setting, base)
    const peerName = nameOf(base, base)
    const time = (all: readonly CompressionRun[]): number[] => all.map(({ seconds }) => seconds)
    const size = (all: readonly CompressionRun[]): number[] => all.map(({ megabytes }) => megabytes)
    yield* [
      { work: `${work}: wall`, ours: time(ours), peer: time(defaults), peerName, unit: 's' },
      { work: `${work}: size`, ours: size(ours), peer: size(defaults), peerName, unit: 'MB' }
    ]
  }
}

function nameOf(setting: Setting, base: Setting): string {
  const { compression, level, blockBytes, threads } = setting
  if (blockBytes !== base.blockBytes) return `${compression}, blocks of ${blockBytes / MIB} MiB`
  if (threads !== base.threads) return `${compression}, ${threads} in parallel`
  return `${compression} level ${level}, ${blockBytes / MIB} MiB, ${threads} in parallel`
}

async function compressOnce(path: string, setting: Setting): Promise<CompressionRun> {
  const { compression, level, blockBytes, threads } = setting
  const create = compression === 'gzip' ? createDeflateCompressor : createZstdCompressor
  const compressor = create(level, threads)
  const memory = createBlockMemory(blockBytes)
  const chunks = createReadStream(path, { highWaterMark: MIB }) as AsyncIterable<Buffer>
  const blocks = splitIntoBlocks(chunks, memory)
  const before = performance.now()
  let bytes = 0
  const compressed = mapAhead(
    blocks,
    () => threads + 2,
    (block) => compressor.compress(block).finally(() => memory.recycle(block))
  )
  for await (const pieces of compressed) {
    for (const piece of pieces) {
      bytes += piece.length
      freeOutput(piece)
    }
  }
  return { seconds: (performance.now() - before) / 1000, megabytes: bytes / 1e6 }
}
