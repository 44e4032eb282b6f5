import fc from 'fast-check'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runAction } from '../helpers/run-action.js'
import type { ActionRun } from '../helpers/run-action.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'
import { afterBusyTime } from './busy-time.js'
import { isSoak, SEED, tellCounts } from '../helpers/counts.js'
import { hasEnded } from '../helpers/has-ended.js'
import { checkPlan } from './check-plan.js'
import { readRegistryState } from './registry-state.js'
import { makeStepDirectory, scenarioEnv, SCENARIOS } from './scenarios.js'
import type { Scenario } from './scenarios.js'

/**
 * How a run is ended from outside. `runner` is what GitHub's runner does to a cancelled step: SIGINT,
 * SIGTERM 7.5 s later, SIGKILL 2.5 s after that (actions/runner, ProcessInvoker).
 */
const WAYS = ['SIGINT', 'SIGTERM', 'SIGKILL', 'runner'] as const
type Way = (typeof WAYS)[number]

/** Of runs that were not over before; what comes later is tried, and counts apart. */
const INTERRUPTIONS_PER_SCENARIO = isSoak ? 57 : 4
/** How long a run may go on after a signal that it can catch, in milliseconds, before it counts as hanging. */
const ENDING_TIMEOUT_MS = 10_000

let directory: string
const counts = { interruptions: 0, 'came after the end': 0 }
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interruptions-'))
})
afterAll(async () => {
  await rm(directory, { recursive: true, force: true })
  tellCounts('interruptions', counts, SEED)
})

/** When a run is interrupted: so long after its start, or after it sent the request of this number. */
interface Moment {
  readonly way: Way
  /** Of all requests of a clean run, from 0. */
  readonly request?: number
  readonly afterMs: number
}

/** Runs a step and interrupts it. */
async function runInterrupted(
  scenario: Scenario,
  inputs: Readonly<Record<string, string>>,
  options: Readonly<{ env: Readonly<Record<string, string>>; cwd: string }>,
  { way, request, afterMs }: Moment,
  emulator: RunningEmulator
): Promise<ActionRun> {
  const timers: NodeJS.Timeout[] = []
  let stop = (): void => undefined
  const killed: boolean[] = []
  const run = await runAction(inputs, {
    ...options,
    onStart: (child) => {
      const interrupt = (): void => {
        const first = way === 'runner' ? 'SIGINT' : way
        timers.push(setTimeout(() => child.kill(first), afterMs))
        if (way === 'runner') timers.push(setTimeout(() => child.kill('SIGTERM'), afterMs + 7_500))
        stop = afterBusyTime(
          afterMs + ENDING_TIMEOUT_MS,
          () => void killed.push(child.kill('SIGKILL'))
        )
      }
      let requests = 0
      if (request === undefined) interrupt()
      else
        emulator.onRequest(() => {
          if (requests++ === request) interrupt()
        })
    }
  })
  for (const timer of timers) clearTimeout(timer)
  stop()
  counts[run.exitCode === 0 ? 'came after the end' : 'interruptions']++
  if (killed.includes(true))
    throw new Error(`${scenario.name} did not end within ${ENDING_TIMEOUT_MS} ms of ${way}`)
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

/** The files of a directory, at any depth. */
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
      const clean = await measure(scenario)
      const moments = fc.sample(
        fc.record({
          way: fc.constantFrom(...WAYS),
          share: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
          delayMs: fc.option(fc.nat({ max: 12 }), { nil: undefined, freq: 2 })
        }),
        // The machine can be faster than during the measured run, so that many moments come after the end.
        { numRuns: 10 * INTERRUPTIONS_PER_SCENARIO }
      )
      let hits = 0
      for (const { way, share, delayMs } of moments) {
        if (hits === INTERRUPTIONS_PER_SCENARIO) return
        const moment =
          delayMs === undefined
            ? { way, afterMs: Math.round(share * clean.milliseconds) }
            : { way, request: Math.floor(share * clean.requests), afterMs: delayMs }
        try {
          if (await interruptOnce(scenario, moment)) hits++
        } catch (error) {
          const what = `${scenario.name}: ${JSON.stringify(moment)} (SEED=${SEED})`
          throw new Error(`${what}\n${(error as Error).message}`, { cause: error })
        }
      }
      throw new Error(`only ${hits} of ${moments.length} interruptions came before the end`)
    },
    isSoak ? 3_600_000 : 300_000
  )
})

