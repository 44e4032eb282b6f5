import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { isObject } from '../is-object.js'
import { hasListener } from './lock-socket.js'

/** The process that holds a lock. */
export interface LockHolder {
  readonly pid: number
  readonly host: string
  /** The boot of the machine on Linux. All containers of a machine have the same one. */
  readonly boot?: string
  /** The PID namespace on Linux. The PID identifies the process in this namespace only. */
  readonly namespace?: string
  /** The start time of the process on Linux. It distinguishes the process from a later one with the same PID. */
  readonly startTime?: string
  /** The name of the socket on which the process listens, if the file system supports sockets. */
  readonly socket?: string
}

/** Returns this process as a holder. */
export function describeProcess(socket: string | undefined): LockHolder {
  return {
    pid: process.pid,
    host: hostname(),
    ...present('boot', textOf('/proc/sys/kernel/random/boot_id')),
    ...present('namespace', namespace()),
    ...present('startTime', startTimeOf(process.pid)),
    ...present('socket', socket)
  }
}

function present(name: keyof LockHolder, value: string | undefined): Partial<LockHolder> {
  return value === undefined ? {} : { [name]: value }
}

/** Parses the contents of a lock file. Returns `undefined` for contents that no emulator writes. */
export function parseHolder(text: string): LockHolder | undefined {
  try {
    const holder: unknown = JSON.parse(text)
    if (!isObject(holder) || typeof holder.pid !== 'number' || typeof holder.host !== 'string')
      return undefined
    return holder as unknown as LockHolder
  } catch {
    return undefined
  }
}

/** Returns `true` or `false`, or `undefined` if this process cannot find out whether the holder is running. */
export async function isRunning(
  holder: LockHolder,
  directory: string
): Promise<boolean | undefined> {
  const own = describeProcess(undefined)
  if (holder.boot !== own.boot) {
    // The machine was restarted, or it is another one that shares the directory.
    return holder.host === own.host ? false : undefined
  }
  if (holder.socket !== undefined) return hasListener(directory, holder.socket)
  // Outside of Linux, the host name alone identifies the machine.
  const isVisible =
    own.boot === undefined ? holder.host === own.host : holder.namespace === own.namespace
  return isVisible ? hasProcess(holder) : undefined
}

function hasProcess({ pid, startTime }: LockHolder): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return startTime === startTimeOf(pid)
}

/** Returns the field `starttime` of proc_pid_stat(5), or `undefined` on other systems. */
function startTimeOf(pid: number): string | undefined {
  const stat = textOf(`/proc/${String(pid)}/stat`)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}

function namespace(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return undefined
  }
}
