import { problem } from '../../runner/errors.js'
import type { ReadMemory, StoredContent } from '../contents.js'
import { changedProblem, openLocalFile } from '../local-file.js'
import type { LocalFile } from '../local-file.js'

/** Where nothing else is said, so much is read at once. */
const NEW_MEMORY: ReadMemory = {
  chunkBytes: 1_048_576,
  allocate: (bytes) => Buffer.allocUnsafeSlow(bytes)
}

/** Some bytes of a content and where the file has them; what lies between slices is zeros. */
export interface Slice {
  /** Offset in the content, in bytes. */
  readonly at: number
  /** Offset in the file, in bytes. */
  readonly position: number
  /** In bytes. */
  readonly length: number
}

/** A content made of slices of an open file, which must stay open while it is read. */
export function storedSlices(
  file: LocalFile,
  name: string,
  size: number,
  slices: readonly Slice[]
): StoredContent {
  return { name, size, read: (memory) => readSlices(file, { name, size, slices }, memory) }
}

/**
 * A content that is a whole file, opened only while it is read, so that a layout directory with thousands of
 * blobs needs no thousands of file descriptors.
 */
export function storedFile(path: string, name: string, size: number, stamp: string): StoredContent {
  return {
    name,
    size,
    read: async function* (memory) {
      const file = await openLocalFile(path)
      try {
        if (file.stamp !== stamp) throw changedProblem(path)
        const whole = [{ at: 0, position: 0, length: size }]
        yield* readSlices(file, { name, size, slices: whole }, memory)
      } finally {
        await file.close()
      }
    }
  }
}

interface Sliced {
  readonly name: string
  readonly size: number
  readonly slices: readonly Slice[]
}

async function* readSlices(
  file: LocalFile,
  content: Sliced,
  memory = NEW_MEMORY
): AsyncGenerator<Buffer> {
  await file.checkUnchanged()
  let at = 0
  for (const slice of content.slices) {
    for (const chunk of zeros(slice.at - at, memory)) yield chunk
    // Not in a generator of its own: each chunk would then pass through two more promises.
    for (let done = 0; done < slice.length;) {
      const wanted = Math.min(memory.chunkBytes, slice.length - done)
      yield await readChunk(file, content.name, slice.position + done, memory.allocate(wanted))
      done += wanted
    }
    at = slice.at + slice.length
  }
  for (const chunk of zeros(content.size - at, memory)) yield chunk
  await file.checkUnchanged()
}

async function readChunk(
  file: LocalFile,
  name: string,
  position: number,
  memory: Buffer
): Promise<Buffer> {
  const chunk = await file.readInto(memory, position)
  if (chunk.length === memory.length) return chunk
  await file.checkUnchanged()
  throw problem({
    what: `${file.path} ends early, at byte ${position + chunk.length}`,
    value: name
  })
}

function* zeros(length: number, { chunkBytes, allocate }: ReadMemory): Generator<Buffer> {
  for (let left = length; left > 0; left -= chunkBytes) {
    yield allocate(Math.min(chunkBytes, left)).fill(0)
  }
}
