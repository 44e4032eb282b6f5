/**
 * The number of pieces of the compressed output that are in a buffer, and one more while a stream writes to it. A stream of
 * zlib writes to one buffer until it is full, so a buffer can contain pieces of several blocks.
 */
const uses = new WeakMap<ArrayBufferLike, number>()
/** The buffers to which streams write. */
const current = new WeakMap<object, ArrayBufferLike>()

/**
 * Adds a piece of compressed output, so that its memory can be freed. The pieces of a stream are added in order.
 *
 * @param stream the stream that wrote the piece. Without a stream, the piece has a buffer of its own
 */
export function addOutput({ buffer }: Buffer, stream?: object): void {
  if (stream !== undefined) moveTo(buffer, stream)
  addUse(buffer)
}

/**
 * Frees the buffer of a piece, if all of its pieces have been freed and its stream writes to another buffer. The piece must
 * not be used afterwards. See "The memory of large jobs" in docs/decisions.md.
 */
export function freeOutput({ buffer }: Buffer): void {
  if (uses.has(buffer)) removeUse(buffer)
}

function moveTo(buffer: ArrayBufferLike, stream: object): void {
  const previous = current.get(stream)
  if (buffer === previous) return
  current.set(stream, buffer)
  addUse(buffer)
  if (previous !== undefined) removeUse(previous)
}

function addUse(buffer: ArrayBufferLike): void {
  uses.set(buffer, (uses.get(buffer) ?? 0) + 1)
}

function removeUse(buffer: ArrayBufferLike): void {
  const remaining = (uses.get(buffer) ?? 0) - 1
  uses.set(buffer, remaining)
  // Node.js 20 cannot free a buffer. It is collected later.
  if (remaining === 0 && 'transfer' in buffer) buffer.transfer(0)
}
