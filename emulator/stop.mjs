// The post step of the sub-action. It only stops the emulator, also if the main step failed or was
// cancelled.
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { logError, logVerbatim } from './log.mjs'

const STOP_DEADLINE_MS = 10_000
const POLL_MS = 50

/** Maximum number of requests in the log of the job. */
const MAX_SHOWN_REQUESTS = 1_000

const { STATE_pid, STATE_url: url, STATE_logFile: logFile } = process.env
try {
  if (STATE_pid) await stop(Number(STATE_pid))
  else console.log('Nothing to stop: the emulator was not started.')
} catch (error) {
  // An error while the job ends does not fail the job.
  logError(error)
}

async function stop(pid) {
  // The URL is missing if the main step was ended before the emulator accepted connections.
  if (url) {
    console.log('::group::Requests to the emulator')
    logVerbatim(await listRequests())
    console.log('::endgroup::')
  }
  kill(pid, 'SIGTERM')
  const deadline = Date.now() + STOP_DEADLINE_MS
  while (isRunning(pid) && Date.now() < deadline) await delay(POLL_MS)
  if (isRunning(pid)) kill(pid, 'SIGKILL')
  console.log('::group::Log of the emulator')
  logVerbatim(readFileSync(logFile, 'utf8'))
  console.log('::endgroup::')
}

async function listRequests() {
  let requests
  try {
    const response = await fetch(`${url}/_emulator/requests`, {
      signal: AbortSignal.timeout(STOP_DEADLINE_MS)
    })
    requests = await response.json()
  } catch (error) {
    return `The emulator did not respond: ${error.cause?.message ?? error.message}`
  }
  const shown = requests.slice(-MAX_SHOWN_REQUESTS).map((request) => {
    const what = request.operation ?? `${request.method} ${request.path}`
    return [request.status, what, request.error, request.fault && `(fault: ${request.fault})`]
      .filter(Boolean)
      .join(' ')
  })
  const omitted = requests.length - shown.length
  return (
    [...(omitted > 0 ? [`${omitted} earlier requests are omitted`] : []), ...shown].join('\n') ||
    'Nothing'
  )
}

function kill(pid, signal) {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return !isZombie(pid)
  } catch {
    return false
  }
}

/**
 * Returns `true` for a zombie: in a container without an init process, a process that has ended
 * keeps its ID.
 */
function isZombie(pid) {
  try {
    // proc_pid_stat(5): the state follows the name in parentheses.
    return /\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
