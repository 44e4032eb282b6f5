import type { ReadMemory } from '../../image-archive/contents.js'
import type { PushTarInputs } from '../../runner/inputs/inputs.js'
import { createPriorityQueue } from '../priority-queue.js'
import { createPrioritySlots } from '../priority-slots.js'
import { createBlockMemory, createChunkRing } from './block-memory.js'
import { BLOCK_SIZE_BYTES, createDeflateCompressor, gzip } from './gzip.js'
import { checkZstdSupport, createZstdCompressor, FRAME_SIZE_BYTES, zstd } from './zstd.js'

export type Compression = PushTarInputs['compression']

/** Compresses the layers of one push. */
export interface Compressor {
  readonly compression: Compression
  /**
   * Compresses a layer. A slow consumer slows the compression down. A chunk can be used until the next one is requested.
   *
   * @param read reads the layer into the given memory
   * @param priority the blocks of the layer with the highest priority are compressed first
   */
  compress(
    read: (memory: ReadMemory) => AsyncIterable<Buffer>,
    priority?: number
  ): AsyncIterable<Buffer>
}

/**
 * The default levels, measured on Debian root file systems. gzip 2: 2 % larger than Go's gzip at its default level, in
 * four fifths of the time of level 4. zstd 2: 5 % larger than level 3 (zstd's default), in two thirds of the time.
 */
export const DEFAULT_LEVEL: Readonly<Record<Compression, number>> = { gzip: 2, zstd: 2, none: 0 }

/** The number of blocks compressed in parallel: the default size of libuv's thread pool, in which zlib runs. */
export const COMPRESSION_THREADS = 4

/** @throws ActionError if this version of Node.js does not support zstd */
export function createCompressor(compression: Compression, level?: number): Compressor {
  if (compression === 'zstd') checkZstdSupport()
  const memory = createBlockMemory(compression === 'zstd' ? FRAME_SIZE_BYTES : BLOCK_SIZE_BYTES)
  const createBlocks = compression === 'zstd' ? createZstdCompressor : createDeflateCompressor
  const compressor = createBlocks(level ?? DEFAULT_LEVEL[compression], COMPRESSION_THREADS)
  // One block is read while the others are compressed.
  const slots = createPrioritySlots(COMPRESSION_THREADS + 1)
  /** The layers that are being compressed. */
  const active = createPriorityQueue<symbol>()
  const compressLayer = async function* (
    read: (memory: ReadMemory) => AsyncIterable<Buffer>,
    priority: number
  ): AsyncGenerator<Buffer, void, undefined> {
    const layer = Symbol('layer')
    active.add(layer, priority)
    const isFirst = (): boolean => active.first() === layer
    // The first layer uses all threads. The others use them while it waits for its parts to be sent.
    const blocksAhead = (): number => (isFirst() ? COMPRESSION_THREADS + 1 : 1)
    const options = { memory, compressor, blocksAhead, slots, priority: () => Number(isFirst()) }
    try {
      yield* compression === 'zstd' ? zstd(read(memory), options) : gzip(read(memory), options)
    } finally {
      active.remove(layer)
    }
  }
  return {
    compression,
    compress: (read, priority = 0) =>
      compression === 'none' ? read(createChunkRing(2)) : compressLayer(read, priority)
  }
}
