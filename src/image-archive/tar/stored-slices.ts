import { problem } from '../../runner/errors.js'
import type { ReadMemory, StoredContent } from '../contents.js'
import { changedProblem, openLocalFile } from '../local-file.js'
import type { LocalFile } from '../local-file.js'

/** The default: new memory for each chunk of 1 MiB. */
const NEW_MEMORY: ReadMemory = {
  chunkBytes: 1_048_576,
  allocate: (bytes) => Buffer.allocUnsafeSlow(bytes)
}

/** A part of a content and its position in the file. The content between two slices is zeros. */
export interface Slice {
  /** The offset in the content, in bytes. */
  readonly at: number
  /** The offset in the file, in bytes. */
  readonly position: number
  /** In bytes. */
  readonly length: number
}

/** Creates a content of slices of an open file. The file must not be closed while the content is read. */
export function storedSlices(
  file: LocalFile,
  name: string,
  size: number,
  slices: readonly Slice[]
): StoredContent {
  return {
    name,
    archive: file.path,
    size,
    read: (memory) => readSlices(file, { name, size, slices }, memory)
  }
}

/** A file of a layout directory. */
export interface FileInDirectory extends Pick<LocalFile, 'size' | 'stamp'> {
  readonly path: string
  /** The path of the directory. */
  readonly archive: string
  /** The name in the directory. */
  readonly name: string
}

/**
 * Creates a content of a whole file. The file is open only while the content is read, because a layout directory can
 * contain more files than a process can open.
 */
export function storedFile({ path, archive, name, size, stamp }: FileInDirectory): StoredContent {
  return {
    name,
    archive,
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
    // A generator per slice would add two promises per chunk.
    for (let done = 0; done < slice.length;) {
      const length = Math.min(memory.chunkBytes, slice.length - done)
      yield await readChunk(file, content.name, slice.position + done, memory.allocate(length))
      done += length
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
    what: `${file.path} ends at byte ${position + chunk.length}, before the end of a file in it`,
    value: name,
    fix: 'Create or download the archive again.'
  })
}

function* zeros(length: number, { chunkBytes, allocate }: ReadMemory): Generator<Buffer> {
  for (let left = length; left > 0; left -= chunkBytes) {
    yield allocate(Math.min(chunkBytes, left)).fill(0)
  }
}
