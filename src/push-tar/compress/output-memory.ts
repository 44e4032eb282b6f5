/**
 * The output buffers of zlib streams. A stream writes to one buffer until it is full, so a buffer can contain pieces of
 * several blocks.
 */
export interface OutputMemory<S> {
  /** Adds a piece that the stream has written. The pieces of a stream are added in order. */
  add(stream: S, piece: Buffer): void
  /** Frees the buffer of a piece, if all of its pieces have been freed and its stream has written to the next buffer. */
  free(piece: Buffer): void
}

/**
 * Creates the memory of the streams of one compressor. V8 would free the buffers only when it collects the whole heap. See
 * "The memory of large jobs" in docs/decisions.md.
 */
export function createOutputMemory<S extends object>(): OutputMemory<S> {
  /** The number of pieces of a buffer, and one more while a stream writes to it. */
  const uses = new WeakMap<ArrayBufferLike, number>()
  const current = new WeakMap<S, ArrayBufferLike>()
  const add = (buffer: ArrayBufferLike): void => void uses.set(buffer, (uses.get(buffer) ?? 0) + 1)
  const remove = (buffer: ArrayBufferLike): void => {
    const remaining = (uses.get(buffer) ?? 0) - 1
    uses.set(buffer, remaining)
    if (remaining === 0) freeMemory(buffer)
  }
  return {
    add: (stream, { buffer }) => {
      const previous = current.get(stream)
      if (buffer !== previous) {
        current.set(stream, buffer)
        add(buffer)
        if (previous !== undefined) remove(previous)
      }
      add(buffer)
    },
    free: ({ buffer }) => {
      if (uses.has(buffer)) remove(buffer)
    }
  }
}

/** Frees memory immediately. Node.js 20 cannot do this and collects it later. */
export function freeMemory(buffer: ArrayBufferLike): void {
  if ('transfer' in buffer) buffer.transfer(0)
}
