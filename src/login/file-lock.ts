import { randomUUID } from 'node:crypto'
import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import type { Deps } from '../runner/deps.js'
import { codeOf, problem } from '../runner/errors.js'
import { create, makeDirectory, readText, remove, stat } from './disk.js'

/** What waiting takes. */
export type LockDeps = Pick<Deps, 'sleep' | 'random'>

/** Who holds a lock. */
interface Holder {
  readonly id: string
  readonly pid: number
  /** The machine and, on Linux, the container: elsewhere the pid means another process. */
  readonly place: string
}

/** A holder needs milliseconds: a lock this old was left by one that ended in between. */
const STALE_MS = 30_000
/** How long to wait for a lock in all. */
const MAX_WAIT_SECONDS = 90
const MIN_DELAY_MS = 2
const MAX_DELAY_MS = 40

/**
 * Runs `body` while no other process runs one under the same lock. The lock is a file that only one
 * process can create; one that was left behind, by a process that is no more or long ago, is taken away.
 *
 * @throws ActionError where the lock is not to be had for a minute and a half
 */
export async function withFileLock<T>(
  lock: string,
  deps: LockDeps,
  body: () => Promise<T>
): Promise<T> {
  const holder: Holder = { id: randomUUID(), pid: process.pid, place: placeOfProcess() }
  await acquire(lock, holder, deps)
  try {
    return await body()
  } finally {
    await release(lock, holder)
  }
}

async function acquire(lock: string, holder: Holder, deps: LockDeps): Promise<void> {
  // Unlike `performance`, this clock is there without another module.
  const deadline = process.uptime() + MAX_WAIT_SECONDS
  let wait = MIN_DELAY_MS
  while (process.uptime() < deadline) {
    if (await tryCreate(lock, JSON.stringify(holder))) return
    if ((await isStale(lock)) && (await takeAway(lock))) continue
    await deps.sleep(wait * (0.5 + deps.random()))
    wait = Math.min(MAX_DELAY_MS, wait * 1.5)
  }
  throw problem({
    what: 'Another process keeps the credential file locked',
    value: lock,
    fix: 'delete this lock file if no job is running'
  })
}

/** Creates the file with this content; `false` where it is there already. */
async function tryCreate(path: string, content: string): Promise<boolean> {
  try {
    await create(path, content, 0o600, { outlivesCrash: false })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    // Another process has just removed the directory that it had made.
    if (codeOf(error) === 'ENOENT') {
      await makeDirectory(dirname(path), 0o700)
      return false
    }
    // Windows refuses to create a file that is being deleted.
    if (process.platform === 'win32' && codeOf(error) === 'EPERM') return false
    throw error
  }
}

async function release(lock: string, holder: Holder): Promise<void> {
  const current = await findHolder(lock)
  if (current?.id === holder.id) await remove(lock)
}

/**
 * Takes a stale lock away. Who does so holds a lock of its own meanwhile and looks once more, so that two
 * processes that saw the same stale lock do not take away the fresh one of each other.
 *
 * @returns `false` where another process is about to do so
 */
async function takeAway(lock: string): Promise<boolean> {
  const breaker = `${lock}.stale`
  if (!(await tryCreate(breaker, ''))) {
    if ((await ageOf(breaker)) > STALE_MS) await remove(breaker)
    return false
  }
  try {
    if (await isStale(lock)) await remove(lock)
  } finally {
    await remove(breaker)
  }
  return true
}

async function isStale(lock: string): Promise<boolean> {
  if ((await ageOf(lock)) > STALE_MS) return true
  const holder = await findHolder(lock)
  return holder?.place === placeOfProcess() && !isRunning(holder.pid)
}

/** The holder that a lock names; `undefined` where the lock is gone or not written yet. */
async function findHolder(lock: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readText(lock)) as Holder
  } catch {
    return undefined
  }
}

/** In milliseconds; 0 for what is not there. */
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

function placeOfProcess(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}
