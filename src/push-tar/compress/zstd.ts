import zlib from 'node:zlib'
import { problem } from '../../runner/errors.js'
import { compressBlocks, createBlockCompressor, OUTPUT_BUFFER_BYTES } from './block-compressor.js'
import type { BlockCompressor, CompressionOptions } from './block-compressor.js'

/** The size of a frame in bytes. Frames of 8 MiB would make the layer about 1 % smaller and need eight times the memory. */
export const FRAME_SIZE_BYTES = 1024 * 1024

/**
 * The minimum size in bytes of a block for a used stream. zstd splits a block in another way if the output buffer has
 * space for the largest possible frame, and in a used stream, this space depends on the previous blocks.
 */
const MIN_REUSED_BYTES = OUTPUT_BUFFER_BYTES

/** @throws ActionError if this version of Node.js does not support zstd, which 22.15 and newer versions do */
export function checkZstdSupport(): void {
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- missing in older versions of Node.js
  if (zlib.zstdCompress !== undefined) return
  throw problem({
    what: 'Input "compression" is "zstd", which this version of Node.js does not support',
    value: process.versions.node,
    expected: 'Node.js 22.15 or newer is required.',
    fix: 'Set "compression" to "gzip".'
  })
}

/** Creates a compressor whose output is one zstd frame per block. */
export function createZstdCompressor(level: number, threads: number): BlockCompressor {
  const params = { [zlib.constants.ZSTD_c_compressionLevel]: level }
  const flush = zlib.constants.ZSTD_e_end
  return createBlockCompressor({
    create: () => zlib.createZstdCompress({ params, flush, chunkSize: OUTPUT_BUFFER_BYTES }),
    threads,
    minReusedBytes: MIN_REUSED_BYTES
  })
}

/**
 * Compresses a stream to zstd frames in parallel. A sequence of frames is a valid zstd stream (RFC 8878, section 3). The
 * output depends only on the level and on the version of the zstd library.
 */
export function zstd(
  chunks: AsyncIterable<Buffer>,
  options: CompressionOptions
): AsyncIterable<Buffer> {
  return compressBlocks(chunks, options)
}
