/**
 * Yields the chunks of a stream and reads the next chunk while the current one is processed. Synchronous work such as
 * hashing would otherwise delay the next read. At most two chunks are in use at a time.
 */
export async function* readAhead(
  chunks: AsyncIterable<Buffer>
): AsyncGenerator<Buffer, void, undefined> {
  const reader = chunks[Symbol.asyncIterator]()
  let next = reader.next()
  try {
    for (let read = await next; read.done !== true; read = await next) {
      next = reader.next()
      // The error is thrown when the chunk is awaited. Until then, it must not be an unhandled rejection.
      next.catch(() => undefined)
      yield read.value
    }
  } finally {
    await reader.return?.()
  }
}