/** The duration and the number of requests of an uninterrupted run. */
async function measure(scenario: Scenario): Promise<{ milliseconds: number; requests: number }> {
  const emulator = await startEmulator({ seed: scenario.seed })
  await scenario.prepare?.(emulator)
  const step = await makeStepDirectory(directory, 'clean')
  const inputs = await scenario.inputs(step)
  let requests = 0
  emulator.onRequest(() => {
    requests++
  })
  const start = performance.now()
  const run = await runAction(inputs, {
    env: { ...emulator.env, ...scenarioEnv(step) },
    cwd: step
  })
  const milliseconds = performance.now() - start
  expect(run.errors).toEqual([])
  await emulator.close()
  await rm(step, { recursive: true, force: true })
  return { milliseconds, requests }
}

/** @returns whether the interruption came before the end of the run */
async function interruptOnce(scenario: Scenario, moment: Moment): Promise<boolean> {
  const isKilled = moment.way === 'SIGKILL'
  const emulator = await startEmulator({ seed: scenario.seed })
  await scenario.prepare?.(emulator)
  const step = await makeStepDirectory(directory, `run ${runs++}`)
  const inputs = await scenario.inputs(step)
  const env = { ...emulator.env, ...scenarioEnv(step) }
  const before = await listFiles(step)
  const state = await readRegistryState(emulator)
  const run = await runInterrupted(scenario, inputs, { env, cwd: step }, moment, emulator)
  if (!isKilled) await checkTracks(scenario, run, step, env, before)
  if (run.exitCode === 0) await scenario.checkSuccess(run, emulator, step)
  // A login that is killed at once can take nothing back.
  else if (!isKilled || scenario.mode !== 'login') await scenario.checkFailure(run, emulator, step)
  checkPlan(run, state, await readRegistryState(emulator))
  const repaired = await runAction(inputs, { env, cwd: step })
  expect(repaired.errors).toEqual([])
  await scenario.checkSuccess(repaired, emulator, step)
  await scenario.checkDone?.(emulator)
  await emulator.close()
  await rm(step, { recursive: true, force: true })
  return run.exitCode !== 0
}

let runs = 0

describe('a run that waits', () => {
  it.each(SCENARIOS)('for a service that does not answer ends soon: $name', async (scenario) => {
    const emulator = await startEmulator({ seed: scenario.seed })
    const step = await makeStepDirectory(directory, `waits ${runs++}`)
    const inputs = await scenario.inputs(step)
    const env = { ...emulator.env, ...scenarioEnv(step) }
    const before = await listFiles(step)
    await emulator.fault({ operation: '*', fault: 'slow', delayMs: 600_000 })
    const moment = { way: 'runner', request: 0, afterMs: 0 } as const
    const run = await runInterrupted(scenario, inputs, { env, cwd: step }, moment, emulator)
    expect(run.exitCode).toBe(1)
    expect(run.errors).toEqual([expect.stringContaining('cancelled (SIGINT)')])
    await checkTracks(scenario, run, step, env, before)
  })

  it('for a program that saves an image ends it, and leaves nothing of what it wrote', async () => {
    const emulator = await startEmulator({ seed: { repositories: [{ name: 'team/app' }] } })
    const step = await makeStepDirectory(directory, 'saves an image')
    const [docker, pid] = [join(step, 'docker'), join(step, 'pid')]
    await writeFile(docker, `#!/bin/sh\necho half an image\necho $$ > '${pid}'\nexec sleep 600\n`)
    await chmod(docker, 0o755)
    const inputs = { mode: 'push-tar', repository: 'team/app', image: 'app:v1' }
    const env = { ...emulator.env, PATH: `${step}:${process.env.PATH ?? ''}` }
    const run = await runAction(inputs, {
      env,
      cwd: step,
      onStart: (child) => {
        const watcher = setInterval(() => {
          if (!existsSync(pid) || readFileSync(pid, 'utf8') === '') return
          clearInterval(watcher)
          child.kill('SIGINT')
        }, 10)
      }
    })
    counts.interruptions++
    expect(run.exitCode).toBe(1)
    expect(run.errors).toEqual([expect.stringContaining('cancelled (SIGINT)')])
    expect(await readdir(run.runnerTemp)).toEqual([])
    expect(await hasEnded(Number(readFileSync(pid, 'utf8')))).toBe(true)
  })
})
