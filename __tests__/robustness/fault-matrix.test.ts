import fc from 'fast-check'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runAction } from '../helpers/run-action.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { EmulatorRequest, RunningEmulator } from '../helpers/start-emulator.js'
import { afterBusyTime } from './busy-time.js'
import { isSoak, SEED, tellCounts } from '../helpers/counts.js'
import { runInProcess } from './run-in-process.js'
import { FAULT_SCENARIOS, makeStepFolder, scenarioEnv, SCENARIOS } from './scenarios.js'
import type { Scenario, StepRun } from './scenarios.js'

/**
 * Every mode × every call that it makes × every fault. The calls are those that a clean run is seen to make, and
 * these are held to the calls that the code has, so that one that is added is in the matrix, or the test fails.
 * Most cells run within this process; some run the bundle as the runner does.
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

/**
 * One in so many cells runs, another one with each seed: within this process, and as a process. The numbers are
 * odd, as the cells alternate between a fault that strikes once and one that strikes always.
 */
const SHARES = isSoak ? { inProcess: 1, asProcess: 9 } : { inProcess: 11, asProcess: 101 }
/** How often each scenario is put under faults that strike any call at random, for a few runs one after another. */
const STORMS = isSoak ? 110 : 2

/** How long one run may take, in milliseconds, before it counts as hanging; far above every time-out in it. */
const HANG_MS = 150_000

interface LoggedRequest extends EmulatorRequest {
  readonly route?: string
  readonly fault?: string
}

type Run = (
  inputs: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
  cwd: string
) => Promise<StepRun>

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fault-matrix-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
  tellCounts('fault matrix', counts, SEED)
})

const counts = {
  cells: 0,
  storms: 0,
  runs: 0,
  'faulted runs': 0,
  'faulted runs of the bundle': 0,
  'faulted calls': 0,
  'went through': 0,
  'ended in a clear error': 0
}

const inProcess: Run = (inputs, env) => runInProcess(inputs, env, HANG_MS)

