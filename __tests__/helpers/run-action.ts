import { spawn } from 'node:child_process'
import { chown, mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The result of a step. */
export interface ActionRun {
  readonly exitCode: number | null
  /** Standard output, which is the log of the step. */
  readonly log: string
  readonly stderr: string
  readonly outputs: Readonly<Record<string, string>>
  readonly state: Readonly<Record<string, string>>
  readonly summary: string
  /** The `RUNNER_TEMP` of the run. */
  readonly runnerTemp: string
  /** The messages of the `::error::` lines in the log. */
  readonly errors: readonly string[]
}

export interface ActionRunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** The working directory. Defaults to a new directory. */
  readonly cwd?: string
  /** The state that the main step saved. If it is set, the post step runs instead of the main step. */
  readonly state?: Readonly<Record<string, string>>
  /** The user and group to run as. Only root can set another one. */
  readonly uid?: number | undefined
  /** Called with the process after its start, for tests that interrupt it. */
  readonly onStart?: (process: ReturnType<typeof spawn>) => void
}

const DIST = join(import.meta.dirname, '..', '..', 'dist')
const MAIN_STEP = join(DIST, 'index.js')
const POST_STEP = join(DIST, 'post', 'index.js')
const directories = new Set<string>()

/** Runs the main step or the post step as the runner does: inputs and state by environment, outputs by file. */
export async function runAction(
  inputs: Readonly<Record<string, string>>,
  options: ActionRunOptions = {}
): Promise<ActionRun> {
  const directory = await mkdtemp(join(tmpdir(), 'run-action-'))
  directories.add(directory)
  const runnerTemp = join(directory, 'temp')
  const home = join(directory, 'home')
  const work = join(directory, 'work')
  // Without it, a login as root writes into the machine's own /run/containers/0.
  const runtime = join(directory, 'run')
  for (const made of [runnerTemp, home, work, runtime]) await mkdir(made)
  const files = {
    output: join(directory, 'o'),
    state: join(directory, 's'),
    summary: join(directory, 'y')
  }
  for (const file of Object.values(files)) await writeFile(file, '')
  const { uid } = options
  if (uid !== undefined) {
    const own = [directory, runnerTemp, home, work, runtime, ...Object.values(files)]
    for (const path of own) await chown(path, uid, uid)
  }
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    HOME: home,
    TMPDIR: tmpdir(),
    XDG_RUNTIME_DIR: runtime,
    RUNNER_TEMP: runnerTemp,
    GITHUB_OUTPUT: files.output,
    GITHUB_STATE: files.state,
    GITHUB_STEP_SUMMARY: files.summary,
    GITHUB_WORKSPACE: options.cwd ?? work,
    ...options.env
  }
  for (const [name, value] of Object.entries(inputs)) env[`INPUT_${name.toUpperCase()}`] = value
  for (const [name, value] of Object.entries(options.state ?? {})) env[`STATE_${name}`] = value

  const entry = options.state === undefined ? MAIN_STEP : POST_STEP
  const child = spawn(process.execPath, [entry], {
    cwd: options.cwd ?? work,
    env,
    ...(uid === undefined ? {} : { uid, gid: uid })
  })
  let log = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (log += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
  options.onStart?.(child)
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return {
    exitCode,
    log,
    stderr,
    outputs: parseFileCommands(await readFile(files.output, 'utf8')),
    state: parseFileCommands(await readFile(files.state, 'utf8')),
    summary: await readFile(files.summary, 'utf8'),
    runnerTemp,
    errors: log
      .split('\n')
      .filter((line) => line.startsWith('::error::'))
      .map((line) => line.slice('::error::'.length))
  }
}

/** Parses the `NAME<<DELIMITER … DELIMITER` records of the files that the runner reads. */
function parseFileCommands(text: string): Record<string, string> {
  const values: Record<string, string> = {}
  for (const match of text.matchAll(/^(.+?)<<(ghadelimiter_[0-9a-f-]+)\n([^]*?)\n?\2$/gm)) {
    values[match[1]!] = match[3]!
  }
  return values
}

afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true })
})
