// The main step of the sub-action. Plain Node.js, so that neither a build nor an installation is
// required.
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { appendFileSync, mkdtempSync, openSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { logError, logVerbatim, logWarning } from './log.mjs'

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
const POLL_MS = 50

const { env } = process
try {
  await start()
} catch (error) {
  logError(error)
  process.exitCode = 1
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
  // The post step also stops an emulator that is still starting when the job is cancelled.
  if (child.pid !== undefined) write(env.GITHUB_STATE, { pid: child.pid, logFile })

  const exported = await waitForVariables(logFile, () => ended)
  child.unref()
  if (exported === undefined) {
    if (child.pid !== undefined && ended === undefined) process.kill(child.pid, 'SIGKILL')
    // The ID can belong to another process when the post step runs.
    write(env.GITHUB_STATE, { pid: '' })
    const output = readFileSync(logFile, 'utf8')
    logVerbatim(output)
    const reason =
      ended ?? `It did not accept connections within ${START_DEADLINE_MS / 1000} seconds.`
    throw new Error(`The emulator did not start. ${output.trim().split('\n', 1)[0] || reason}`)
  }
  const url = exported.AWS_ENDPOINT_URL_ECR_PUBLIC
  write(env.GITHUB_STATE, { url })
  write(env.GITHUB_ENV, exported)
  write(env.GITHUB_OUTPUT, { url, registry: new URL(url).host, 'log-file': logFile })
  console.log(
    `The emulator listens on ${url} until the job ends. Later steps use it instead of AWS.`
  )
  // Messages besides the variables, such as that the seed was not applied.
  for (const line of readFileSync(logFile, 'utf8').split(/\r?\n/)) {
    if (line !== '' && !line.startsWith('export ')) logWarning(line)
  }
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

/** Writes `NAME<<DELIMITER` records to a file command of the runner. */
function write(file, values) {
  if (!file) return
  const records = Object.entries(values).map(([name, value]) => {
    const delimiter = `ghadelimiter_${randomUUID()}`
    return `${name}<<${delimiter}\n${value}\n${delimiter}\n`
  })
  appendFileSync(file, records.join(''))
}
