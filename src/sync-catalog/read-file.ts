import { constants } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import type { Stats } from 'node:fs'
import { codeOf, problem } from '../runner/errors.js'

/** What a file is to be, for errors. */
export interface FileWish {
  /** Of the input that names it: `readme`. */
  readonly input: string
  readonly maxBytes: number
}

/**
 * The bytes of a regular file, or `undefined` where there is none of this name.
 *
 * @throws ActionError where it is no regular file, is too large or cannot be read; a FIFO or device is not even
 *   opened, as that could wait without end
 */
export async function findFile(path: string, wish: FileWish): Promise<Buffer | undefined> {
  try {
    checkStats(path, await stat(path), wish)
    // Not on Windows, which knows no FIFOs that a path could name.
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition
    await using file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    checkStats(path, await file.stat(), wish)
    // A byte more than allowed shows a file that has grown, or one whose size says nothing, as in /proc.
    const buffer = Buffer.alloc(wish.maxBytes + 1)
    let length = 0
    for (let bytesRead = -1; bytesRead !== 0 && length < buffer.length; length += bytesRead) {
      bytesRead = (await file.read(buffer, length, buffer.length - length)).bytesRead
    }
    if (length > wish.maxBytes) throw tooLarge(path, `more than ${wish.maxBytes} bytes`, wish)
    return Buffer.from(buffer.subarray(0, length))
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    if (code === undefined) throw error
    throw problem(
      {
        what: `Input "${wish.input}" names a file that cannot be read`,
        value: path,
        expected: code
      },
      error
    )
  }
}

/** The bytes of a regular file. @throws ActionError where there is none, or as `findFile` does */
export async function getFile(path: string, wish: FileWish): Promise<Buffer> {
  const bytes = await findFile(path, wish)
  if (bytes !== undefined) return bytes
  throw problem({
    what: `Input "${wish.input}" names a file that does not exist`,
    value: path,
    expected: 'a path from the workspace, or an absolute one',
    fix: 'check the spelling, and that actions/checkout ran before this step'
  })
}

function checkStats(path: string, stats: Stats, wish: FileWish): void {
  if (!stats.isFile()) {
    throw problem({
      what: `Input "${wish.input}" names no file but ${kindOf(stats)}`,
      value: path,
      expected: 'a regular file'
    })
  }
  if (stats.size > wish.maxBytes) throw tooLarge(path, `${stats.size} bytes`, wish)
}

function tooLarge(path: string, size: string, { input, maxBytes }: FileWish): Error {
  return problem({
    what: `Input "${input}" names a file that is too large`,
    value: path,
    expected: `at most ${maxBytes} bytes, it has ${size}`
  })
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory'
  if (stats.isFIFO()) return 'a FIFO'
  if (stats.isSocket()) return 'a socket'
  return 'a device'
}
