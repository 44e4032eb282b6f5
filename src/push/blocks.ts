/**
 * The same bytes in blocks of exactly `size`, the last one shorter; of an empty stream one empty block.
 * A chunk that is a block already is passed on as it is, so nothing may be written into it any more.
 */
export async function* blocksOf(
  chunks: AsyncIterable<Buffer>,
  size: number
): AsyncGenerator<Buffer, void, undefined> {
  let block: Buffer | undefined
  let used = 0
  let isEmpty = true
  for await (const chunk of chunks) {
    let start = 0
    while (start < chunk.length) {
      if (block === undefined && chunk.length - start >= size) {
        isEmpty = false
        yield chunk.subarray(start, start + size)
        start += size
        continue
      }
      block ??= Buffer.allocUnsafeSlow(size)
      const copied = chunk.copy(block, used, start)
      used += copied
      start += copied
      if (used < size) continue
      isEmpty = false
      yield block
      block = undefined
      used = 0
    }
  }
  if (block !== undefined || isEmpty) yield block?.subarray(0, used) ?? Buffer.alloc(0)
}
