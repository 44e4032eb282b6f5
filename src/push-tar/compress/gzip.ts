import { constants, crc32, createDeflateRaw } from 'node:zlib'
import type { DeflateRaw } from 'node:zlib'
import { compressBlocks, createBlockCompressor, OUTPUT_BUFFER_BYTES } from './block-compressor.js'
import type {
  BlockCompressor,
  BlockCompressorOptions,
  CompressionOptions
} from './block-compressor.js'
import { addOutput } from './output-memory.js'
import { splitByCompressibility } from './split-by-compressibility.js'

/** The size of a block in bytes. Each block is compressed by one thread. */
export const BLOCK_SIZE_BYTES = 1024 * 1024
/**
 * The minimum size in bytes of a block for a used stream: the window memory of zlib. `reset` does not clear it, and zlib
 * compares the last bytes of a smaller block with the data of the previous one, so the digest of a layer would differ.
 */
const MIN_REUSED_BYTES = 64 * 1024
/** A gzip header (RFC 1952) without a time, a file name or an operating system, so that it is equal on all machines. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])
/** An empty final deflate block (RFC 1951, section 3.2.6). */
const END = Buffer.from([0x03, 0x00])

/** The end of a flushed block, an empty stored block, twice. The header of the first one is in the byte before it. */
const REPEATED_END = Buffer.from([0, 0, 0xff, 0xff, 0, 0, 0, 0xff, 0xff])

/** Creates a compressor whose output per block is deflate data that ends on a byte and refers to no other block. */
export function createDeflateCompressor(level: number, threads: number): BlockCompressor {
  const flush = constants.Z_SYNC_FLUSH
  const create = (chunkSize: number): DeflateRaw =>
    createDeflateRaw({ level, memLevel: 9, flush, chunkSize })
  const write: BlockCompressorOptions<DeflateRaw>['write'] = (stream, block, done) =>
    void stream.write(block, done)
  const compressor = createBlockCompressor({
    create: () => create(OUTPUT_BUFFER_BYTES),
    write,
    restart: (deflate) => deflate.reset(),
    threads,
    minReusedBytes: MIN_REUSED_BYTES
  })
  // zlib writes the end twice if it fills the output buffer. In a used stream, this depends on the previous blocks.
  const withoutRepetition = createBlockCompressor({
    create: () => create(2 * BLOCK_SIZE_BYTES),
    write,
    threads: 1,
    minReusedBytes: Infinity
  })
  const compressRun = async (bytes: Buffer): Promise<readonly Buffer[]> => {
    const pieces = await compressor.compress(bytes)
    return endOf(pieces).equals(REPEATED_END) ? withoutRepetition.compress(bytes) : pieces
  }
  return {
    compress: async (block) => {
      const runs = splitByCompressibility(block).map(({ bytes, isIncompressible }) =>
        isIncompressible ? Promise.resolve([store(bytes)]) : compressRun(bytes)
      )
      return (await Promise.all(runs)).flat()
    }
  }
}

function endOf(pieces: readonly Buffer[]): Buffer {
  const { length } = REPEATED_END
  return Buffer.concat(pieces.map((piece) => piece.subarray(-length))).subarray(-length)
}

/** The maximum size of a stored deflate block and the size of its header (RFC 1951, section 3.2.4). */
const MAX_STORED_BYTES = 0xffff
const STORED_HEADER_BYTES = 5

/** Returns the bytes as stored deflate blocks. The size of zlib's stored blocks (level 0) depends on its buffer. */
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
  addOutput(stored)
  return stored
}

/**
 * Compresses a stream to one gzip member. Its blocks are compressed in parallel and joined, as `pigz --independent`
 * does. The output depends only on the level and on the version of zlib.
 */
export async function* gzip(
  chunks: AsyncIterable<Buffer>,
  options: CompressionOptions
): AsyncGenerator<Buffer, void, undefined> {
  let checksum = 0
  let size = 0
  yield HEADER
  yield* compressBlocks(chunks, options, (block) => {
    checksum = crc32(block, checksum)
    size += block.length
  })
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(checksum, 0)
  trailer.writeUInt32LE(size % 2 ** 32, 4)
  yield Buffer.concat([END, trailer])
}
