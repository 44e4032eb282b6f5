import type { Hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'

/**
 * Size of one write, in bytes. Measured with Linux 6.18 in a virtual machine: from 1 MiB on, the
 * kernel uses large pages, whose first use can take up to five times as long.
 */
const BATCH_BYTES = 262_144

/** Splits bytes into one buffer per write. */
export function* batchesOf(bytes: Buffer): Generator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.length; at += BATCH_BYTES) yield bytes.subarray(at, at + BATCH_BYTES)
}

/**
 * Writes a stream to a file and hashes it. While one batch is written, the next one is collected,
 * so at most two batches are in memory.
 *
 * @param position the offset of the first byte in the file
 * @returns the number of bytes written
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
    // The next `await` reports the error. Until then, this prevents an unhandled rejection.
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

/** Writes all bytes. A disk that becomes full writes a part of them first, and the next write reports the error. */
async function writeWhole(
  file: FileHandle,
  batch: readonly Buffer[],
  length: number,
  position: number
): Promise<void> {
  const { bytesWritten } = await file.writev(batch, position)
  if (bytesWritten === length) return
  const bytes = Buffer.concat(batch)
  for (let written = bytesWritten; written < length;) {
    const rest = await file.write(bytes, written, length - written, position + written)
    written += rest.bytesWritten
  }
}
