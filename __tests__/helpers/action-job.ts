import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runAction } from './run-action.js'
import type { ActionRun, ActionRunOptions } from './run-action.js'

/** A job: steps that share a home directory and a temporary directory. */
export interface ActionJob {
  readonly home: string
  readonly runnerTemp: string
  /** The environment of every step. */
  readonly env: Readonly<Record<string, string>>
  /** Runs the main step. */
  readonly main: (
    inputs: Readonly<Record<string, string>>,
    options?: ActionRunOptions
  ) => Promise<ActionRun>
  /** Runs the post step of a main step, with the inputs of the step as the runner does. */
  readonly post: (main: ActionRun, inputs?: Readonly<Record<string, string>>) => Promise<ActionRun>
}

const directories = new Set<string>()

/** Starts a job. Jobs on one machine can share a `home`. */
export async function startJob(
  env: Readonly<Record<string, string>>,
  home?: string
): Promise<ActionJob> {
  const directory = await mkdtemp(join(tmpdir(), 'action-job-'))
  directories.add(directory)
  const runnerTemp = join(directory, 'temp')
  const ownHome = home ?? join(directory, 'home')
  const runtime = join(directory, 'run')
  for (const made of [runnerTemp, runtime]) await mkdir(made)
  await mkdir(ownHome, { recursive: true })
  // Without container tools on the PATH, only the credential files that a test names are written.
  const all = {
    PATH: '/nowhere',
    HOME: ownHome,
    XDG_RUNTIME_DIR: runtime,
    RUNNER_TEMP: runnerTemp,
    ...env
  }
  return {
    home: ownHome,
    runnerTemp,
    env: all,
    main: (inputs, options = {}) =>
      runAction(inputs, { ...options, env: { ...all, ...options.env } }),
    post: ({ state }, inputs = {}) => runAction(inputs, { env: all, state })
  }
}

afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true })
})
