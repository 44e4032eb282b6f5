import { createHash } from 'node:crypto'
import { PartBody } from './part-body.js'
import type { PartBuffers } from './part-buffers.js'

/** What a stream came to. */
export interface StreamTotal {
  readonly digest: string
  /** In bytes. */
  readonly size: number
}

/** How a stream is cut. */
export interface PartStreamOptions {
  /** The bytes of every part but the last one. */
  readonly capacity: number
  /** What the parts are made in. */
  readonly buffers: PartBuffers
  readonly signal: AbortSignal
}

/**
 * A stream cut into the parts of an upload as it comes, and hashed. Parts that are made ahead are all that
 * is ever held of it: their text is written once, from memory that the processor still has at hand.
 */
export class PartStream {
  /** The bytes that have been read. */
  size = 0
  readonly capacity: number
  private readonly hash = createHash('sha256')
  private readonly chunks: AsyncIterator<Buffer>
  /** Read, but not yet in a part. */
  private rest: Buffer | undefined
  private unfinished: PartBody | undefined
  private readonly ahead: PartBody[] = []
  private hasEnded = false

  constructor(
    stream: AsyncIterable<Buffer>,
    private readonly options: PartStreamOptions
  ) {
    this.capacity = options.capacity
    this.chunks = stream[Symbol.asyncIterator]()
  }

  /**
   * Makes parts ahead as long as there is memory for another, the first one in any case.
   *
   * @returns whether they are all parts of the stream
   */
  async fill(): Promise<boolean> {
    for (;;) {
      const part = await this.make(this.ahead.length === 0)
      if (part === 'no-memory') return false
      if (part === undefined) return true
      this.ahead.push(part)
    }
  }

  /** The next part, whose memory is then the caller's to give back; `undefined` after the last one. */
  async next(): Promise<PartBody | undefined> {
    const part = this.ahead.shift() ?? (await this.make(true))
    return part === 'no-memory' ? undefined : part
  }

  /** Reads the stream to its end without making parts; those that are made already are given up. */
  async drain(): Promise<StreamTotal> {
    this.giveUpParts()
    this.rest = undefined
    while (await this.read()) this.rest = undefined
    return this.total()
  }

  /** What the stream came to, after its end. */
  total(): StreamTotal {
    return { digest: `sha256:${this.hash.copy().digest('hex')}`, size: this.size }
  }

  /** Gives back all memory and ends the stream. */
  async close(): Promise<void> {
    this.giveUpParts()
    if (this.hasEnded) return
    this.hasEnded = true
    await this.chunks.return?.()
  }

  private giveUpParts(): void {
    const { buffers } = this.options
    for (const part of this.ahead.splice(0)) buffers.release(part.memory)
    if (this.unfinished !== undefined) buffers.release(this.unfinished.memory)
    this.unfinished = undefined
  }

  private async make(waits: boolean): Promise<PartBody | 'no-memory' | undefined> {
    for (let rest = await this.unread(); rest !== undefined; rest = await this.unread()) {
      const part = (this.unfinished ??= await this.begin(waits))
      if (part === undefined) return 'no-memory'
      const taken = part.append(rest)
      this.rest = taken === rest.length ? undefined : rest.subarray(taken)
      if (part.isFull) break
    }
    const part = this.unfinished
    this.unfinished = undefined
    return part
  }

  private async begin(waits: boolean): Promise<PartBody | undefined> {
    const { buffers, capacity } = this.options
    const memory = waits ? await buffers.acquire(capacity) : buffers.tryAcquire(capacity)
    return memory === undefined ? undefined : new PartBody(memory, capacity)
  }

  /** What of the stream is in no part yet, reading on if that is nothing; `undefined` at its end. */
  private async unread(): Promise<Buffer | undefined> {
    while (this.rest === undefined && (await this.read()));
    return this.rest
  }

  /** @returns `false` at the end */
  private async read(): Promise<boolean> {
    this.options.signal.throwIfAborted()
    if (this.hasEnded) return false
    const next = await this.chunks.next()
    if (next.done === true) {
      this.hasEnded = true
      return false
    }
    const chunk = next.value
    this.rest = chunk.length === 0 ? undefined : chunk
    this.hash.update(chunk)
    this.size += chunk.length
    return true
  }
}
