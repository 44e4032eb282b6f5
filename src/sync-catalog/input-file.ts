import { constants } from 'node:fs'
import type { Stats } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { codeOf, problem } from '../runner/errors.js'

/** The input that names a file, and the size limit of the file. */
export interface InputFileOptions {
  /** The name of the input, for errors: `readme`. */
  readonly input: string
  readonly maxBytes: number
}

/**
 * Returns the bytes of a regular file, or `undefined` if the file does not exist. A FIFO or device is not opened,
 * since that could block forever.
 *
 * @throws ActionError if the file is not a regular file, is too large or cannot be read
 */
export async function findInputFile(
  path: string,
  options: InputFileOptions
): Promise<Buffer | undefined> {
  const { input, maxBytes } = options
  try {
    checkStats(path, await stat(path), options)
    // Windows does not have O_NONBLOCK, and its paths cannot name a FIFO.
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition
    await using file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    checkStats(path, await file.stat(), options)
    // One byte above the limit detects a file that grows while it is read, or that reports a wrong size as in /proc.
    const buffer = Buffer.alloc(maxBytes + 1)
    let length = 0
    for (let bytesRead = -1; bytesRead !== 0 && length < buffer.length; length += bytesRead) {
      bytesRead = (await file.read(buffer, length, buffer.length - length)).bytesRead
    }
    if (length > maxBytes) throw tooLarge(path, `more than ${maxBytes} bytes`, options)
    return Buffer.from(buffer.subarray(0, length))
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    if (code === undefined) throw error
    throw problem(
      {
        what: `Input "${input}" names a file that cannot be read`,
        value: path,
        reason: `The error code is ${code}.`
      },
      error
    )
  }
}

/** Returns the bytes of a regular file. @throws ActionError if it does not exist, or as `findInputFile` does */
export async function getInputFile(path: string, options: InputFileOptions): Promise<Buffer> {
  const bytes = await findInputFile(path, options)
  if (bytes !== undefined) return bytes
  throw problem({
    what: `Input "${options.input}" names a file that does not exist`,
    value: path,
    expected: 'Use an absolute path, or a path relative to the workspace.',
    fix: 'Check the spelling, and check that actions/checkout runs before this step.'
  })
}

function checkStats(path: string, stats: Stats, options: InputFileOptions): void {
  if (!stats.isFile()) {
    throw problem({
      what: `Input "${options.input}" does not name a regular file`,
      value: path,
      reason: `It is ${describeKind(stats)}.`,
      expected: 'Use the path of a regular file.'
    })
  }
  if (stats.size > options.maxBytes) throw tooLarge(path, `${stats.size} bytes`, options)
}

function tooLarge(path: string, size: string, { input, maxBytes }: InputFileOptions): Error {
  return problem({
    what: `Input "${input}" names a file that is too large`,
    value: path,
    reason: `It has ${size}.`,
    expected: `Use a file of at most ${maxBytes} bytes.`
  })
}

function describeKind(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory'
  if (stats.isFIFO()) return 'a FIFO'
  if (stats.isSocket()) return 'a socket'
  return 'a device'
}
