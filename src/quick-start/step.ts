import { spawn } from 'node:child_process'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The result of a workflow step. */
export interface StepResult {
  readonly exitCode: number | null
  readonly log: string
  readonly outputs: Readonly<Record<string, string>>
  readonly state: Readonly<Record<string, string>>
}

/** The environment in which steps run. */
export interface StepRunner {
  /** The path of the action's bundle. */
  readonly bundle: string
  /** The directory for the files of the steps. */
  readonly directory: string
  /** The workspace, which relative paths refer to. */
  readonly workspace: string
  readonly env: Readonly<Record<string, string>>
  /** Ends the current step and prevents further ones. */
  readonly signal: AbortSignal
}

/**
 * Runs the action in a separate process like the runner of GitHub Actions: inputs and saved state
 * as environment variables, outputs and new state as files.
 *
 * @throws the reason of the signal if it is aborted
 */
export async function runStep(
  runner: StepRunner,
  inputs: Readonly<Record<string, string>>,
  state: Readonly<Record<string, string>> = {}
): Promise<StepResult> {
  runner.signal.throwIfAborted()
  const directory = await mkdtemp(join(runner.directory, 'step-'))
  const outputFile = join(directory, 'output')
  const stateFile = join(directory, 'state')
  await writeFile(outputFile, '')
  await writeFile(stateFile, '')
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    RUNNER_TEMP: directory,
    GITHUB_WORKSPACE: runner.workspace,
    GITHUB_OUTPUT: outputFile,
    GITHUB_STATE: stateFile,
    ...runner.env
  }
  for (const [name, value] of Object.entries(inputs)) env[`INPUT_${name.toUpperCase()}`] = value
  for (const [name, value] of Object.entries(state)) env[`STATE_${name}`] = value
  const { exitCode, log } = await run(runner, env)
  runner.signal.throwIfAborted()
  return {
    exitCode,
    log,
    outputs: parseFileCommands(await readFile(outputFile, 'utf8')),
    state: parseFileCommands(await readFile(stateFile, 'utf8'))
  }
}

function run(
  runner: StepRunner,
  env: Readonly<Record<string, string>>
): Promise<{ readonly exitCode: number | null; readonly log: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [runner.bundle], { cwd: runner.workspace, env })
    let log = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (log += chunk))
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (log += chunk))
    const end = (): void => void child.kill()
    runner.signal.addEventListener('abort', end, { once: true })
    child.on('error', reject)
    child.on('close', (exitCode) => {
      runner.signal.removeEventListener('abort', end)
      resolve({ exitCode, log })
    })
  })
}

/** Parses the `NAME<<DELIMITER … DELIMITER` records of the file commands. */
function parseFileCommands(text: string): Record<string, string> {
  const values: Record<string, string> = {}
  for (const [, name = '', , value = ''] of text.matchAll(
    /^(.+?)<<(ghadelimiter_[0-9a-f-]+)\n([^]*?)\n?\2$/gm
  )) {
    values[name] = value
  }
  return values
}
