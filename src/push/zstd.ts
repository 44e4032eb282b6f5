import zlib from 'node:zlib'
import { problem } from '../errors.js'
import { blocksOf } from './blocks.js'
import type { CompressionOptions } from './gzip.js'
import { mapAhead } from './map-ahead.js'

/**
 * Bytes in one frame: as far as the default level looks back, so that larger frames would shrink the
 * layer by less than 1 % and take more memory.
 */
const FRAME_SIZE_BYTES = 2 * 1024 * 1024
/** Room for a compressed frame: most fit, so that a frame is one job of one thread; others take several. */
const OUTPUT_BYTES = FRAME_SIZE_BYTES / 2

/** @throws ActionError where this Node.js cannot compress with zstd; it can from 22.15 on */
export function checkZstdIsThere(): void {
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- older than the types
  if (zlib.zstdCompress !== undefined) return
  throw problem({
    what: 'Input "compression" needs a newer Node.js',
    value: `zstd under Node.js ${process.versions.node}`,
    allowed: 'Node.js 22.15 or newer',
    wayOut: 'use compression: gzip'
  })
}

/**
 * A stream as zstd frames that are compressed at the same time; frames one after another are one stream
 * (RFC 8878, 3). The bytes depend on level and library alone.
 */
export function zstd(
  chunks: AsyncIterable<Buffer>,
  options: CompressionOptions
): AsyncIterable<Buffer> {
  const { memory, run, level, blocksAhead } = options
  return mapAhead(blocksOf(chunks, FRAME_SIZE_BYTES, memory), blocksAhead, async (frame) => {
    try {
      return await run(() => compressFrame(frame, level))
    } finally {
      memory.recycle(frame)
    }
  })
}

function compressFrame(frame: Buffer, level: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    zlib.zstdCompress(
      frame,
      {
        params: { [zlib.constants.ZSTD_c_compressionLevel]: level },
        chunkSize: OUTPUT_BYTES
      },
      (error, compressed) => {
        if (error === null) resolve(compressed)
        else reject(error)
      }
    )
  })
}
