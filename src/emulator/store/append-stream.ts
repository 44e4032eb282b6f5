import type { Hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'

/**
 * Chunks of a socket, of 64 KiB at most, are gathered to this many bytes for one write, and larger ones cut.
 * Measured with Linux 6.18 in a virtual machine: from 1 MiB on, the kernel takes its large pages, whose first
 * use is slow where the host gives memory on demand, so that the same bytes take it up to five times as long.
 */
const BATCH_BYTES = 262_144

/** The bytes in pieces of one write each. */
export function* batchesOf(bytes: Buffer): Generator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.length; at += BATCH_BYTES) yield bytes.subarray(at, at + BATCH_BYTES)
}

/**
 * Writes what comes to a file, hashing it, with the next batch being gathered while one is written: no
 * more than two of them are in memory.
 *
 * @param position where the first byte goes
 * @returns the bytes written
 */
export async function appendStream(
  file: FileHandle,
  position: number,
  hash: Hash,
  source: AsyncIterable<Buffer>
): Promise<number> {
  let writing = Promise.resolve()
  let end = position
  let batch: Buffer[] = []
  let length = 0
  const flush = async (): Promise<void> => {
    await writing
    writing = writeWhole(file, batch, length, end)
    // Whoever awaits it next sees the error; until then it is not one that nobody handles.
    writing.catch(() => undefined)
    end += length
    batch = []
    length = 0
  }
  try {
    for await (const chunk of source) {
      hash.update(chunk)
      batch.push(chunk)
      length += chunk.length
      if (length >= BATCH_BYTES) await flush()
    }
    if (length > 0) await flush()
  } finally {
    await writing
  }
  return end - position
}

async function writeWhole(
  file: FileHandle,
  batch: readonly Buffer[],
  length: number,
  position: number
): Promise<void> {
  const { bytesWritten } = await file.writev(batch, position)
  if (bytesWritten < length) throw new Error('The disk took only a part of what came')
}
