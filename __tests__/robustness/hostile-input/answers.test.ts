import fc from 'fast-check'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmulator } from '../../helpers/start-emulator.js'
import { runInProcess } from '../run-in-process.js'
import { makeStepDirectory, scenarioEnv, SCENARIOS } from '../scenarios.js'
import type { Scenario } from '../scenarios.js'
import { startLiar } from '../start-liar.js'
import { FUZZ_TIMEOUT_MS, tellFuzzCounts, tryHostile } from './fuzz.js'
import { changeJson, jsonChange } from './mutations.js'
import type { JsonChange } from './mutations.js'

tellFuzzCounts('answers of the service')

/** More requests than any of the scenarios needs, with all its attempts. */
const MAX_REQUESTS = 400
const HANG_MS = 60_000

/** Which answers of a run are changed, by their number, and how. */
interface Attack {
  readonly scenario: Scenario
  readonly answers: readonly number[]
  readonly changes: readonly JsonChange[]
}

const attack: fc.Arbitrary<Attack> = fc.record({
  scenario: fc.constantFrom(...SCENARIOS),
  answers: fc.array(fc.nat({ max: 14 }), { minLength: 1, maxLength: 3 }),
  changes: fc.array(jsonChange, { minLength: 1, maxLength: 3 })
})

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hostile-answers-'))
})
afterAll(async () => {
  await rm(directory, { recursive: true, force: true })
})

function changeAnswer(body: Buffer, changes: readonly JsonChange[]): Buffer {
  try {
    return Buffer.from(changeJson(JSON.parse(body.toString()), changes))
  } catch {
    return body
  }
}

let runs = 0

async function runAgainst(given: Attack): Promise<void> {
  const { scenario } = given
  const emulator = await startEmulator({ seed: scenario.seed })
  await scenario.prepare?.(emulator)
  const liar = await startLiar(emulator, (body, number) =>
    given.answers.includes(number) ? changeAnswer(body, given.changes) : body
  )
  const step = await makeStepDirectory(directory, `step ${runs++}`)
  try {
    const inputs = { ...(await scenario.inputs(step)), 'max-attempts': '1' }
    const env = {
      ...emulator.env,
      ...scenarioEnv(step),
      RUNNER_TEMP: step,
      AWS_ENDPOINT_URL_ECR_PUBLIC: liar.url
    }
    const run = await runInProcess(inputs, env, HANG_MS)
    expect(liar.requests()).toBeLessThan(MAX_REQUESTS)
    if (run.exitCode === 0) return
    expect(run.errors).toHaveLength(1)
    expect(run.errors[0]).not.toMatch(/^Unexpected error/)
  } finally {
    liar.close()
    await emulator.close()
    await rm(step, { recursive: true, force: true })
  }
}

test(
  'a run ends with a clear error or succeeds, for any response of the service',
  async () => {
    await tryHostile('answers', attack, { small: 25, soak: 1500 }, runAgainst)
  },
  FUZZ_TIMEOUT_MS
)
