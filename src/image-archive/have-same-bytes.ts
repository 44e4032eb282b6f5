import type { StoredContent } from './contents.js'

/** Returns `true` if both contents have the same bytes. */
export async function haveSameBytes(
  one: StoredContent,
  other: StoredContent,
  signal: AbortSignal
): Promise<boolean> {
  if (one.size !== other.size) return false
  const mine = new ByteReader(one)
  const theirs = new ByteReader(other)
  try {
    for (let left = one.size; left > 0;) {
      signal.throwIfAborted()
      const [a, b] = [await mine.peek(), await theirs.peek()]
      const length = Math.min(a.length, b.length)
      if (length === 0 || a.compare(b, 0, length, 0, length) !== 0) return false
      mine.skip(length)
      theirs.skip(length)
      left -= length
    }
    return true
  } finally {
    await mine.end()
    await theirs.end()
  }
}

/** Reads a content in pieces of any length, because two contents can have chunks of different sizes. */
class ByteReader {
  private readonly chunks: AsyncIterator<Buffer>
  private rest: Buffer = Buffer.alloc(0)

  constructor(content: StoredContent) {
    this.chunks = content.read()[Symbol.asyncIterator]()
  }

  async peek(): Promise<Buffer> {
    while (this.rest.length === 0) {
      const next = await this.chunks.next()
      if (next.done === true) break
      this.rest = next.value
    }
    return this.rest
  }

  skip(length: number): void {
    this.rest = this.rest.subarray(length)
  }

  async end(): Promise<void> {
    await this.chunks.return?.()
  }
}
