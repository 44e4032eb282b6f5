import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

/** How long a signal can take to end a process on a machine under load, in milliseconds. */
const DEADLINE_MS = 30_000
const POLL_MS = 10

/** Waits for the end of a process that a signal was sent to. Returns `false` if it still runs after 30 seconds. */
export async function hasEnded(pid: number): Promise<boolean> {
  for (let waited = 0; waited < DEADLINE_MS; waited += POLL_MS) {
    if (!(await isRunning(pid))) return true
    await delay(POLL_MS)
  }
  return false
}

async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  // A program without a parent remains as a zombie (Z) until the init process has read its status (proc_pid_stat(5)).
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '')
  return !stat.includes(') Z ')
}
