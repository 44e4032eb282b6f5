import { createHash } from 'node:crypto'
import type { MemoryBudget } from './memory-budget.js'

/** The whole of a stream, held in memory. */
export interface Held {
  readonly kind: 'held'
  readonly chunks: readonly Buffer[]
  readonly digest: string
  /** In bytes. */
  readonly size: number
  /** To be called when the chunks are not needed any more. */
  release(): void
}

/** A stream that found no more room; its beginning is held until it is read. */
export interface Overflowing {
  readonly kind: 'overflowing'
  /** All of the stream from its first byte on; it can be read once. */
  readonly stream: AsyncIterable<Buffer>
}

/** Reads a stream into memory as long as the budget lasts. */
export async function hold(
  stream: AsyncIterable<Buffer>,
  budget: MemoryBudget,
  signal: AbortSignal
): Promise<Held | Overflowing> {
  const iterator = stream[Symbol.asyncIterator]()
  const chunks: Buffer[] = []
  const hash = createHash('sha256')
  let size = 0
  try {
    for (;;) {
      signal.throwIfAborted()
      const next = await iterator.next()
      if (next.done === true) break
      const chunk = next.value
      if (!budget.take(chunk.length)) {
        return { kind: 'overflowing', stream: rejoin(chunks, chunk, iterator, budget) }
      }
      // A copy of its own size: the compressor's memory is cut for the worst case.
      chunks.push(Buffer.from(chunk))
      hash.update(chunk)
      size += chunk.length
    }
  } catch (error) {
    budget.give(size)
    await iterator.return?.()
    throw error
  }
  const digest = `sha256:${hash.digest('hex')}`
  return { kind: 'held', chunks, digest, size, release: () => budget.give(size) }
}

async function* rejoin(
  chunks: Buffer[],
  next: Buffer,
  rest: AsyncIterator<Buffer>,
  budget: MemoryBudget
): AsyncGenerator<Buffer, void, undefined> {
  try {
    for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) {
      budget.give(chunk.length)
      yield chunk
    }
    yield next
    for (let item = await rest.next(); item.done !== true; item = await rest.next()) {
      yield item.value
    }
  } finally {
    for (const chunk of chunks) budget.give(chunk.length)
    await rest.return?.()
  }
}
