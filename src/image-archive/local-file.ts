import { constants } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { codeOf, problem } from '../runner/errors.js'
import type { ActionError } from '../runner/errors.js'

/** A regular file, open for reading at any place. */
export interface LocalFile {
  /** For errors. */
  readonly path: string
  /** In bytes, when it was opened. */
  readonly size: number
  /** Tells one state of one file from another: device, inode, size and time of change. */
  readonly stamp: string
  /** The bytes from `position`; fewer than `length` only where the file ends. */
  read(position: number, length: number): Promise<Buffer>
  /** Fills this memory with the bytes from `position`; gives fewer only where the file ends. */
  readInto(memory: Buffer, position: number): Promise<Buffer>
  /** @throws ActionError where the file was changed since it was opened */
  checkUnchanged(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens a regular file. A FIFO, a device or a socket is refused without being opened, as that could wait
 * without end.
 *
 * @param shownPath what errors call it, where that is another file: the archive that it was unpacked from
 * @throws ActionError where there is no such file or it cannot be read
 */
export async function openLocalFile(path: string, shownPath = path): Promise<LocalFile> {
  try {
    checkIsFile(path, await stat(path, { bigint: true }))
    // Not on Windows, which knows no FIFOs that a path could name.
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

/** The error of the file system in words; what is no such error is given back as it is. */
export function fileProblem(path: string, error: unknown): unknown {
  const code = codeOf(error)
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file or directory',
    ENOTDIR: 'a part of its path is no directory',
    EACCES: 'it may not be read by this user',
    EPERM: 'it may not be read by this user',
    ELOOP: 'its links go round in a circle',
    ENAMETOOLONG: 'its name is too long',
    ENOSPC: 'no space is left on the disk',
    EIO: 'the disk reports an error'
  }
  return problem({ what: 'Cannot read a file', value: path, expected: words[code] ?? code }, error)
}

/** What says that a file was changed while it was read. */
export function changedProblem(path: string): ActionError {
  return problem({
    what: 'The file was changed while it was read',
    value: path,
    fix: 'let the step that writes it end first'
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
    what: `The path names ${kindOf(stats)}`,
    value: path,
    expected: 'a file that can be read more than once',
    fix: 'save the archive to a file first'
  })
}

function kindOf(stats: BigIntStats): string {
  if (stats.isFIFO()) return 'a FIFO'
  if (stats.isSocket()) return 'a socket'
  if (stats.isDirectory()) return 'a directory'
  return 'a device'
}
