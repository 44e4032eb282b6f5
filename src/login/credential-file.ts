import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import type { Stats } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { codeOf, problem } from '../runner/errors.js'
import {
  access,
  chmod,
  chown,
  create,
  makeDirectory,
  readlink,
  readText,
  remove,
  rename,
  rmdir,
  stat
} from './disk.js'

/** An credential file as it lies on the disk. */
export interface CredentialFile {
  readonly text: string
  /** The permission bits. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

/** Only its owner reads and writes a file with credentials. */
export const AUTH_FILE_MODE = 0o600
const AUTH_DIRECTORY_MODE = 0o700
/** The longest credential file that is read, in bytes; real ones have a few kilobytes. */
const MAX_AUTH_FILE_BYTES = 8 * 1024 * 1024
/** As many links as Linux follows. */
const MAX_LINKS = 40

/**
 * The file itself that a path leads to: symbolic links are followed, also to what does not exist yet, so
 * that writing never replaces a link.
 *
 * @throws ActionError where links lead in a circle
 */
export async function resolveAuthPath(path: string): Promise<string> {
  let current = resolve(path)
  for (let links = 0; links <= MAX_LINKS; links++) {
    const target = await readlink(current).catch(() => undefined)
    if (target === undefined) return current
    current = resolve(dirname(current), target)
  }
  throw problem({
    what: 'The credential file is a symbolic link that leads in a circle',
    value: path
  })
}

/**
 * The file, or `undefined` where there is none.
 *
 * @throws ActionError for what is no ordinary, readable file of a sensible size
 */
export async function findCredentialFile(path: string): Promise<CredentialFile | undefined> {
  try {
    const stats = await stat(path)
    refuseUnusual(path, stats)
    const text = await readText(path)
    return { text, mode: stats.mode & 0o777, uid: stats.uid, gid: stats.gid }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw codeOf(error) === undefined ? error : unusable(path, 'read', error)
  }
}

function refuseUnusual(path: string, stats: Stats): void {
  if (!stats.isFile()) {
    throw problem({
      what: 'The credential file is no file',
      value: path,
      fix: 'point DOCKER_CONFIG (a directory) or REGISTRY_AUTH_FILE (a file) elsewhere'
    })
  }
  if (stats.size > MAX_AUTH_FILE_BYTES) {
    throw problem({
      what: 'The credential file is too large to be one',
      value: path,
      expected: `at most ${MAX_AUTH_FILE_BYTES} bytes`
    })
  }
}

/**
 * Checks that the file can be replaced, or made, by a later `writeCredentialFile`.
 *
 * @throws ActionError for a file or directory that is read-only
 */
export async function checkWritable(path: string, file: CredentialFile | undefined): Promise<void> {
  if (file !== undefined && (file.mode & 0o222) === 0) {
    throw problem({
      what: 'The credential file is read-only',
      value: path,
      fix: 'make it writable, or point DOCKER_CONFIG (a directory) or REGISTRY_AUTH_FILE (a file) elsewhere; it was not touched'
    })
  }
  try {
    if (file !== undefined) await access(path, constants.W_OK)
    await access(await nearestDirectory(dirname(path)), constants.W_OK)
  } catch (error) {
    throw unusable(path, 'written', error)
  }
}

/** `true` where the directory is there, or can be made. */
export async function canHaveDirectory(directory: string): Promise<boolean> {
  try {
    const nearest = await nearestDirectory(directory)
    await access(nearest, constants.W_OK)
    return (await stat(nearest)).isDirectory()
  } catch {
    return false
  }
}

async function nearestDirectory(directory: string): Promise<string> {
  for (let current = directory; ; current = dirname(current)) {
    const stats = await stat(current).catch(() => undefined)
    if (stats !== undefined || dirname(current) === current) return current
  }
}

/** Makes the directory of a file. Gives the topmost directory that was made, `undefined` where it was there. */
export async function makeDirectoryOf(path: string): Promise<string | undefined> {
  try {
    return await makeDirectory(dirname(path), AUTH_DIRECTORY_MODE)
  } catch (error) {
    throw unusable(path, 'written', error)
  }
}

/** Takes the directory of a file away, and those above it up to `topmost`, as far as they are empty. */
export async function removeDirectories(path: string, topmost: string): Promise<void> {
  for (let current = dirname(path); ; current = dirname(current)) {
    const isGone = await rmdir(current).then(
      () => true,
      () => false
    )
    if (!isGone || current === topmost || dirname(current) === current) return
  }
}

/**
 * Replaces the file as one: a reader finds the old text or the new one, never a part. `write-file-atomic`
 * is not used because it needs a newer Node.js than the oldest that runs this, and writes a new file
 * with the mode of the old one before the mode asked for.
 *
 * @param options `owner`: the owner that the old file had, kept where this user may do so; `outlivesCrash`:
 * `false` for what need not be on the disk when the machine stops
 * @throws ActionError where the file cannot be written; it is then as it was
 */
export async function writeCredentialFile(
  path: string,
  text: string,
  mode: number,
  {
    owner,
    outlivesCrash = true
  }: {
    readonly owner?: Pick<CredentialFile, 'uid' | 'gid'> | undefined
    readonly outlivesCrash?: boolean
  } = {}
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}`)
  try {
    await create(temporary, text, AUTH_FILE_MODE, { outlivesCrash })
    if (owner !== undefined) await chown(temporary, owner.uid, owner.gid).catch(() => undefined)
    if (mode !== AUTH_FILE_MODE) await chmod(temporary, mode)
    await renameOver(temporary, path)
  } catch (error) {
    await remove(temporary).catch(() => undefined)
    throw unusable(path, 'written', error)
  }
}

const RENAME_ATTEMPTS = 20
const RENAME_DELAY_MS = 25

/** On Windows a file cannot be replaced while another program, mostly a virus scanner, has it open. */
async function renameOver(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(from, to)
      return
    } catch (error) {
      const isBusy = ['EPERM', 'EACCES', 'EBUSY'].includes(codeOf(error) ?? '')
      if (process.platform !== 'win32' || !isBusy || attempt === RENAME_ATTEMPTS) throw error
      await delay(RENAME_DELAY_MS)
    }
  }
}

function unusable(path: string, verb: 'read' | 'written', cause: unknown): Error {
  const code = codeOf(cause) ?? 'unknown error'
  return problem(
    {
      what: `The credential file cannot be ${verb}`,
      value: path,
      expected: code,
      fix:
        code === 'EBUSY'
          ? 'a file that is mounted by itself cannot be replaced: mount its directory, or set DOCKER_CONFIG'
          : 'check the permissions, or point DOCKER_CONFIG (a directory) or REGISTRY_AUTH_FILE (a file) elsewhere'
    },
    cause
  )
}
