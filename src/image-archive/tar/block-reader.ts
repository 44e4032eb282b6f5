import type { LocalFile } from '../local-file.js'
import { BLOCK_BYTES } from './tar-header.js'

/** The number of bytes per read. The headers of small members are close to each other. */
const WINDOW_BYTES = 32 * BLOCK_BYTES

/** Reads the block at a position. Returns fewer bytes than a block only at the end of the file. */
export type ReadBlock = (position: number) => Promise<Buffer>

/** Creates a block reader that buffers the last read. */
export function createBlockReader(file: LocalFile): ReadBlock {
  let start = 0
  let window: Buffer = Buffer.alloc(0)
  return async (position) => {
    if (position < start || position + BLOCK_BYTES > start + window.length) {
      window = await file.read(position, WINDOW_BYTES)
      start = position
    }
    return window.subarray(position - start, position - start + BLOCK_BYTES)
  }
}
