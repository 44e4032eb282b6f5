import { constants, crc32, createDeflateRaw } from 'node:zlib'
import { createBlockPacker, PIECE_BYTES } from './block-packer.js'
import type { BlockPacker } from './block-packer.js'
import type { BlockMemory } from './block-memory.js'
import { blocksOf } from './blocks.js'
import { runsOf } from './incompressible.js'
import { mapAhead } from '../map-ahead.js'

/** Bytes that are compressed as one block, each block by one thread. */
export const BLOCK_SIZE_BYTES = 1024 * 1024
/** Magic, deflate, no flags, no time, no hint, unknown system (RFC 1952): nothing that would differ between machines. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])
/** The last block of deflate, with nothing in it (RFC 1951, 3.2.6). */
const END = Buffer.from([0x03, 0x00])

/** How a stream is compressed. */
export interface CompressionOptions {
  readonly packer: BlockPacker
  /** How many blocks of this stream may be under way or waiting to be sent now. */
  readonly blocksAhead: () => number
  /** What the blocks are made of; it says how large they are. */
  readonly memory: BlockMemory
}

/** Compresses blocks to deflate that ends on a byte (sync flush) and looks at no other block. */
export function createDeflatePacker(level: number, threads: number): BlockPacker {
  const packer = createBlockPacker({
    make: () => createDeflateRaw({ level, memLevel: 9, chunkSize: PIECE_BYTES }),
    restart: (deflate) => deflate.reset(),
    flush: constants.Z_SYNC_FLUSH,
    threads
  })
  return {
    pack: async (block) => {
      const packed = runsOf(block).map(({ bytes, isIncompressible }) =>
        isIncompressible ? Promise.resolve([store(bytes)]) : packer.pack(bytes)
      )
      return (await Promise.all(packed)).flat()
    },
    use: (count) => packer.use(count)
  }
}

/** The most that one stored block of deflate holds, and what comes before its bytes (RFC 1951, 3.2.4). */
const MAX_STORED_BYTES = 0xffff
const STORED_HEADER_BYTES = 5

/** Bytes as stored blocks of deflate. Those of zlib's level 0 depend on the memory that it has for them. */
function store(bytes: Buffer): Buffer {
  const blocks = Math.ceil(bytes.length / MAX_STORED_BYTES)
  const stored = Buffer.allocUnsafeSlow(bytes.length + blocks * STORED_HEADER_BYTES)
  let end = 0
  for (let at = 0; at < bytes.length; at += MAX_STORED_BYTES) {
    const length = Math.min(MAX_STORED_BYTES, bytes.length - at)
    end = stored.writeUInt8(0, end)
    end = stored.writeUInt16LE(length, end)
    end = stored.writeUInt16LE(length ^ 0xffff, end)
    end += bytes.copy(stored, end, at, at + length)
  }
  return stored
}

/**
 * A stream as one gzip member. Its blocks are compressed at the same time on the threads of Node's
 * zlib: as each ends on a byte, they are one deflate stream when joined, as `pigz --independent` writes
 * it. The bytes depend on level and zlib alone.
 */
export async function* gzip(
  chunks: AsyncIterable<Buffer>,
  options: CompressionOptions
): AsyncGenerator<Buffer, void, undefined> {
  let checksum = 0
  let size = 0
  yield HEADER
  const { memory, packer, blocksAhead } = options
  const deflated = mapAhead(blocksOf(chunks, memory), blocksAhead, async (block) => {
    checksum = crc32(block, checksum)
    size += block.length
    try {
      return await packer.pack(block)
    } finally {
      memory.recycle(block)
    }
  })
  for await (const pieces of deflated) yield* pieces
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(checksum, 0)
  trailer.writeUInt32LE(size % 2 ** 32, 4)
  yield Buffer.concat([END, trailer])
}
