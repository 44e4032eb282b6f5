import { constants, crc32, deflateRaw } from 'node:zlib'
import type { BlockMemory } from './block-memory.js'
import { blocksOf } from './blocks.js'
import { mapAhead } from './map-ahead.js'

/** Bytes that are compressed as one block, each block by one thread. */
const BLOCK_SIZE_BYTES = 1024 * 1024
/** How far deflate looks back (RFC 1951), in bytes: what a block may take from the one before it. */
const WINDOW_BYTES = 32 * 1024
/** Magic, deflate, no flags, no time, no hint, unknown system (RFC 1952): nothing that would differ between machines. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])
/** Room for a compressed block: most fit, so that a block is one job of one thread; others take several. */
const OUTPUT_BYTES = BLOCK_SIZE_BYTES / 2

/** How a stream is compressed. */
export interface CompressionOptions {
  readonly level: number
  /** How many blocks of one stream are under way or waiting to be sent. */
  readonly blocksAhead: number
  /** Lets so many blocks of all streams be compressed at a time. */
  readonly run: <T>(work: () => Promise<T>) => Promise<T>
  /** What the blocks are made of. */
  readonly memory: BlockMemory
}

interface Block {
  readonly bytes: Buffer
  /** The end of the block before. */
  readonly dictionary: Buffer | undefined
  readonly isLast: boolean
}

/**
 * A stream as one gzip member. Its blocks are compressed at the same time on the threads of Node's
 * zlib: each has the end of the one before as its dictionary and ends on a byte (sync flush), so that
 * joined they are one deflate stream, as pigz writes it. The bytes depend on level and zlib alone.
 */
export async function* gzip(
  chunks: AsyncIterable<Buffer>,
  options: CompressionOptions
): AsyncGenerator<Buffer, void, undefined> {
  let checksum = 0
  let size = 0
  yield HEADER
  const { memory, run, level, blocksAhead } = options
  const blocks = linked(blocksOf(chunks, BLOCK_SIZE_BYTES, memory))
  const deflated = mapAhead(blocks, blocksAhead, async (block) => {
    checksum = crc32(block.bytes, checksum)
    size += block.bytes.length
    try {
      return await run(() => deflate(block, level))
    } finally {
      memory.recycle(block.bytes)
    }
  })
  yield* deflated
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(checksum, 0)
  trailer.writeUInt32LE(size % 2 ** 32, 4)
  yield trailer
}

/** The blocks, each with the end of the one before, and the last one known as such. */
async function* linked(blocks: AsyncIterable<Buffer>): AsyncGenerator<Block, void, undefined> {
  let bytes: Buffer | undefined
  let dictionary: Buffer | undefined
  for await (const next of blocks) {
    if (bytes !== undefined) {
      // A copy, as the memory of a block is used again before the next one is begun.
      const end = Buffer.from(bytes.subarray(Math.max(0, bytes.length - WINDOW_BYTES)))
      yield { bytes, dictionary, isLast: false }
      dictionary = end
    }
    bytes = next
  }
  if (bytes !== undefined) yield { bytes, dictionary, isLast: true }
}

function deflate(block: Block, level: number): Promise<Buffer> {
  const { bytes, dictionary, isLast } = block
  return new Promise((resolve, reject) => {
    deflateRaw(
      bytes,
      {
        level,
        memLevel: 9,
        finishFlush: isLast ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
        chunkSize: OUTPUT_BYTES,
        ...(dictionary === undefined ? {} : { dictionary })
      },
      (error, deflated) => {
        if (error === null) resolve(deflated)
        else reject(error)
      }
    )
  })
}
