import fc from 'fast-check'
import { isSoak, SEED, tellCounts } from '../helpers/counts.js'
import {
  checkRepair,
  checkUnderFaults,
  counts,
  FAULTS,
  inProcess,
  setUp,
  takeDown
} from './faults.js'
import { FAULT_SCENARIOS } from './scenarios.js'
import type { Scenario } from './scenarios.js'

/** How often each scenario is put under faults that strike any call at random, for a few runs one after another. */
const STORMS = isSoak ? 55 : 2

afterAll(() => tellCounts('storms of faults', counts, SEED))

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

describe.each(FAULT_SCENARIOS)('$name with random faults', (scenario) => {
  it(
    'ends right or ends with a clear error, and the next run repairs everything',
    async () => {
      const storms = fc.sample(
        fc.record({
          runs: fc.integer({ min: 2, max: 8 }),
          probability: fc.constantFrom(0.05, 0.2, 0.5, 0.8),
          maxAttempts: fc.integer({ min: 1, max: 6 }),
          seed: fc.nat()
        }),
        { numRuns: STORMS }
      )
      for (const storm of storms) await checkStorm(scenario, storm)
    },
    isSoak ? 7_200_000 : 600_000
  )
})
