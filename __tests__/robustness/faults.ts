import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SEED } from '../helpers/counts.js'
import { runAction } from '../helpers/run-action.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { EmulatorRequest, RunningEmulator } from '../helpers/start-emulator.js'
import { afterBusyTime } from './busy-time.js'
import { checkPlan } from './check-plan.js'
import { readRegistryState } from './registry-state.js'
import { runInProcess } from './run-in-process.js'
import { makeStepDirectory, scenarioEnv } from './scenarios.js'
import type { Scenario, StepRun } from './scenarios.js'

/** All that can go wrong with a call. */
export const FAULTS = [
  'throttle',
  'server-error',
  'reset-before',
  'reset-after',
  'slow',
  'truncate',
  'malformed',
  'wrong-content-type',
  'expired-token',
  'access-denied',
  'partial'
] as const
type Fault = (typeof FAULTS)[number]

/** The emulator rejects faults that an operation does not support. Only batch operations can fail partially. */
const BATCHES = ['BatchDeleteImage', 'BatchCheckLayerAvailability']

/** How long one run may take, in milliseconds, before it counts as hanging; far above every time-out in it. */
const HANG_MS = 150_000

interface LoggedRequest extends EmulatorRequest {
  readonly route?: string
  readonly fault?: string
}

/** How a step is run. */
export type Run = (
  inputs: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
  cwd: string
) => Promise<StepRun>

/** What the tests of a file have tried. */
export const counts = {
  cells: 0,
  storms: 0,
  runs: 0,
  'faulted runs': 0,
  'faulted runs of the bundle': 0,
  'faulted calls': 0,
  'went through': 0,
  'ended in a clear error': 0
}

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faults-'))
})
afterAll(async () => {
  await rm(directory, { recursive: true, force: true })
})

/** Runs a step within this process. */
export const inProcess: Run = (inputs, env) => runInProcess(inputs, env, HANG_MS)

/** Runs the bundle and kills it if it hangs. */
export const asProcess: Run = async (inputs, env, cwd) => {
  let stop = (): void => undefined
  const run = await runAction(inputs, {
    env,
    cwd,
    onStart: (child) => {
      stop = afterBusyTime(HANG_MS, () => void child.kill('SIGKILL'))
    }
  })
  stop()
  expect(run.stderr).toBe('')
  return run
}

/** A scenario that is set up in a registry and a directory of its own. */
export interface Stage {
  readonly emulator: RunningEmulator
  readonly step: string
  readonly isProcess: boolean
  readonly run: () => Promise<StepRun>
}

let stages = 0

/** Sets a scenario up, to be run in this way. */
export async function setUp(scenario: Scenario, run: Run, maxAttempts: number): Promise<Stage> {
  const emulator = await startEmulator({
    seed: scenario.seed,
    ...(scenario.allow === undefined ? {} : { allow: scenario.allow })
  })
  await scenario.prepare?.(emulator)
  const step = await makeStepDirectory(directory, `step ${stages++}`)
  const inputs = { ...(await scenario.inputs(step)), 'max-attempts': String(maxAttempts) }
  const env = { ...emulator.env, ...scenarioEnv(step), RUNNER_TEMP: step }
  return {
    emulator,
    step,
    isProcess: run === asProcess,
    run: () => {
      counts.runs++
      return run(inputs, env, step)
    }
  }
}

/** Takes away what `setUp` made. */
export async function takeDown({ emulator, step }: Stage): Promise<void> {
  await emulator.close()
  await rm(step, { recursive: true, force: true })
}

/** The calls that a clean run of the scenario makes: operations of the API and routes of the registry side. */
export async function listCallsOfRun(scenario: Scenario): Promise<string[]> {
  const stage = await setUp(scenario, inProcess, 2)
  await stage.emulator.clearRequests()
  expect((await stage.run()).errors).toEqual([])
  const requests = (await stage.emulator.requests()) as LoggedRequest[]
  await scenario.checkDone?.(stage.emulator)
  await takeDown(stage)
  return [...new Set(requests.map(({ operation, route }) => operation ?? route ?? ''))].filter(
    (call) => call !== ''
  )
}

/** Runs a scenario with faults and checks its result. Faults are off while the registry is read. */
export async function checkUnderFaults(
  scenario: Scenario,
  { emulator, step, ...stage }: Stage,
  faults: readonly Readonly<Record<string, unknown>>[],
  run: Run
): Promise<void> {
  const before = await readRegistryState(emulator)
  for (const fault of faults) await emulator.fault(fault)
  await emulator.clearRequests()
  const result = await stage.run()
  const requests = (await emulator.requests()) as LoggedRequest[]
  await emulator.clearFaults()
  const faulted = requests.filter(({ fault }) => fault !== undefined).length
  counts['faulted calls'] += faulted
  if (faulted > 0) counts['faulted runs']++
  if (faulted > 0 && run === asProcess) counts['faulted runs of the bundle']++
  await checkRun(scenario, result, emulator, step)
  checkPlan(result, before, await readRegistryState(emulator))
}

async function checkRun(
  scenario: Scenario,
  run: StepRun,
  emulator: RunningEmulator,
  step: string
): Promise<void> {
  expect([0, 1]).toContain(run.exitCode)
  if (run.exitCode === 0) {
    counts['went through']++
    expect(run.errors).toEqual([])
    await scenario.checkSuccess(run, emulator, step)
  } else {
    counts['ended in a clear error']++
    expect(run.errors).toHaveLength(1)
    expect(run.errors[0]).not.toMatch(/^Unexpected error/)
    await scenario.checkFailure(run, emulator, step)
  }
}

/**
 * After the faults the next run repairs everything, and the one after it finds nothing to do. The latter is left
 * out for the bundle: it is the same code, and a process for each of so many cells takes long.
 */
export async function checkRepair(
  scenario: Scenario,
  { run, emulator, step, isProcess }: Stage
): Promise<void> {
  const before = await readRegistryState(emulator)
  const repaired = await run()
  expect(repaired.errors).toEqual([])
  await scenario.checkSuccess(repaired, emulator, step)
  await scenario.checkDone?.(emulator)
  checkPlan(repaired, before, await readRegistryState(emulator))
  if (scenario.name === 'login' || isProcess) return
  const again = await run()
  expect(again.errors).toEqual([])
  expect(again.outputs.changed).toBe('false')
}

/** One cell of the matrix: the fault strikes once, or always. */
export interface Cell {
  readonly call: string
  readonly fault: Fault
  readonly count?: number
}

/** Every fault at every call, once and always. */
export function listCells(calls: readonly string[]): Cell[] {
  return calls.flatMap((call) =>
    FAULTS.filter((fault) => fault !== 'partial' || BATCHES.includes(call)).flatMap((fault) => [
      { call, fault, count: 1 },
      { call, fault }
    ])
  )
}

/** Runs the scenario under the fault of the cell, and then without. @throws Error that names the cell */
export async function checkCell(scenario: Scenario, cell: Cell, run: Run): Promise<void> {
  const { call, fault, count } = cell
  counts.cells++
  const stage = await setUp(scenario, run, 2)
  const rule = {
    operation: call,
    fault,
    ...(count === undefined ? {} : { count }),
    delayMs: run === inProcess ? 20 : 300
  }
  try {
    await checkUnderFaults(scenario, stage, [rule], run)
    await checkRepair(scenario, stage)
  } catch (error) {
    const times = count === 1 ? 'once' : 'always'
    throw new Error(
      `${scenario.name}: ${fault} on ${call}, ${times} (SEED=${SEED})\n${(error as Error).message}`,
      { cause: error }
    )
  }
  await takeDown(stage)
}
