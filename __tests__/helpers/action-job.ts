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
  /** Runs the post step of a main step. */
  readonly post: (main: ActionRun) => Promise<ActionRun>
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
  await mkdir(runnerTemp)
  await mkdir(ownHome, { recursive: true })
  // Without container tools on the PATH, only the credential files that a test names are written.
  const all = { PATH: '/nowhere', HOME: ownHome, RUNNER_TEMP: runnerTemp, ...env }
  return {
    home: ownHome,
    runnerTemp,
    env: all,
    main: (inputs, options = {}) =>
      runAction(inputs, { ...options, env: { ...all, ...options.env } }),
    post: ({ state }) => runAction({}, { env: all, state })
  }
}

afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true })
})
