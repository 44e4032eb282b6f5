// The main and post step of the sub-action. Plain Node.js, so that neither a build nor an
// installation is required.
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { appendFileSync, mkdtempSync, openSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const BUNDLE = join(import.meta.dirname, '..', 'dist', 'emulator', 'index.js')

/** The variables that the emulator prints when it accepts connections. */
const VARIABLES = [
  'AWS_ENDPOINT_URL_ECR_PUBLIC',
  'AWS_ENDPOINT_URL_STS',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY'
]
const START_DEADLINE_MS = 30_000
const STOP_DEADLINE_MS = 10_000
const POLL_MS = 50

/** Maximum number of requests in the log of the job. */
const MAX_SHOWN_REQUESTS = 1_000

const { env } = process
try {
  if (env.STATE_pid) await stop(Number(env.STATE_pid))
  else await start()
} catch (error) {
  console.log(`::error::${escapeCommand(error.message)}`)
  // An error while the job ends does not fail the job.
  process.exitCode = env.STATE_pid ? 0 : 1
}

async function start() {
  const directory = mkdtempSync(join(env.RUNNER_TEMP || tmpdir(), 'ecr-public-emulator-'))
  const logFile = join(directory, 'emulator.log')
  const log = openSync(logFile, 'a')
  // The emulator has to keep running after this step, so it is detached and does not use pipes.
  const child = spawn(process.execPath, [BUNDLE, ...emulatorArguments()], {
    detached: true,
    stdio: ['ignore', log, log],
    windowsHide: true
  })
  let ended
  child.once('error', (error) => (ended = error.message))
  child.once('exit', (status, signal) => (ended = `It ended with status ${status ?? signal}.`))

  const exported = await waitForVariables(logFile, () => ended)
  child.unref()
  if (exported === undefined) {
    if (child.pid !== undefined && ended === undefined) process.kill(child.pid, 'SIGKILL')
    const output = readFileSync(logFile, 'utf8')
    logVerbatim(output)
    const reason =
      ended ?? `It did not accept connections within ${START_DEADLINE_MS / 1000} seconds.`
    throw new Error(`The emulator did not start. ${output.trim().split('\n', 1)[0] || reason}`)
  }
  const url = exported.AWS_ENDPOINT_URL_ECR_PUBLIC
  write(env.GITHUB_STATE, { pid: child.pid, url, logFile })
  write(env.GITHUB_ENV, exported)
  write(env.GITHUB_OUTPUT, { url, registry: new URL(url).host, 'log-file': logFile })
  console.log(
    `The emulator listens on ${url} until the job ends. Later steps use it instead of AWS.`
  )
}

function emulatorArguments() {
  const args = []
  for (const name of ['port', 'host', 'seed', 'data', 'alias', 'account']) {
    const value = env[`INPUT_${name.toUpperCase()}`]?.trim()
    if (value) args.push(`--${name}`, value)
  }
  const extra = (env.INPUT_ARGUMENTS ?? '').split(/\r?\n/).map((line) => line.trim())
  // `--name value` becomes two arguments. The value can contain spaces.
  for (const line of extra.filter((text) => text !== '' && !text.startsWith('#'))) {
    const space = line.search(/\s/)
    args.push(...(space < 0 ? [line] : [line.slice(0, space), line.slice(space).trim()]))
  }
  return args
}

/**
 * Returns the variables that the emulator exports, or `undefined` if it ended or did not print them
 * in time.
 */
async function waitForVariables(logFile, ended) {
  const deadline = Date.now() + START_DEADLINE_MS
  while (Date.now() < deadline) {
    const hasEnded = ended() !== undefined
    const found = {}
    for (const [, name, value] of readFileSync(logFile, 'utf8').matchAll(
      /^export ([A-Z_]+)=(.*)\r?\n/gm
    )) {
      found[name] = value
    }
    if (VARIABLES.every((name) => name in found)) return found
    if (hasEnded) return undefined
    await delay(POLL_MS)
  }
  return undefined
}

async function stop(pid) {
  console.log('::group::Requests to the emulator')
  logVerbatim(await listRequests(env.STATE_url))
  console.log('::endgroup::')
  kill(pid, 'SIGTERM')
  const deadline = Date.now() + STOP_DEADLINE_MS
  while (isRunning(pid) && Date.now() < deadline) await delay(POLL_MS)
  if (isRunning(pid)) kill(pid, 'SIGKILL')
  console.log('::group::Log of the emulator')
  logVerbatim(readFileSync(env.STATE_logFile, 'utf8'))
  console.log('::endgroup::')
}

async function listRequests(url) {
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

/** Logs text from other sources, in which the runner must not interpret workflow commands. */
function logVerbatim(text) {
  const token = randomUUID()
  console.log(`::stop-commands::${token}`)
  // Control characters except tab and line feed could move the cursor or change colors.
  // eslint-disable-next-line no-control-regex
  console.log(text.trimEnd().replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '�'))
  console.log(`::${token}::`)
}

/** Writes `NAME<<DELIMITER` records to a file command of the runner. */
function write(file, values) {
  if (!file) return
  for (const [name, value] of Object.entries(values)) {
    const delimiter = `ghadelimiter_${randomUUID()}`
    appendFileSync(file, `${name}<<${delimiter}\n${value}\n${delimiter}\n`)
  }
}

function escapeCommand(text) {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}
