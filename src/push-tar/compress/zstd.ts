import zlib from 'node:zlib'
import { problem } from '../../runner/errors.js'
import { blocksOf } from './blocks.js'
import { createBlockPacker, PIECE_BYTES } from './block-packer.js'
import type { BlockPacker } from './block-packer.js'
import type { CompressionOptions } from './gzip.js'
import { mapAhead } from '../map-ahead.js'

/**
 * Bytes in one frame: as far as the default level looks back, so that larger frames would shrink the
 * layer by less than 1 % and take more memory.
 */
export const FRAME_SIZE_BYTES = 2 * 1024 * 1024

/** @throws ActionError where this Node.js cannot compress with zstd; it can from 22.15 on */
export function checkZstdIsThere(): void {
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- older than the types
  if (zlib.zstdCompress !== undefined) return
  throw problem({
    what: 'Input "compression" needs a newer Node.js',
    value: `zstd under Node.js ${process.versions.node}`,
    expected: 'Node.js 22.15 or newer',
    fix: 'use compression: gzip'
  })
}

/** Compresses blocks to frames of zstd. */
export function createZstdPacker(level: number, threads: number): BlockPacker {
  const params = { [zlib.constants.ZSTD_c_compressionLevel]: level }
  return createBlockPacker({
    make: () => zlib.createZstdCompress({ params, chunkSize: PIECE_BYTES }),
    flush: zlib.constants.ZSTD_e_end,
    threads
  })
}

/**
 * A stream as zstd frames that are compressed at the same time; frames one after another are one stream
 * (RFC 8878, 3). The bytes depend on level and library alone.
 */
export async function* zstd(
  chunks: AsyncIterable<Buffer>,
  options: CompressionOptions
): AsyncGenerator<Buffer, void, undefined> {
  const { memory, packer, blocksAhead } = options
  const frames = blocksOf(chunks, memory)
  const compressed = mapAhead(frames, blocksAhead, async (frame) => {
    try {
      return await packer.pack(frame)
    } finally {
      memory.recycle(frame)
    }
  })
  for await (const pieces of compressed) yield* pieces
}
