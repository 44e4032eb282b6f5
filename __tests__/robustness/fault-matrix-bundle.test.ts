import pLimit from 'p-limit'
import { isSoak, SEED, tellCounts } from '../helpers/counts.js'
import { asProcess, checkCell, counts, listCallsOfRun, listCells } from './faults.js'
import type { Cell } from './faults.js'
import { SCENARIOS } from './scenarios.js'

/**
 * Every mode × every call × every fault as the runner runs the action: the bundle as a process, with its waits
 * between attempts and its rates. Each meets the fault once or always, by the seed; the other one, and every
 * scenario of the mode, runs within the test's process.
 */

/** One in so many runs, another one with each seed. */
const SHARE = isSoak ? 1 : 25

/** Cells at once: under a fault that strikes always a process mostly waits for its next attempt. */
const AT_ONCE = 6

afterAll(() => tellCounts('fault matrix of the bundle', counts, SEED))

const tried = new Set<string>()
let number = SEED

/** The cells that no scenario before this one had in its place. */
function chooseCells(mode: string, calls: readonly string[]): Cell[] {
  const chosen: Cell[] = []
  for (const { call, fault, count } of listCells(calls)) {
    const name = `${mode} ${call} ${fault}`
    if (tried.has(name)) continue
    tried.add(name)
    if (++number % SHARE !== 0) continue
    const isOnce = Math.floor(number / SHARE) % 2 === 0
    chosen.push({ call, fault, ...(isOnce ? { count } : {}) })
  }
  return chosen
}

describe.each(SCENARIOS)('$name under faults', (scenario) => {
  it(
    'ends right or ends with a clear error, and the next run repairs everything',
    async () => {
      const cells = chooseCells(scenario.mode, await listCallsOfRun(scenario))
      await pLimit(AT_ONCE).map(cells, (cell) => checkCell(scenario, cell, asProcess))
    },
    isSoak ? 7_200_000 : 600_000
  )
})
