import { randomUUID } from 'node:crypto'
import { readFile, readlink, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import type { Deps } from '../runner/deps.js'
import { codeOf, problem } from '../runner/errors.js'
import { makeDirectory } from '../runner/make-directory.js'
import { removeFile } from './remove-file.js'

/** The dependencies for waiting for a lock. */
export type LockDeps = Pick<Deps, 'sleep' | 'random'>

/** The process that holds a lock, as JSON in the lock file. */
interface LockHolder {
  readonly id: string
  readonly pid: number
  /** The host name and, on Linux, the pid namespace. In another namespace, `pid` is another process. */
  readonly pidNamespace: string
}

/** A process holds a lock for a few milliseconds. An older lock belongs to a process that ended without releasing it. */
const STALE_MS = 30_000
const MAX_WAIT_SECONDS = 90
const MIN_DELAY_MS = 2
const MAX_DELAY_MS = 40

/**
 * Runs `body` while this process holds the lock file `lock`, which only one process can create. A lock is removed if
 * its process does not exist anymore, or if it is older than 30 seconds.
 *
 * @throws ActionError if another process holds the lock for 90 seconds
 */
export async function withFileLock<T>(
  lock: string,
  deps: LockDeps,
  body: () => Promise<T>
): Promise<T> {
  const holder: LockHolder = {
    id: randomUUID(),
    pid: process.pid,
    pidNamespace: await getPidNamespace()
  }
  await acquire(lock, holder, deps)
  try {
    return await body()
  } finally {
    await release(lock, holder)
  }
}

async function acquire(lock: string, holder: LockHolder, deps: LockDeps): Promise<void> {
  // A monotonic clock: a change of the system time does not affect it.
  const deadline = process.uptime() + MAX_WAIT_SECONDS
  let wait = MIN_DELAY_MS
  while (process.uptime() < deadline) {
    if (await tryCreate(lock, JSON.stringify(holder))) return
    if ((await isStale(lock)) && (await removeStale(lock))) continue
    await deps.sleep(wait * (0.5 + deps.random()))
    wait = Math.min(MAX_DELAY_MS, wait * 1.5)
  }
  throw problem({
    what: 'Another process keeps the credential file locked',
    value: lock,
    fix: 'If no other job is running on this machine, delete this lock file.'
  })
}

/** Creates a file. Returns `false` if it cannot be created yet, usually because it exists. */
async function tryCreate(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    // Another process has deleted the directory, which it had created for its own login.
    if (codeOf(error) === 'ENOENT') {
      await makeDirectory(dirname(path), 0o700)
      return false
    }
    // On Windows, a file that is being deleted cannot be created.
    if (process.platform === 'win32' && codeOf(error) === 'EPERM') return false
    throw error
  }
}

async function release(lock: string, holder: LockHolder): Promise<void> {
  const current = await findHolder(lock)
  if (current?.id === holder.id) await removeFile(lock)
}

/**
 * Removes a stale lock. A second lock file protects the removal, because another process could remove the stale lock
 * first and create its own lock.
 *
 * @returns `false` if another process is removing the lock
 */
async function removeStale(lock: string): Promise<boolean> {
  const removalLock = `${lock}.stale`
  if (!(await tryCreate(removalLock, ''))) {
    if ((await ageOf(removalLock)) > STALE_MS) await removeFile(removalLock)
    return false
  }
  try {
    if (await isStale(lock)) await removeFile(lock)
  } finally {
    await removeFile(removalLock)
  }
  return true
}

async function isStale(lock: string): Promise<boolean> {
  if ((await ageOf(lock)) > STALE_MS) return true
  const holder = await findHolder(lock)
  return holder?.pidNamespace === (await getPidNamespace()) && !isRunning(holder.pid)
}

/** Reads the holder of a lock. Returns `undefined` if the lock does not exist or is not completely written. */
async function findHolder(lock: string): Promise<LockHolder | undefined> {
  try {
    return JSON.parse(await readFile(lock, 'utf8')) as LockHolder
  } catch {
    return undefined
  }
}

/** Returns the age of a file in milliseconds, or 0 if the file does not exist. */
async function ageOf(path: string): Promise<number> {
  const stats = await stat(path).catch(() => undefined)
  return stats === undefined ? 0 : Date.now() - stats.mtimeMs
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) !== 'ESRCH'
  }
}

async function getPidNamespace(): Promise<string> {
  try {
    return `${hostname()} ${await readlink('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}
