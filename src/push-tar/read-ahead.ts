/**
 * The same chunks, with the next one being read while one is worked on: work that does not wait, such as
 * hashing, would otherwise keep the reader from starting. At most two chunks are in use at a time.
 */
export async function* readAhead(
  chunks: AsyncIterable<Buffer>
): AsyncGenerator<Buffer, void, undefined> {
  const reader = chunks[Symbol.asyncIterator]()
  let next = reader.next()
  try {
    for (let read = await next; read.done !== true; read = await next) {
      next = reader.next()
      // It is awaited in its turn; until then, a failure of it is nobody's.
      next.catch(() => undefined)
      yield read.value
    }
  } finally {
    await reader.return?.()
  }
}
