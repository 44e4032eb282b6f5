import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describeProcess, isRunning, parseHolder } from './lock-holder.js'
import type { LockHolder } from './lock-holder.js'
import { openLockSocket } from './lock-socket.js'
import { makeDirectory } from './make-directory.js'
import { readContents } from './read-contents.js'
import type { Contents } from './read-contents.js'

const LOCK_FILE = /^lock-(\d+)$/

/** Other processes that take over the same lock at the same time, before the attempt fails. */
const MAX_ATTEMPTS = 100

/** A data directory that this process has locked. */
export interface LockedDirectory {
  /** The contents before the directory was locked. Another process can have changed them. */
  readonly contents: Contents
  /** Releases the lock. */
  readonly unlock: () => void
}

/**
 * Creates a data directory, if it does not exist, and locks it for this process. Each holder creates the file with the
 * next number, which only one process can do, and the file of a running process is never deleted. A holder
 * listens on a socket before its file exists. Other processes connect to the socket to find out whether it is alive.
 *
 * A directory that cannot be used does not change.
 *
 * @throws Error that names the process that holds the lock, or the error of `readContents`
 */
export async function lockDirectory(directory: string): Promise<LockedDirectory> {
  createDirectory(directory)
  try {
    return await lock(directory)
  } catch (error) {
    const { syscall, message } = error as NodeJS.ErrnoException
    if (syscall === undefined) throw error
    throw new Error(
      `The data directory cannot be used: "${directory}". ${message}. Check its permissions and the free space, or use another directory.`,
      { cause: error }
    )
  }
}

async function lock(directory: string): Promise<LockedDirectory> {
  await checkUnlocked(directory, lastLock(directory))
  const contents = readContents(directory)
  const socket = await openLockSocket(directory)
  try {
    const own = await createLock(directory, describeProcess(socket?.name))
    const unlock = (): void => {
      // The file remains, so that the next holder does not use the same number. It no longer names a process.
      writeFileSync(own, '')
      socket?.close()
    }
    return { contents, unlock }
  } catch (error) {
    socket?.close()
    throw error
  }
}

function createDirectory(directory: string): void {
  try {
    makeDirectory(directory)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const isFile = code === 'EEXIST' || code === 'ENOTDIR'
    const reason = isFile ? 'A file with this path exists.' : `${message}.`
    throw new Error(
      `The data directory cannot be created: "${directory}". ${reason} Use another directory.`,
      { cause: error }
    )
  }
}

/** Returns the path of the lock file of this process. */
async function createLock(directory: string, holder: LockHolder): Promise<string> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const last = lastLock(directory)
    await checkUnlocked(directory, last)
    const own = pathOf(directory, last + 1)
    if (!createFile(directory, own, holder)) continue
    if (lastLock(directory) === last + 1) {
      for (const number of listLocks(directory)) if (number <= last) remove(directory, number)
      return own
    }
    // After the first check, another process created and released this lock, and a third one deleted its file.
    rmSync(own, { force: true })
  }
  throw new Error(`The data directory cannot be locked: "${directory}". Start the emulator again.`)
}

function pathOf(directory: string, number: number): string {
  return join(directory, `lock-${String(number)}`)
}

function lastLock(directory: string): number {
  return Math.max(0, ...listLocks(directory))
}

function listLocks(directory: string): number[] {
  return readdirSync(directory).flatMap((name) => {
    const number = LOCK_FILE.exec(name)?.[1]
    return number === undefined ? [] : [Number(number)]
  })
}

/** Deletes a lock file and the socket of its process, which has ended. */
function remove(directory: string, number: number): void {
  const path = pathOf(directory, number)
  const socket = parseHolder(textOf(path))?.socket
  if (socket !== undefined) rmSync(join(directory, socket), { force: true })
  rmSync(path, { force: true })
}

/** Creates the file with its content at once. Returns `false` if it exists. */
function createFile(directory: string, path: string, holder: LockHolder): boolean {
  const temporary = join(directory, `.lock-${randomUUID()}`)
  writeFileSync(temporary, JSON.stringify(holder), { flush: true })
  try {
    linkSync(temporary, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(temporary, { force: true })
  }
}

/**
 * Returns the contents of a lock file, or an empty text if it was deleted. A directory with its name does not have
 * contents that an emulator writes.
 */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return ''
    if (code === 'EISDIR') return 'a directory'
    throw error
  }
}

/**
 * @param number the number of the lock file, or 0 if there is none
 * @throws Error if the process that holds the lock did not release it and has not ended
 */
async function checkUnlocked(directory: string, number: number): Promise<void> {
  if (number === 0) return
  const path = pathOf(directory, number)
  const text = textOf(path)
  if (text === '') return
  const holder = parseHolder(text)
  if (holder === undefined) {
    throw new Error(
      `The lock file of the data directory is damaged: "${path}". If no other emulator uses the directory, delete this file.`
    )
  }
  const running = await isRunning(holder, directory)
  if (running === false) return
  const where = holder.host === hostname() ? '' : ` on host ${holder.host}`
  const unknown = running === true ? '' : ` If the process does not exist, delete "${path}".`
  throw new Error(
    `The data directory is in use: "${directory}". Process ${String(holder.pid)}${where} uses it. Stop that process, or use another directory.${unknown}`
  )
}
