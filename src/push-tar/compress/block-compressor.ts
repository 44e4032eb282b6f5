import type { Transform } from 'node:stream'
import pLimit from 'p-limit'
import { mapAhead } from '../map-ahead.js'
import type { PrioritySlots } from '../priority-slots.js'
import type { BlockMemory } from './block-memory.js'
import { addOutput, freeOutput } from './output-memory.js'
import { splitIntoBlocks } from './split-into-blocks.js'

/**
 * The size in bytes of the output buffers of a compressor, which consecutive blocks share. A compressing thread waits for the
 * main thread to provide the next one.
 */
export const OUTPUT_BUFFER_BYTES = 512 * 1024

/** Compresses blocks in parallel. */
export interface BlockCompressor {
  /** Returns the compressed block in pieces, whose memory `freeOutput` frees. */
  compress(block: Buffer): Promise<readonly Buffer[]>
}

export interface BlockCompressorOptions<S extends Transform> {
  /** Creates a compressor of `node:zlib`. */
  readonly create: () => S
  /** Writes a block. `done` is called when all of its output has been read. */
  readonly write: (stream: S, block: Buffer, done: (error?: Error | null) => void) => void
  /** Prepares a compressor for the next block, which must not refer to the previous one. */
  readonly restart?: (stream: S) => void
  /** The number of blocks that are compressed in parallel, each by one thread. */
  readonly threads: number
  /** The minimum size in bytes of a block that may be compressed by a used stream. The default is 0. */
  readonly minReusedBytes?: number
}

/**
 * Creates a compressor for blocks. It reuses its zlib streams for all large blocks, because allocating a stream per block
 * costs more time in garbage collection than compressing some blocks.
 */
export function createBlockCompressor<S extends Transform>(
  options: BlockCompressorOptions<S>
): BlockCompressor {
  const { create, write, restart, threads, minReusedBytes = 0 } = options
  const limit = pLimit(threads)
  const idle: S[] = []
  return {
    compress: (block) =>
      limit(async () => {
        const isReused = block.length >= minReusedBytes
        const stream = (isReused ? idle.pop() : undefined) ?? create()
        restart?.(stream)
        const compressed = await readOutput(stream, (done) => write(stream, block, done))
        for (const piece of compressed) addOutput(piece, stream)
        if (isReused) idle.push(stream)
        else stream.destroy()
        return compressed
      })
  }
}

function readOutput(
  stream: Transform,
  write: (done: (error?: Error | null) => void) => void
): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const compressed: Buffer[] = []
    const onData = (piece: Buffer): void => void compressed.push(piece)
    stream.on('data', onData)
    stream.once('error', reject)
    write((error) => {
      if (error) return reject(error)
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
  /** Limits the blocks of all streams that are in memory. */
  readonly slots: PrioritySlots
  /** Returns the priority of the stream. While it has a slot, streams with lower priorities wait. */
  readonly priority: () => number
}

/**
 * Compresses the blocks of a stream in parallel and yields the results in order. A chunk is freed when the next one is
 * requested.
 *
 * @param onBlock called with each block in order, before it is compressed
 */
export async function* compressBlocks(
  chunks: AsyncIterable<Buffer>,
  { compressor, blocksAhead, memory, slots, priority }: CompressionOptions,
  onBlock?: (block: Buffer) => void
): AsyncGenerator<Buffer, void, undefined> {
  const blocks = withSlots(splitIntoBlocks(chunks, memory), slots, priority)
  const compressed = mapAhead(blocks, blocksAhead, async ({ block, release }) => {
    onBlock?.(block)
    try {
      return await compressor.compress(block)
    } finally {
      memory.recycle(block)
      release()
    }
  })
  for await (const pieces of compressed) {
    for (const piece of pieces) {
      yield piece
      freeOutput(piece)
    }
  }
}

interface BlockWithSlot {
  readonly block: Buffer
  /** Releases the slot of the block. */
  readonly release: () => void
}

/** Acquires a slot before each block is read. */
async function* withSlots(
  blocks: AsyncGenerator<Buffer, void, undefined>,
  slots: PrioritySlots,
  priority: () => number
): AsyncGenerator<BlockWithSlot, void, undefined> {
  try {
    for (;;) {
      const release = await slots.acquire(priority())
      const next = await blocks.next().catch((error: unknown) => {
        release()
        throw error
      })
      if (next.done === true) {
        release()
        return
      }
      yield { block: next.value, release }
    }
  } finally {
    await blocks.return()
  }
}
