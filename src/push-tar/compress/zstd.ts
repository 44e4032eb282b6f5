import zlib from 'node:zlib'
import { problem } from '../../runner/errors.js'
import { compressBlocks, createBlockCompressor, OUTPUT_BUFFER_BYTES } from './block-compressor.js'
import type { BlockCompressor, CompressionOptions } from './block-compressor.js'

/** The size of a frame in bytes. Frames of 8 MiB would make the layer about 1 % smaller and need eight times the memory. */
export const FRAME_SIZE_BYTES = 1024 * 1024

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
  return createBlockCompressor({
    create: () => zlib.createZstdCompress({ params, chunkSize: OUTPUT_BUFFER_BYTES }),
    // If the call with the block ended the frame, the free space in the output buffer would decide how it is split.
    write: (stream, block, done) => {
      stream.write(block)
      stream.flush(zlib.constants.ZSTD_e_end, done)
    },
    threads
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
