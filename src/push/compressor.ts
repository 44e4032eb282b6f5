import { availableParallelism } from 'node:os'
import type { Allocate } from '../archive/contents.js'
import type { PushTarInputs } from '../inputs.js'
import { createBlockMemory, createChunkRing } from './block-memory.js'
import { createDeflatePacker, gzip } from './gzip.js'
import { checkZstdIsThere, createZstdPacker, zstd } from './zstd.js'

export type Compression = PushTarInputs['compression']

/** Compresses the layers of one push. */
export interface Compressor {
  readonly compression: Compression
  /**
   * The layer compressed, in chunks. Whoever reads it slowly slows the compression down.
   *
   * @param read reads the layer into memory that it asks for
   */
  compress(read: (allocate: Allocate) => AsyncIterable<Buffer>): AsyncIterable<Buffer>
  /** To be called when nothing else needs a core any more; until then, one is left to others. */
  useAllThreads(): void
}

/**
 * The level where the user gives none. gzip: measured on Debian root file systems, 4 shrinks to what
 * Go's gzip does at its default, in half of zlib's own default time; zstd: the library's own default.
 */
const DEFAULT_LEVEL: Readonly<Record<Compression, number>> = { gzip: 4, zstd: 3, none: 0 }

/** The threads of Node's zlib (libuv's pool), unless the environment says otherwise. */
const POOL_THREADS = 4

/** @throws ActionError where this Node.js has no zstd */
export function createCompressor(compression: Compression, level?: number): Compressor {
  if (compression === 'zstd') checkZstdIsThere()
  const cores = Math.min(POOL_THREADS, availableParallelism())
  const memory = createBlockMemory()
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
      if (compression === 'gzip') return counted(gzip(read(memory.allocate), options))
      if (compression === 'zstd') return counted(zstd(read(memory.allocate), options))
      return read(createChunkRing(2))
    }
  }
}
