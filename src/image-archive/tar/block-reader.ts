import type { LocalFile } from '../local-file.js'
import { BLOCK_BYTES } from './tar-header.js'

/** What is read ahead at a header, in bytes: headers of small members lie close to each other. */
const WINDOW_BYTES = 32 * BLOCK_BYTES

/** Reads blocks of an archive by their offset; fewer bytes than a block only at the end of the file. */
export type ReadBlock = (position: number) => Promise<Buffer>

/** A reader that keeps the part of the file that it read last. */
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
