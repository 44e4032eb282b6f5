import fc from 'fast-check'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runAction } from '../helpers/run-action.js'
import type { ActionRun } from '../helpers/run-action.js'
import { startEmulator } from '../helpers/start-emulator.js'
import { afterBusyTime } from './busy-time.js'
import { isSoak, SEED, tellCounts } from '../helpers/counts.js'
import { makeStepFolder, scenarioEnv, SCENARIOS } from './scenarios.js'
import type { Scenario } from './scenarios.js'

/**
 * How a run is ended from outside. `runner` is what GitHub's runner does to a cancelled step: SIGINT,
 * SIGTERM 7.5 s later, SIGKILL 2.5 s after that (actions/runner, ProcessInvoker).
 */
const WAYS = ['SIGINT', 'SIGTERM', 'SIGKILL', 'runner'] as const
type Way = (typeof WAYS)[number]

const INTERRUPTIONS_PER_SCENARIO = isSoak ? 80 : 5
/** How long a run may go on after a signal that it can catch, in milliseconds, before it counts as hanging. */
const PATIENCE_MS = 10_000

let folder: string
const counts = { interruptions: 0, 'ended a run': 0, 'came after its end': 0 }
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'interruptions-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
  tellCounts('interruptions', counts, SEED)
})

/** Runs a step and interrupts it after so many milliseconds. */
async function runInterrupted(
  scenario: Scenario,
  inputs: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
  cwd: string,
  way: Way,
  afterMs: number
): Promise<ActionRun> {
  const timers: NodeJS.Timeout[] = []
  let stop = (): void => undefined
  const killed: boolean[] = []
  const run = await runAction(inputs, {
    env,
    cwd,
    onStart: (child) => {
      const first = way === 'runner' ? 'SIGINT' : way
      timers.push(setTimeout(() => child.kill(first), afterMs))
      if (way === 'runner') timers.push(setTimeout(() => child.kill('SIGTERM'), afterMs + 7_500))
      stop = afterBusyTime(afterMs + PATIENCE_MS, () => void killed.push(child.kill('SIGKILL')))
    }
  })
  for (const timer of timers) clearTimeout(timer)
  stop()
  counts.interruptions++
  if (run.exitCode === 0) counts['came after its end']++
  else counts['ended a run']++
  if (killed.includes(true))
    throw new Error(`${scenario.name} did not end within ${PATIENCE_MS} ms of ${way}`)
  return run
}

/** What a run that could catch its signal must not leave behind. */
async function checkTracks(
  scenario: Scenario,
  run: ActionRun,
  step: string,
  env: Readonly<Record<string, string>>,
  before: readonly string[]
): Promise<void> {
  if (run.exitCode !== 0) {
    expect(run.errors.length).toBeLessThanOrEqual(1)
    expect(run.log).not.toMatch(/^::error::Unexpected error/m)
  }
  if (scenario.name === 'login') {
    if (run.exitCode === 0) return
    // The runner runs the post step of a cancelled job, with the state that was saved until then.
    const post = await runAction(
      { mode: 'login' },
      { env, cwd: step, state: { ...run.state, isPost: 'true' } }
    )
    expect(post.exitCode).toBe(0)
  }
  const temporary = await readdir(run.runnerTemp)
  expect(temporary.filter((name) => !name.startsWith('ecr-public-plan-'))).toEqual([])
  expect(await listFiles(step)).toEqual(before)
}

/** The files of a folder, at any depth. */
async function listFiles(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

describe.each(SCENARIOS)('$name interrupted at a random moment', (scenario) => {
  it(
    'leaves nothing behind, and the next run repairs everything',
    async () => {
      const moments = fc.sample(
        fc.record({
          way: fc.constantFrom(...WAYS),
          share: fc.double({ min: 0, max: 1.1, noNaN: true })
        }),
        { seed: SEED, numRuns: INTERRUPTIONS_PER_SCENARIO }
      )
      const before = performance.now()
      await interruptOnce(scenario, 'SIGKILL', 60_000)
      const cleanMs = performance.now() - before
      for (const { way, share } of moments) {
        const afterMs = Math.round(share * cleanMs)
        try {
          await interruptOnce(scenario, way, afterMs)
        } catch (error) {
          const what = `${scenario.name}: ${way} after ${afterMs} ms (SEED=${SEED})`
          throw new Error(`${what}\n${(error as Error).message}`, { cause: error })
        }
      }
    },
    isSoak ? 3_600_000 : 300_000
  )
})

async function interruptOnce(scenario: Scenario, way: Way, afterMs: number): Promise<void> {
  const emulator = await startEmulator({ seed: scenario.seed })
  const step = await makeStepFolder(folder, `run ${counts.interruptions}`)
  const inputs = await scenario.inputs(step)
  const env = { ...emulator.env, ...scenarioEnv(step) }
  const before = await listFiles(step)
  const run = await runInterrupted(scenario, inputs, env, step, way, afterMs)
  if (way !== 'SIGKILL') await checkTracks(scenario, run, step, env, before)
  if (run.exitCode === 0) await scenario.checkSuccess(run, emulator, step)
  else if (way !== 'SIGKILL') await scenario.checkFailure(run, emulator, step)
  const repaired = await runAction(inputs, { env, cwd: step })
  expect(repaired.errors).toEqual([])
  await scenario.checkSuccess(repaired, emulator, step)
  await scenario.checkDone?.(emulator)
  await emulator.close()
  await rm(step, { recursive: true, force: true })
}
