import { createStreamHash } from '../../oci/digest.js'
import type { StreamDigest } from '../../oci/digest.js'
import { PartBody } from './part-body.js'
import type { BufferUser, PartBuffers } from './part-buffers.js'

export interface PartStreamOptions extends BufferUser {
  /** The size in bytes of every part except the last one. */
  readonly capacity: number
  /** The buffers of the parts. */
  readonly buffers: PartBuffers
  readonly signal: AbortSignal
}

/**
 * Hashes a stream and splits it into the parts of an upload. Only parts that were built ahead are kept in memory, and
 * they are encoded immediately, while their bytes are still in the cache of the processor.
 */
export class PartStream {
  /** The number of bytes read so far. */
  size = 0
  capacity: number
  private readonly hash = createStreamHash()
  private readonly chunks: AsyncIterator<Buffer>
  /** The bytes that were read but are not in a part yet. */
  private rest: Buffer | undefined
  /** The bytes of parts that were too large. They follow `rest`. */
  private readonly split: Buffer[] = []
  private unfinished: PartBody | undefined
  private readonly ahead: PartBody[] = []
  private prepared: Promise<void> | undefined
  private hasEnded = false
  private digest: StreamDigest | undefined

  constructor(
    stream: AsyncIterable<Buffer>,
    private readonly options: PartStreamOptions
  ) {
    this.capacity = options.capacity
    this.chunks = stream[Symbol.asyncIterator]()
  }

  /**
   * Builds parts ahead while buffers are available, but at least one part.
   *
   * @returns `true` if these are all parts of the stream
   */
  async fill(): Promise<boolean> {
    await this.prepare()
    for (;;) {
      const part = await this.build(false)
      if (part === 'no-buffer') return false
      if (part === undefined) return true
      this.ahead.push(part)
    }
  }

  /** Builds the first part ahead. Further calls wait for the same part. */
  prepare(): Promise<void> {
    return (this.prepared ??= this.buildFirst())
  }

  /** Returns the next part, whose buffer the caller must release, or `undefined` after the last part. */
  async next(): Promise<PartBody | undefined> {
    const part = this.ahead.shift() ?? (await this.build(true))
    return part === 'no-buffer' ? undefined : part
  }

  /** Splits the parts that were built ahead again, if the service accepts only smaller parts. */
  limitPartSize(partSize: number): void {
    if (partSize >= this.capacity) return
    const { ahead, unfinished, rest } = this
    const parts = unfinished === undefined ? ahead : [...ahead, unfinished]
    this.split.push(
      ...parts.map((part) => part.bytesFrom(0)),
      ...(rest === undefined ? [] : [rest])
    )
    this.rest = this.split.shift()
    this.discardParts()
    this.capacity = partSize
  }

  /** Reads the stream to its end without building parts. Parts that were built ahead are discarded. */
  async drain(): Promise<StreamDigest> {
    this.discardParts()
    this.rest = undefined
    while (await this.read()) this.rest = undefined
    return this.total()
  }

  /** Returns the digest and the size of the stream. It can be called only after the end of the stream. */
  total(): StreamDigest {
    return (this.digest ??= this.hash.result())
  }

  /** Releases all buffers and closes the stream. Waits for a part that is being prepared. */
  async close(): Promise<void> {
    await this.prepared?.catch(() => undefined)
    this.discardParts()
    if (this.hasEnded) return
    this.hasEnded = true
    await this.chunks.return?.()
  }

  private async buildFirst(): Promise<void> {
    const part = await this.next()
    if (part !== undefined) this.ahead.push(part)
  }

  private discardParts(): void {
    const { buffers } = this.options
    for (const part of this.ahead.splice(0)) buffers.release(part.memory)
    if (this.unfinished !== undefined) buffers.release(this.unfinished.memory)
    this.unfinished = undefined
  }

  private async build(waits: boolean): Promise<PartBody | 'no-buffer' | undefined> {
    for (let rest = await this.unread(); rest !== undefined; rest = await this.unread()) {
      const part = (this.unfinished ??= await this.startPart(waits))
      if (part === undefined) return 'no-buffer'
      const taken = part.append(rest)
      this.rest = taken === rest.length ? this.split.shift() : rest.subarray(taken)
      if (part.isFull) break
    }
    const part = this.unfinished
    this.unfinished = undefined
    return part
  }

  private async startPart(waits: boolean): Promise<PartBody | undefined> {
    const { capacity } = this
    const { buffers } = this.options
    const memory = waits
      ? await buffers.acquire(capacity, this.options)
      : buffers.tryAcquire(capacity, this.options)
    return memory === undefined ? undefined : new PartBody(memory, capacity)
  }

  /** Returns bytes that are not in a part yet, or `undefined` at the end of the stream. */
  private async unread(): Promise<Buffer | undefined> {
    while (this.rest === undefined && (await this.read()));
    return this.rest
  }

  /** Reads a chunk. @returns `false` at the end of the stream */
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
