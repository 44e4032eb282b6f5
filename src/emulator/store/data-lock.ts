import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'

/** The process that holds a lock. */
interface LockHolder {
  readonly pid: number
  readonly host: string
  /** The start time of the process on Linux. It distinguishes the process from a later one with the same PID. */
  readonly startTime: string | undefined
}

const LOCK_FILE = /^lock-(\d+)$/

/** Other processes that take over the same lock at the same time, before the attempt fails. */
const MAX_ATTEMPTS = 100

/**
 * Locks a data directory for this process. Each holder creates the file with the next number, which only one process
 * can do, and a file is never taken away from a process that is alive.
 *
 * @returns a function that releases the lock
 * @throws Error that names the process that holds the lock
 */
export function lockDirectory(directory: string): () => void {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const last = Math.max(0, ...listLocks(directory))
    const path = join(directory, `lock-${String(last)}`)
    const holder = last === 0 ? undefined : findHolder(path)
    if (holder !== undefined) throw inUse(directory, path, holder)
    const own = join(directory, `lock-${String(last + 1)}`)
    if (!createFile(directory, own)) continue
    for (const number of listLocks(directory)) {
      if (number <= last) rmSync(join(directory, `lock-${String(number)}`), { force: true })
    }
    // The file remains, so that the next holder does not use the same number. It names no process any more.
    return () => writeFileSync(own, '')
  }
  throw new Error(`The data directory cannot be locked: "${directory}". Start the emulator again.`)
}

function listLocks(directory: string): number[] {
  return readdirSync(directory).flatMap((name) => {
    const number = LOCK_FILE.exec(name)?.[1]
    return number === undefined ? [] : [Number(number)]
  })
}

/** Creates the file with its content at once. Returns `false` if it exists. */
function createFile(directory: string, path: string): boolean {
  const temporary = join(directory, `.lock-${randomUUID()}`)
  const holder: LockHolder = {
    pid: process.pid,
    host: hostname(),
    startTime: startTimeOf(process.pid)
  }
  writeFileSync(temporary, JSON.stringify(holder))
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

/** Returns the process that holds the lock, or `undefined` if it released the lock or has ended. */
function findHolder(path: string): LockHolder | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  if (text === '') return undefined
  const holder = JSON.parse(text) as LockHolder
  if (holder.host === hostname() && !isRunning(holder)) return undefined
  return holder
}

function isRunning({ pid, startTime }: LockHolder): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return startTime === startTimeOf(pid)
}

/** Returns the field `starttime` of proc_pid_stat(5), or `undefined` on other systems. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

function inUse(directory: string, path: string, { pid, host }: LockHolder): Error {
  const where = host === hostname() ? '' : ` on host ${host}`
  return new Error(
    `The data directory is in use: "${directory}". Process ${String(pid)}${where} uses it. Stop that process, or use another directory. If the process does not exist, delete "${path}".`
  )
}
