import type { BlockMemory } from './block-memory.js'

/**
 * Splits a stream into blocks of the memory's chunk size. The last block may be shorter, and an empty stream results in
 * one empty block. A chunk of the block size is passed on without copying, so its buffer must not be reused.
 *
 * @param memory allocates the blocks and recycles chunks that were copied
 */
export async function* splitIntoBlocks(
  chunks: AsyncIterable<Buffer>,
  memory: BlockMemory
): AsyncGenerator<Buffer, void, undefined> {
  const size = memory.chunkBytes
  let block: Buffer | undefined
  let used = 0
  let isEmpty = true
  for await (const chunk of chunks) {
    if (block === undefined && chunk.length === size) {
      isEmpty = false
      yield chunk
      continue
    }
    for (let start = 0; start < chunk.length;) {
      block ??= memory.allocate(size)
      const copied = chunk.copy(block, used, start)
      used += copied
      start += copied
      if (used < size) continue
      isEmpty = false
      yield block
      block = undefined
      used = 0
    }
    memory.recycle(chunk)
  }
  if (block !== undefined || isEmpty) yield block?.subarray(0, used) ?? Buffer.alloc(0)
}
