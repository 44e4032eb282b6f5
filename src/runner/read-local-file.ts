import { isUtf8 } from 'node:buffer'
import { constants } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { lstat, open, readlink, realpath, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { codeOf, problem } from './errors.js'
import { fileKind } from './file-kind.js'
import { findPathFault, relativeInside } from './local-path-rules.js'

type Env = Readonly<Record<string, string | undefined>>

/** The input that names a file, and the limits of the file. */
export interface LocalFileOptions {
  /** The name of the input, for errors: `readme`. */
  readonly input: string
  readonly maxBytes: number
  /** `GITHUB_WORKSPACE` and `RUNNER_TEMP` are the directories that files can be read from. */
  readonly env: Env
}

/** The content of a file. */
export interface LocalFile {
  /** The real path. */
  readonly path: string
  readonly bytes: Buffer
}

/** Returns the absolute path of the workspace. Outside of GitHub Actions, it is the working directory. */
export function workspaceOf(env: Env): string {
  return resolve(env.GITHUB_WORKSPACE || '.')
}

/**
 * Reads a regular file that an input names, or returns `undefined` if the file does not exist. The real path must be in
 * the workspace and not in a git directory. A file in `RUNNER_TEMP` can be read if its path does not contain a link.
 *
 * @param path absolute, or relative to the workspace
 * @throws ActionError if the file must not be read, is not a regular file, is too large or cannot be read
 */
export async function findLocalFile(
  path: string,
  options: LocalFileOptions
): Promise<LocalFile | undefined> {
  try {
    const real = await findRealPath(path, options)
    checkStats(path, await lstat(real, { bigint: true }), options)
    // O_NONBLOCK keeps a FIFO that replaced the file from blocking. Windows does not have these flags.
    const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as Partial<typeof constants>
    await using file = await open(real, (O_RDONLY ?? 0) | O_NOFOLLOW | O_NONBLOCK)
    const stats = await file.stat({ bigint: true })
    checkStats(path, stats, options)
    if (!(await isFileAt(file, stats, real))) throw changed(path, options)
    return { path: real, bytes: await readBytes(path, file, options) }
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    if (code === 'ELOOP') throw changed(path, options, error)
    if (code === undefined) throw error
    throw problem(
      {
        what: `Input "${options.input}" names a file that cannot be read`,
        value: path,
        reason: `The error code is ${code}.`
      },
      error
    )
  }
}

/** Reads a file that must exist. @throws ActionError if it does not exist, or as `findLocalFile` does */
export async function getLocalFile(path: string, options: LocalFileOptions): Promise<LocalFile> {
  const file = await findLocalFile(path, options)
  if (file !== undefined) return file
  throw problem({
    what: `Input "${options.input}" names a file that does not exist`,
    value: path,
    expected: 'Use an absolute path, or a path relative to the workspace.',
    fix: 'Check the spelling, and check that actions/checkout runs before this step.'
  })
}

/**
 * Reads a file that must exist as text, without a byte order mark.
 *
 * @throws ActionError if the file is not UTF-8, since other bytes would be replaced, or as `getLocalFile` does
 */
export async function getLocalText(path: string, options: LocalFileOptions): Promise<string> {
  const { bytes } = await getLocalFile(path, options)
  if (isUtf8(bytes)) return bytes.toString('utf8').replace(/^\ufeff/, '')
  throw problem({
    what: `Input "${options.input}" names a file that is not UTF-8 text`,
    value: path,
    fix: 'Save the file as UTF-8.'
  })
}

/** Returns the real path of a file that can be read. @throws ActionError if it must not be read */
async function findRealPath(path: string, { input, env }: LocalFileOptions): Promise<string> {
  const workspace = await realpath(workspaceOf(env))
  const named = resolve(workspaceOf(env), path)
  const real = await realpath(named)
  const temporary = env.RUNNER_TEMP
    ? { named: resolve(env.RUNNER_TEMP), real: await realpath(env.RUNNER_TEMP).catch(() => '') }
    : undefined
  const fault =
    findPathFault({ named, real, workspace, temporary }) ??
    (await findGitDirectory(real, workspace, temporary?.real))
  if (fault === undefined) return real
  throw problem({
    what: `Input "${input}" names a file that must not be read`,
    value: path,
    reason: fault,
    expected:
      'Use a regular file of the workspace that is not in a git directory, or a file in RUNNER_TEMP that is named without links.',
    fix: 'Copy the file to such a path, and use that path.'
  })
}

/**
 * Returns a sentence if the file is in a git directory of any name, such as the one of a bare clone. Its config can
 * contain credentials. Git recognizes a git directory by the same entries (gitrepository-layout(5)).
 */
async function findGitDirectory(
  real: string,
  ...roots: readonly (string | undefined)[]
): Promise<string | undefined> {
  const isInside = (path: string): boolean =>
    roots.some((root) => root !== undefined && relativeInside(root, path) !== undefined)
  for (let directory = dirname(real); isInside(directory); directory = dirname(directory)) {
    const has = (name: string): Promise<boolean> => exists(join(directory, name))
    if (await has('HEAD')) {
      const isGitDirectory =
        (await has('commondir')) || ((await has('objects')) && (await has('refs')))
      if (isGitDirectory) return 'It is in a git directory.'
    }
    if (directory === dirname(directory)) break
  }
  return undefined
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false
  )
}

/**
 * Returns `true` if the open file is the one at this real path. Linux reports the path of an open file. Other systems
 * can only be asked for the file that is at the path now.
 */
async function isFileAt(file: FileHandle, opened: BigIntStats, real: string): Promise<boolean> {
  const path = await readlink(`/proc/self/fd/${file.fd}`).catch(() => undefined)
  if (path !== undefined) return path === real
  if ((await realpath(real)) !== real) return false
  const { dev, ino } = await stat(real, { bigint: true })
  return dev === opened.dev && ino === opened.ino
}

async function readBytes(
  path: string,
  file: FileHandle,
  options: LocalFileOptions
): Promise<Buffer> {
  const { maxBytes } = options
  // One byte above the limit detects a file that grows while it is read.
  const buffer = Buffer.alloc(maxBytes + 1)
  let length = 0
  for (let bytesRead = -1; bytesRead !== 0 && length < buffer.length; length += bytesRead) {
    bytesRead = (await file.read(buffer, length, buffer.length - length)).bytesRead
  }
  if (length > maxBytes) throw tooLarge(path, `more than ${maxBytes} bytes`, options)
  return Buffer.from(buffer.subarray(0, length))
}

function checkStats(path: string, stats: BigIntStats, options: LocalFileOptions): void {
  if (!stats.isFile()) {
    throw problem({
      what: `Input "${options.input}" does not name a regular file`,
      value: path,
      reason: `It is ${fileKind(stats)}.`,
      expected: 'Use the path of a regular file.'
    })
  }
  if (stats.size > options.maxBytes) throw tooLarge(path, `${stats.size} bytes`, options)
}

function tooLarge(path: string, size: string, { input, maxBytes }: LocalFileOptions): Error {
  return problem({
    what: `Input "${input}" names a file that is too large`,
    value: path,
    reason: `It has ${size}.`,
    expected: `Use a file of at most ${maxBytes} bytes.`
  })
}

function changed(path: string, { input }: LocalFileOptions, cause?: unknown): Error {
  return problem(
    {
      what: `Input "${input}" names a file that changed while it was opened`,
      value: path,
      fix: 'Run the step after the program that writes the file has finished.'
    },
    cause
  )
}
