import { availableParallelism } from 'node:os'
import type { ReadMemory } from '../../image-archive/contents.js'
import type { PushTarInputs } from '../../runner/inputs/inputs.js'
import { createBlockMemory, createChunkRing } from './block-memory.js'
import { BLOCK_SIZE_BYTES, createDeflatePacker, gzip } from './gzip.js'
import { checkZstdIsThere, createZstdPacker, FRAME_SIZE_BYTES, zstd } from './zstd.js'

export type Compression = PushTarInputs['compression']

/** Compresses the layers of one push. */
export interface Compressor {
  readonly compression: Compression
  /**
   * The layer compressed, in chunks. Whoever reads it slowly slows the compression down.
   *
   * @param read reads the layer into the memory that it is given
   */
  compress(read: (memory: ReadMemory) => AsyncIterable<Buffer>): AsyncIterable<Buffer>
  /** To be called when nothing else needs a core any more; until then, one is left to others. */
  useAllThreads(): void
}

/**
 * The level where the user gives none, measured on Debian root file systems. gzip: 2 makes 2 % more than
 * Go's gzip does at its default, in four fifths of the time of 4; zstd: 2 makes 5 % more than 3, which is
 * its own default, in two thirds of the time.
 */
export const DEFAULT_LEVEL: Readonly<Record<Compression, number>> = { gzip: 2, zstd: 2, none: 0 }

/** The threads of Node's zlib (libuv's pool), unless the environment says otherwise. */
const POOL_THREADS = 4

/** @throws ActionError where this Node.js has no zstd */
export function createCompressor(compression: Compression, level?: number): Compressor {
  if (compression === 'zstd') checkZstdIsThere()
  const cores = Math.min(POOL_THREADS, availableParallelism())
  const memory = createBlockMemory(compression === 'zstd' ? FRAME_SIZE_BYTES : BLOCK_SIZE_BYTES)
  const createPacker = compression === 'zstd' ? createZstdPacker : createDeflatePacker
  const packer = createPacker(level ?? DEFAULT_LEVEL[compression], Math.max(1, cores - 1))
  let streams = 0
  // All streams together hold little more than what keeps the threads busy.
  const blocksAhead = (): number => Math.max(2, Math.ceil((cores + 3) / streams))
  const options = { memory, packer, blocksAhead }
  const counted = async function* (
    compressed: AsyncIterable<Buffer>
  ): AsyncGenerator<Buffer, void, undefined> {
    streams++
    try {
      yield* compressed
    } finally {
      streams--
    }
  }
  return {
    compression,
    // One more than there are cores, so that none waits for the next block.
    useAllThreads: () => packer.use(Math.min(POOL_THREADS, cores + 1)),
    compress: (read) => {
      if (compression === 'gzip') return counted(gzip(read(memory), options))
      if (compression === 'zstd') return counted(zstd(read(memory), options))
      return read(createChunkRing(2))
    }
  }
}
