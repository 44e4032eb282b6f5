import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runAction } from '../helpers/run-action.js'
import type { ActionRun } from '../helpers/run-action.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { EmulatorRequest, RunningEmulator } from '../helpers/start-emulator.js'
import { makeStepFolder, scenarioEnv, SCENARIOS } from './scenarios.js'
import type { Scenario } from './scenarios.js'

/**
 * Every mode × every call that it makes × every fault. The calls are those that a clean run of the
 * bundle was seen to make, so a call that is added to a mode is in the matrix at once.
 */
const FAULTS = [
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

/** Faults that the operation has no use for are refused by the emulator; only batches can fail in part. */
const BATCHES = ['BatchDeleteImage', 'BatchCheckLayerAvailability']

const isSoak = process.env.SOAK === '1'
/** Which share of the matrix runs: all of it in a soak, else one in so many, another one each day. */
const SHARE = isSoak ? 1 : 12
const SEED = Number(process.env.SEED ?? Math.floor(Date.now() / 86_400_000))

/** How long one run may take, in milliseconds, before it counts as hanging; far above every time-out in it. */
const HANG_MS = 150_000

interface LoggedRequest extends EmulatorRequest {
  readonly route?: string
  readonly fault?: string
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fault-matrix-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

const counts = { cells: 0, runs: 0, faultedCalls: 0, wentThrough: 0, failedClearly: 0 }

/** Runs the step and ends it by force where it hangs. */
async function runBounded(
  inputs: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
  cwd: string
): Promise<ActionRun> {
  let timer: NodeJS.Timeout | undefined
  const run = await runAction(inputs, {
    env,
    cwd,
    onStart: (child) => {
      timer = setTimeout(() => child.kill('SIGKILL'), HANG_MS)
    }
  })
  clearTimeout(timer)
  counts.runs++
  return run
}

/** The calls that a clean run of the scenario makes: operations of the API and routes of the registry side. */
async function listCalls(scenario: Scenario): Promise<string[]> {
  const emulator = await startEmulator({ seed: scenario.seed })
  const step = await makeStepFolder(folder, `${scenario.name} calls`)
  const run = await runBounded(
    await scenario.inputs(step),
    { ...emulator.env, ...scenarioEnv(step) },
    step
  )
  expect(run.errors).toEqual([])
  const requests = (await emulator.requests()) as LoggedRequest[]
  await emulator.close()
  return [...new Set(requests.map(({ operation, route }) => operation ?? route ?? ''))].filter(
    Boolean
  )
}

/** One cell of the matrix: the fault strikes once, or always; then the faults end and the step runs again. */
async function checkCell(
  scenario: Scenario,
  call: string,
  fault: Fault,
  count?: number
): Promise<void> {
  const emulator = await startEmulator({ seed: scenario.seed })
  counts.cells++
  const step = await makeStepFolder(folder, `cell ${counts.cells}`)
  const inputs = { ...(await scenario.inputs(step)), 'max-attempts': '2' }
  const env = { ...emulator.env, ...scenarioEnv(step) }
  await emulator.fault({
    operation: call,
    fault,
    ...(count === undefined ? {} : { count }),
    delayMs: 300
  })
  const run = await runBounded(inputs, env, step)
  const requests = (await emulator.requests()) as LoggedRequest[]
  counts.faultedCalls += requests.filter((request) => request.fault !== undefined).length
  await emulator.clearFaults()
  await checkRun(scenario, run, emulator, step)
  await checkRepair(scenario, inputs, env, step, emulator)
  await emulator.close()
}

async function checkRun(
  scenario: Scenario,
  run: ActionRun,
  emulator: RunningEmulator,
  step: string
): Promise<void> {
  expect(run.stderr).toBe('')
  expect([0, 1]).toContain(run.exitCode)
  if (run.exitCode === 0) {
    counts.wentThrough++
    expect(run.errors).toEqual([])
    await scenario.checkSuccess(run, emulator, step)
  } else {
    counts.failedClearly++
    expect(run.errors).toHaveLength(1)
    expect(run.errors[0]).not.toMatch(/^Unexpected error/)
    await scenario.checkFailure(run, emulator, step)
  }
}

/** After the faults the next run repairs everything, and the one after it finds nothing to do. */
async function checkRepair(
  scenario: Scenario,
  inputs: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
  step: string,
  emulator: RunningEmulator
): Promise<void> {
  const repaired = await runBounded(inputs, env, step)
  expect(repaired.errors).toEqual([])
  await scenario.checkSuccess(repaired, emulator, step)
  if (scenario.name === 'login') return
  const again = await runBounded(inputs, env, step)
  expect(again.errors).toEqual([])
  expect(again.outputs.changed).toBe('false')
}

/** The cells of one scenario that run this time. */
function chooseCells(calls: readonly string[]): { call: string; fault: Fault; count?: number }[] {
  const cells = calls.flatMap((call) =>
    FAULTS.filter((fault) => fault !== 'partial' || BATCHES.includes(call)).flatMap((fault) => [
      { call, fault, count: 1 },
      { call, fault }
    ])
  )
  return cells.filter((_, at) => (at + SEED) % SHARE === 0)
}

describe.each(SCENARIOS)('$name under faults', (scenario) => {
  it(
    'ends right or ends with a clear error, and the next run repairs everything',
    async () => {
      const calls = await listCalls(scenario)
      for (const { call, fault, count } of chooseCells(calls)) {
        try {
          await checkCell(scenario, call, fault, count)
        } catch (error) {
          const cell = `${scenario.name}: ${fault} on ${call}, ${count === 1 ? 'once' : 'always'} (SEED=${SEED})`
          throw new Error(`${cell}\n${(error as Error).message}`, { cause: error })
        }
      }
    },
    isSoak ? 7_200_000 : 600_000
  )
})

afterAll(() => {
  console.log(
    `fault matrix: ${counts.cells} cells, ${counts.runs} runs, ${counts.faultedCalls} faulted calls; ` +
      `${counts.wentThrough} went through, ${counts.failedClearly} ended in a clear error (SEED=${SEED})`
  )
})
