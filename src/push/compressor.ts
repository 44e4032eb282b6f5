import { availableParallelism } from 'node:os'
import pLimit from 'p-limit'
import type { PushTarInputs } from '../inputs.js'
import { gzip } from './gzip.js'
import { checkZstdIsThere, zstd } from './zstd.js'

export type Compression = PushTarInputs['compression']

/** Compresses the layers of one push. */
export interface Compressor {
  readonly compression: Compression
  /**
   * The layer compressed, in chunks. Whoever reads it slowly slows the compression down.
   *
   * @param chunks the layer; what was handed over must not be written to any more
   */
  compress(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer>
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
  const atATime = Math.max(2, Math.min(POOL_THREADS, availableParallelism()))
  const run = pLimit(atATime)
  const options = {
    level: level ?? DEFAULT_LEVEL[compression],
    blocksAhead: atATime + 2,
    run: <T>(work: () => Promise<T>): Promise<T> => run(work)
  }
  return {
    compression,
    compress: (chunks) => {
      if (compression === 'gzip') return gzip(chunks, options)
      if (compression === 'zstd') return zstd(chunks, options)
      return chunks
    }
  }
}