/** Runs the bundle, and ends it by force where it hangs. */
const asProcess: Run = async (inputs, env, cwd) => {
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

/** A scenario that is set up in a registry and a folder of its own. */
interface Stage {
  readonly emulator: RunningEmulator
  readonly step: string
  readonly inputs: Readonly<Record<string, string>>
  readonly run: () => Promise<StepRun>
}

async function setUp(scenario: Scenario, run: Run, maxAttempts: number): Promise<Stage> {
  const emulator = await startEmulator({
    seed: scenario.seed,
    ...(scenario.allow === undefined ? {} : { allow: scenario.allow })
  })
  const step = await makeStepFolder(folder, `step ${counts.cells + counts.storms}`)
  const inputs = { ...(await scenario.inputs(step)), 'max-attempts': String(maxAttempts) }
  const env = { ...emulator.env, ...scenarioEnv(step), RUNNER_TEMP: step }
  return {
    emulator,
    step,
    inputs,
    run: () => {
      counts.runs++
      return run(inputs, env, step)
    }
  }
}

async function takeDown({ emulator, step }: Stage): Promise<void> {
  await emulator.close()
  await rm(step, { recursive: true, force: true })
}

/** The calls that a clean run of the scenario makes: operations of the API and routes of the registry side. */
async function listCalls(scenario: Scenario): Promise<string[]> {
  const stage = await setUp(scenario, inProcess, 2)
  expect((await stage.run()).errors).toEqual([])
  const requests = (await stage.emulator.requests()) as LoggedRequest[]
  await scenario.checkDone?.(stage.emulator)
  await takeDown(stage)
  return [...new Set(requests.map(({ operation, route }) => operation ?? route ?? ''))].filter(
    (call) => call !== ''
  )
}

/** A run under faults, and what must hold after it. They are left out while the registry is looked at. */
async function checkUnderFaults(
  scenario: Scenario,
  { emulator, step, ...stage }: Stage,
  faults: readonly Readonly<Record<string, unknown>>[],
  run: Run
): Promise<void> {
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

/** After the faults the next run repairs everything, and the one after it finds nothing to do. */
async function checkRepair(scenario: Scenario, { run, emulator, step }: Stage): Promise<void> {
  const repaired = await run()
  expect(repaired.errors).toEqual([])
  await scenario.checkSuccess(repaired, emulator, step)
  await scenario.checkDone?.(emulator)
  if (scenario.name === 'login') return
  const again = await run()
  expect(again.errors).toEqual([])
  expect(again.outputs.changed).toBe('false')
}

/** One cell of the matrix: the fault strikes once, or always. */
interface Cell {
  readonly call: string
  readonly fault: Fault
  readonly count?: number
}

function listCells(calls: readonly string[]): Cell[] {
  return calls.flatMap((call) =>
    FAULTS.filter((fault) => fault !== 'partial' || BATCHES.includes(call)).flatMap((fault) => [
      { call, fault, count: 1 },
      { call, fault }
    ])
  )
}

async function checkCell(scenario: Scenario, cell: Cell, run: Run): Promise<void> {
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

/** Any call may meet any fault, this often. */
interface Storm {
  readonly runs: number
  readonly probability: number
  readonly maxAttempts: number
  readonly seed: number
}

async function checkStorm(scenario: Scenario, storm: Storm): Promise<void> {
  counts.storms++
  const stage = await setUp(scenario, inProcess, storm.maxAttempts)
  const faults = (run: number): Readonly<Record<string, unknown>>[] =>
    FAULTS.map((fault, at) => ({
      operation: '*',
      fault,
      probability: storm.probability / FAULTS.length,
      seed: storm.seed + run * FAULTS.length + at,
      delayMs: 5
    }))
  try {
    // A login that went through leaves its credential there, which one that failed must not.
    const runs = scenario.name === 'login' ? 1 : storm.runs
    for (let run = 0; run < runs; run++) {
      await checkUnderFaults(scenario, stage, faults(run), inProcess)
    }
    await checkRepair(scenario, stage)
  } catch (error) {
    const what = `${scenario.name}: storm ${JSON.stringify(storm)} (SEED=${SEED})`
    throw new Error(`${what}\n${(error as Error).message}`, { cause: error })
  }
  await takeDown(stage)
}

const TIMEOUT_MS = isSoak ? 7_200_000 : 600_000
const seen = new Set<string>()

describe.each(FAULT_SCENARIOS)('$name under faults', (scenario) => {
  let cells: readonly Cell[] = []

  it('goes through without them', async () => {
    const calls = await listCalls(scenario)
    for (const call of calls) seen.add(call)
    cells = listCells(calls)
  })

  it(
    'ends right or ends with a clear error, and the next run repairs everything',
    async () => {
      for (const [at, cell] of cells.entries()) {
        if ((at + SEED) % SHARES.inProcess === 0) await checkCell(scenario, cell, inProcess)
      }
    },
    TIMEOUT_MS
  )

  it(
    'does so as the runner runs it',
    async () => {
      if (!SCENARIOS.includes(scenario)) return
      for (const [at, cell] of cells.entries()) {
        if ((at + SEED) % SHARES.asProcess === 0) await checkCell(scenario, cell, asProcess)
      }
    },
    TIMEOUT_MS
  )

  it(
    'does so where faults strike at random',
    async () => {
      const storms = fc.sample(
        fc.record({
          runs: fc.integer({ min: 2, max: 8 }),
          probability: fc.constantFrom(0.05, 0.2, 0.5, 0.8),
          maxAttempts: fc.integer({ min: 1, max: 6 }),
          seed: fc.nat()
        }),
        { seed: SEED, numRuns: STORMS }
      )
      for (const storm of storms) await checkStorm(scenario, storm)
    },
    TIMEOUT_MS
  )
})

test('every call that the code can make is in the matrix', async () => {
  const source = join(import.meta.dirname, '..', '..', 'src')
  const files = await readdir(source, { recursive: true })
  const commands = new Set<string>()
  for (const file of files) {
    if (!file.endsWith('.ts') || /^(?:emulator|start)[\\/]/.test(file)) continue
    const text = await readFile(join(source, file), 'utf8')
    for (const [, name = ''] of text.matchAll(/new ([A-Z]\w+)Command\(/g)) commands.add(name)
  }
  expect(commands.size).toBeGreaterThan(15)
  // What is read over /v2/ and from the token endpoint (src/registry).
  const routes = ['GetManifest', 'GetBlob', 'GetReferrers', 'GetToken']
  expect([...commands, ...routes].filter((call) => !seen.has(call))).toEqual([])
})
