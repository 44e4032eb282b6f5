import type { Transform } from 'node:stream'
import pLimit from 'p-limit'
import { mapAhead } from '../map-ahead.js'
import type { BlockMemory } from './block-memory.js'
import { splitIntoBlocks } from './split-into-blocks.js'

/** The size in bytes of the output chunks of a compressor, small enough for the allocator to reuse their memory. */
export const PIECE_BYTES = 256 * 1024

/** A compressor of `node:zlib`. */
export type BlockStream = Transform & { flush(kind: number, done: () => void): void }

/** Compresses blocks in parallel. */
export interface BlockCompressor {
  /** Returns the compressed block in pieces. */
  compress(block: Buffer): Promise<readonly Buffer[]>
}

export interface BlockCompressorOptions<S extends BlockStream> {
  readonly create: () => S
  /** Prepares a compressor for the next block, which must not refer to the previous one. */
  readonly restart?: (stream: S) => void
  /** The zlib flush value that ends a block. */
  readonly flush: number
  /** The number of blocks that are compressed in parallel, each by one thread. */
  readonly threads: number
}

/**
 * Creates a compressor for blocks. It reuses its zlib streams for all blocks, because allocating a stream per block
 * costs more time in garbage collection than compressing some blocks.
 */
export function createBlockCompressor<S extends BlockStream>(
  options: BlockCompressorOptions<S>
): BlockCompressor {
  const { create, restart, flush, threads } = options
  const limit = pLimit(threads)
  const idle: S[] = []
  return {
    compress: (block) =>
      limit(async () => {
        const stream = idle.pop() ?? create()
        restart?.(stream)
        const compressed = await compressWith(stream, block, flush)
        idle.push(stream)
        return compressed
      })
  }
}

function compressWith(stream: BlockStream, block: Buffer, flush: number): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const compressed: Buffer[] = []
    const onData = (piece: Buffer): void => void compressed.push(piece)
    stream.on('data', onData)
    stream.once('error', reject)
    stream.write(block)
    stream.flush(flush, () => {
      stream.off('data', onData)
      stream.off('error', reject)
      resolve(compressed)
    })
  })
}

export interface CompressionOptions {
  readonly compressor: BlockCompressor
  /** Returns the maximum number of blocks of this stream that are being compressed or waiting to be sent. */
  readonly blocksAhead: () => number
  /** The memory of the blocks, which determines their size. */
  readonly memory: BlockMemory
}

/**
 * Compresses the blocks of a stream in parallel and yields the results in order.
 *
 * @param onBlock called with each block in order, before it is compressed
 */
export async function* compressBlocks(
  chunks: AsyncIterable<Buffer>,
  { compressor, blocksAhead, memory }: CompressionOptions,
  onBlock?: (block: Buffer) => void
): AsyncGenerator<Buffer, void, undefined> {
  const blocks = splitIntoBlocks(chunks, memory)
  const compressed = mapAhead(blocks, blocksAhead, async (block) => {
    onBlock?.(block)
    try {
      return await compressor.compress(block)
    } finally {
      memory.recycle(block)
    }
  })
  for await (const pieces of compressed) yield* pieces
}
