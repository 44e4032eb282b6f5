import { isUtf8 } from 'node:buffer'
import type { Stats } from 'node:fs'
import { access, constants, readFile, readlink, realpath, rmdir, stat } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { ActionError, codeOf, problem } from '../runner/errors.js'
import { makeDirectory } from '../runner/make-directory.js'
import { replaceFile } from './replace-file.js'

/** The content and the attributes of a credential file. */
export interface CredentialFile {
  readonly text: string
  /** The permission bits. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

/** A credential file that this user is not allowed to read or write. */
export class InaccessibleFileError extends ActionError {}

/** Only the owner can read and write a file with credentials. */
export const CREDENTIAL_FILE_MODE = 0o600
const CREDENTIAL_DIRECTORY_MODE = 0o700
/** The maximum size of a credential file. Typical files have a few kilobytes. */
const MAX_CREDENTIAL_FILE_BYTES = 8 * 1024 * 1024
/** The number of symbolic links that Linux follows in one path (path_resolution(7)). */
const MAX_LINKS = 40

const USE_OTHER_PATH =
  'set DOCKER_CONFIG (a directory), REGISTRY_AUTH_FILE (a file) or HELM_REGISTRY_CONFIG (a file) to another path.'

/**
 * Follows the symbolic links of a path, including links to a file that does not exist. Writing to the result does not
 * replace a link, and a file has the same result for all of its paths.
 *
 * @throws ActionError for a cycle of links
 */
export async function resolveCredentialPath(path: string): Promise<string> {
  let current = await withRealDirectory(resolve(path))
  for (let links = 0; links <= MAX_LINKS; links++) {
    const target = await readlink(current).catch(() => undefined)
    if (target === undefined) return current
    current = await withRealDirectory(resolve(dirname(current), target))
  }
  throw problem({
    what: 'The path of the credential file is a cycle of symbolic links',
    value: path,
    fix: `Correct the links, or ${USE_OTHER_PATH}`
  })
}

/**
 * Reads a credential file. Returns `undefined` if it does not exist.
 *
 * @throws ActionError if the file is not a regular file, is too large, is not UTF-8 or cannot be read
 */
export async function findCredentialFile(path: string): Promise<CredentialFile | undefined> {
  try {
    const stats = await stat(path)
    checkRegular(path, stats)
    const bytes = await readFile(path)
    if (!isUtf8(bytes)) throw notUtf8(path)
    return { text: bytes.toString(), mode: stats.mode & 0o777, uid: stats.uid, gid: stats.gid }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw codeOf(error) === undefined ? error : accessError(path, 'read', error)
  }
}

/** Other bytes would be replaced when the file is written. */
function notUtf8(path: string): ActionError {
  return problem({
    what: 'The credential file is not UTF-8 text',
    value: path,
    reason: 'The file was not changed.',
    fix: `Save it as UTF-8, or ${USE_OTHER_PATH}`
  })
}

function checkRegular(path: string, stats: Stats): void {
  if (!stats.isFile()) {
    throw problem({
      what: 'The credential file is not a regular file',
      value: path,
      fix: `Delete it, or ${USE_OTHER_PATH}`
    })
  }
  if (stats.size > MAX_CREDENTIAL_FILE_BYTES) {
    throw problem({
      what: 'The credential file is too large',
      value: path,
      expected: `A credential file has at most ${MAX_CREDENTIAL_FILE_BYTES} bytes.`,
      fix: `Check the file, or ${USE_OTHER_PATH}`
    })
  }
}

/**
 * Checks that `writeCredentialFile` can create or replace the file.
 *
 * @throws ActionError if the file or its directory is read-only
 */
export async function checkWritable(path: string, file: CredentialFile | undefined): Promise<void> {
  if (file !== undefined && (file.mode & 0o222) === 0) {
    const { message } = problem({
      what: 'The credential file is read-only',
      value: path,
      reason: 'The file was not changed.',
      fix: `Make the file writable, or ${USE_OTHER_PATH}`
    })
    throw new InaccessibleFileError(message)
  }
  try {
    if (file !== undefined) await access(path, constants.W_OK)
    await access(await nearestDirectory(dirname(path)), constants.W_OK)
  } catch (error) {
    throw accessError(path, 'written', error)
  }
}

/** Returns `true` if the directory exists or can be created. */
export async function canHaveDirectory(directory: string): Promise<boolean> {
  try {
    const nearest = await nearestDirectory(directory)
    await access(nearest, constants.W_OK)
    return (await stat(nearest)).isDirectory()
  } catch {
    return false
  }
}

/** Follows the symbolic links of the directories of a path, as far as they exist. */
async function withRealDirectory(path: string): Promise<string> {
  const directory = await nearestDirectory(dirname(path))
  const real = await realpath(directory).catch(() => directory)
  return join(real, relative(directory, path))
}

async function nearestDirectory(directory: string): Promise<string> {
  for (let current = directory; ; current = dirname(current)) {
    const stats = await stat(current).catch(() => undefined)
    if (stats !== undefined || dirname(current) === current) return current
  }
}

/**
 * Creates the directory of a file. Returns the topmost directory that was created, or `undefined` if all existed.
 *
 * @throws ActionError if a directory cannot be created
 */
export async function makeDirectoryOf(path: string): Promise<string | undefined> {
  try {
    return await makeDirectory(dirname(path), CREDENTIAL_DIRECTORY_MODE)
  } catch (error) {
    throw accessError(path, 'written', error)
  }
}

/** Deletes the directory of a file and its parent directories up to `topmost`, if they are empty. */
export async function removeDirectories(path: string, topmost: string): Promise<void> {
  for (let current = dirname(path); ; current = dirname(current)) {
    const isRemoved = await rmdir(current).then(
      () => true,
      () => false
    )
    if (!isRemoved || current === topmost || dirname(current) === current) return
  }
}

/**
 * Creates or replaces a credential file atomically.
 *
 * @param mode the permission bits
 * @param owner the owner of the replaced file, which is kept if the user is allowed to set it
 * @throws ActionError if the file cannot be written; the old file is kept
 */
export async function writeCredentialFile(
  path: string,
  text: string,
  mode: number,
  owner?: Pick<CredentialFile, 'uid' | 'gid'>
): Promise<void> {
  try {
    await replaceFile(path, text, { mode, owner, flush: true })
  } catch (error) {
    throw accessError(path, 'written', error)
  }
}

function accessError(path: string, verb: 'read' | 'written', cause: unknown): Error {
  const code = codeOf(cause)
  const error = problem(
    {
      what: `The credential file cannot be ${verb}`,
      value: path,
      reason: code === undefined ? undefined : `The operating system returned ${code}.`,
      fix:
        code === 'EBUSY'
          ? 'A bind-mounted file cannot be replaced. Mount its directory instead, or set DOCKER_CONFIG.'
          : `Check the permissions, or ${USE_OTHER_PATH}`
    },
    cause
  )
  const isDenied = code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
  return isDenied ? new InaccessibleFileError(error.message, { cause }) : error
}
