import { constants } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { codeOf, problem } from '../runner/errors.js'
import type { ActionError } from '../runner/errors.js'
import { fileKind } from '../runner/file-kind.js'

/** A regular file, open for reading at any position. */
export interface LocalFile {
  /** The path in errors. */
  readonly path: string
  /** The size in bytes when it was opened. */
  readonly size: number
  /** Identifies the state of the file: device, inode, size and modification time. */
  readonly stamp: string
  /** Reads the bytes from `position`. Returns fewer than `length` bytes only at the end of the file. */
  read(position: number, length: number): Promise<Buffer>
  /** Fills this memory with the bytes from `position`. Returns fewer bytes only at the end of the file. */
  readInto(memory: Buffer, position: number): Promise<Buffer>
  /** @throws ActionError if the file has changed since it was opened */
  checkUnchanged(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens a regular file. A FIFO, a device or a socket is rejected before it is opened, because opening it could block.
 *
 * @param shownPath the path in errors, if it differs: the archive that the file was decompressed from
 * @throws ActionError if the file does not exist, is not a regular file or cannot be read
 */
export async function openLocalFile(path: string, shownPath = path): Promise<LocalFile> {
  try {
    checkIsFile(path, await stat(path, { bigint: true }))
    // Windows does not have this flag, and its paths cannot refer to a FIFO.
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition
    const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    try {
      const stats = await handle.stat({ bigint: true })
      checkIsFile(path, stats)
      return localFile(shownPath, handle, stats)
    } catch (error) {
      await handle.close()
      throw error
    }
  } catch (error) {
    throw fileProblem(path, error)
  }
}

const MISSING_FIX =
  'Check the path and the working directory. "~" and variables of the shell are not expanded.'

/** Converts an error of the file system to an `ActionError`. Returns any other error unchanged. */
export function fileProblem(path: string, error: unknown): unknown {
  const code = codeOf(error)
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'The file or directory does not exist.',
    ENOTDIR: 'A component of the path is not a directory.',
    EACCES: 'This user does not have permission to read it.',
    EPERM: 'This user does not have permission to read it.',
    ELOOP: 'Its symbolic links form a cycle.',
    ENAMETOOLONG: 'The name is too long.',
    ENOSPC: 'The disk is full.',
    EIO: 'The disk reported an error.'
  }
  const reason = reasons[code] ?? `The error code is ${code}.`
  const fixes: Readonly<Record<string, string>> = {
    ENOENT: MISSING_FIX,
    ENOTDIR: MISSING_FIX,
    ENOSPC: 'Delete files that the job does not need.'
  }
  const fix = fixes[code] ?? 'Check the file, for example with "ls -l".'
  return problem({ what: 'Cannot read the file', value: path, reason, fix }, error)
}

/** Creates the error for a file that changed while it was read. */
export function changedProblem(path: string): ActionError {
  return problem({
    what: 'The file changed while it was read',
    value: path,
    fix: 'Wait until the program that writes the file has finished.'
  })
}

function localFile(path: string, handle: FileHandle, stats: BigIntStats): LocalFile {
  const stamp = stampOf(stats)
  return {
    path,
    size: Number(stats.size),
    stamp,
    read: (position, length) => readAt(path, handle, position, Buffer.allocUnsafeSlow(length)),
    readInto: (memory, position) => readAt(path, handle, position, memory),
    checkUnchanged: async () => {
      if (stampOf(await handle.stat({ bigint: true })) !== stamp) throw changedProblem(path)
    },
    close: () => handle.close()
  }
}

async function readAt(
  path: string,
  handle: FileHandle,
  position: number,
  buffer: Buffer
): Promise<Buffer> {
  const { length } = buffer
  let filled = 0
  try {
    while (filled < length) {
      const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
  } catch (error) {
    throw fileProblem(path, error)
  }
  return filled === length ? buffer : buffer.subarray(0, filled)
}

function stampOf(stats: BigIntStats): string {
  return [stats.dev, stats.ino, stats.size, stats.mtimeNs].join(':')
}

function checkIsFile(path: string, stats: BigIntStats): void {
  if (stats.isFile()) return
  throw problem({
    what: `The path is ${fileKind(stats)}, not a regular file`,
    value: path,
    fix: 'Save the archive to a regular file first.'
  })
}
