import { isSoak, SEED, tellCounts } from '../helpers/counts.js'
import { MODES } from '../../src/runner/inputs/input-specs.js'
import { listCallsOfCode } from './calls-of-the-code.js'
import { checkCell, counts, inProcess, listCallsOfRun, listCells } from './faults.js'
import type { Cell } from './faults.js'
import { FAULT_SCENARIOS } from './scenarios.js'

/**
 * Every mode × every call that it makes × every fault, once and always, within this process. The calls are those
 * that clean runs are seen to make, and these are held to the calls that the code of the mode can come to, so that
 * one that is added is in the matrix, or the test fails.
 */

/**
 * One in so many cells runs, another one with each seed. The number is odd, as the cells alternate between a fault
 * that strikes once and one that strikes always.
 */
const SHARE = isSoak ? 1 : 11

const TIMEOUT_MS = isSoak ? 7_200_000 : 600_000

/** The calls that were seen, by mode. */
const seen = new Map<string, Set<string>>(MODES.map((mode) => [mode, new Set()]))

afterAll(() => tellCounts('fault matrix', counts, SEED))

describe.each(FAULT_SCENARIOS)('$name under faults', (scenario) => {
  let cells: readonly Cell[] = []

  it('succeeds without faults', async () => {
    const calls = await listCallsOfRun(scenario)
    for (const call of calls) seen.get(scenario.mode)?.add(call)
    cells = listCells(calls.filter((call) => scenario.isAbout?.includes(call) ?? true))
  })

  it(
    'ends right or ends with a clear error, and the next run repairs everything',
    async () => {
      for (const [at, cell] of cells.entries()) {
        if ((at + SEED) % SHARE === 0) await checkCell(scenario, cell, inProcess)
      }
    },
    TIMEOUT_MS
  )
})

test.each(MODES)('every call that mode %s can make is in the matrix', (mode) => {
  const calls = [...listCallsOfCode(mode)]
  expect(calls.length).toBeGreaterThan(1)
  expect(calls.filter((call) => seen.get(mode)?.has(call) !== true)).toEqual([])
})
