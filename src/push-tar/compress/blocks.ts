import type { BlockMemory } from './block-memory.js'

/**
 * The same bytes in blocks of the memory's size, the last one shorter; of an empty stream one empty block.
 * A chunk that is a block already is passed on as it is, so nothing may be written into it any more.
 *
 * @param memory what blocks are made of, and where chunks go that were copied
 */
export async function* blocksOf(
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
