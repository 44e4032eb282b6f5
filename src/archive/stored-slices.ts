import { problem } from '../errors.js'
import type { Allocate, StoredContent } from './contents.js'
import { changedProblem, openLocalFile, type LocalFile } from './local-file.js'

/** The most bytes that are read at once. */
const CHUNK_BYTES = 1_048_576

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
  return { name, size, read: (allocate) => readSlices(file, { name, size, slices }, allocate) }
}

/**
 * A content that is a whole file, opened only while it is read, so that a layout folder with thousands of
 * blobs needs no thousands of file descriptors.
 */
export function storedFile(path: string, name: string, size: number, stamp: string): StoredContent {
  return {
    name,
    size,
    read: async function* (allocate) {
      const file = await openLocalFile(path)
      try {
        if (file.stamp !== stamp) throw changedProblem(path)
        const whole = [{ at: 0, position: 0, length: size }]
        yield* readSlices(file, { name, size, slices: whole }, allocate)
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
  allocate?: Allocate
): AsyncGenerator<Buffer> {
  await file.checkUnchanged()
  let at = 0
  for (const slice of content.slices) {
    yield* zeros(slice.at - at)
    yield* readSlice(file, content.name, slice, allocate)
    at = slice.at + slice.length
  }
  yield* zeros(content.size - at)
  await file.checkUnchanged()
}

async function* readSlice(
  file: LocalFile,
  name: string,
  slice: Slice,
  allocate?: Allocate
): AsyncGenerator<Buffer> {
  for (let done = 0; done < slice.length;) {
    const wanted = Math.min(CHUNK_BYTES, slice.length - done)
    const chunk = await file.read(slice.position + done, wanted, allocate)
    if (chunk.length < wanted) {
      await file.checkUnchanged()
      throw problem({
        what: `${file.path} ends early, at byte ${slice.position + done + chunk.length}`,
        value: name
      })
    }
    done += wanted
    yield chunk
  }
}

function* zeros(length: number): Generator<Buffer> {
  for (let left = length; left > 0; left -= CHUNK_BYTES) {
    yield Buffer.alloc(Math.min(CHUNK_BYTES, left))
  }
}
