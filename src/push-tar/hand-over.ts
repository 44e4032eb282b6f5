/** Passes chunks from a writer to a reader one at a time, so that a slow reader slows the writer down. */
export class HandOver {
  private chunk: Buffer | undefined
  private hasEnded = false
  private hasStopped = false
  private wakeReader: () => void = () => undefined
  private wakeWriter: () => void = () => undefined

  /** Whether the reader has stopped. */
  get isStopped(): boolean {
    return this.hasStopped
  }

  /** Passes a chunk. Resolves when the reader requests the next one or has stopped. */
  give(chunk: Buffer): Promise<void> {
    if (this.hasStopped) return Promise.resolve()
    return new Promise((resolve) => {
      this.chunk = chunk
      this.wakeWriter = resolve
      this.wakeReader()
    })
  }

  /** Ends the chunks after the current one. */
  end(): void {
    this.hasEnded = true
    this.wakeReader()
  }

  /** The reader does not read any more chunks. */
  stop(): void {
    this.hasStopped = true
    this.wakeWriter()
  }

  async *read(): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const { chunk } = this
      if (chunk !== undefined) {
        yield chunk
        this.chunk = undefined
        this.wakeWriter()
      } else if (this.hasEnded) {
        return
      } else {
        await new Promise<void>((resolve) => (this.wakeReader = resolve))
      }
    }
  }
}
