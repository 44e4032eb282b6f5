import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createQuerySender } from '../../src/cleanup-tags/github/send-query.js'
import { createRole } from '../../src/ecr-public/role/role.js'
import { createRequestSender } from '../../src/http/request-sender.js'
import { createStallLimit } from '../../src/http/stall-limit.js'
import { makeDeps } from '../helpers/make-deps.js'
import { startEmulator } from '../helpers/start-emulator.js'
import { startFront } from '../helpers/start-front.js'
import type { Front } from '../helpers/start-front.js'
import { runInProcess } from './run-in-process.js'
import { SCENARIOS, makeStepDirectory, scenarioEnv } from './scenarios.js'
import type { Scenario, StepRun } from './scenarios.js'

/** Instead of 90 s. The other timeouts are longer, so that only the limit can end a run. */
const LIMIT_MS = 1500
/** A run that does not end in this time fails the test. */
const HANGING_MS = 30_000

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hanging-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

interface HangingRun {
  readonly run: StepRun
  readonly front: Front
}

/** Runs a scenario against an emulator that stops to respond to the matching requests. */
async function runHanging(
  scenario: Scenario,
  hangs: (request: IncomingMessage) => boolean
): Promise<HangingRun> {
  let url = ''
  const front = await startFront(() => url, hangs)
  const { seed, allow } = scenario
  const options = { seed, registryHost: front.host, ...(allow === undefined ? {} : { allow }) }
  const emulator = await startEmulator(options)
  ;({ url } = emulator)
  await scenario.prepare?.(emulator)
  const step = await makeStepDirectory(directory, 'step')
  const env = {
    ...emulator.env,
    ...scenarioEnv(step),
    GITHUB_WORKSPACE: step,
    RUNNER_TEMP: step,
    AWS_ENDPOINT_URL_ECR_PUBLIC: front.url
  }
  const stallLimit = createStallLimit(LIMIT_MS)
  const run = await runInProcess(await scenario.inputs(step), env, HANGING_MS, { stallLimit })
  return { run, front }
}

const isApi = ({ headers }: IncomingMessage): boolean => headers['x-amz-target'] !== undefined
const isRegistry = ({ url = '' }: IncomingMessage): boolean => url.startsWith('/v2/')

/** One scenario per mode, and the one that reads blobs as streams. */
const RUNS = SCENARIOS.filter(({ name, mode }) =>
  [mode, 'push-tar of a docker-archive', 'push-tar from another repository'].includes(name)
)

describe.each(RUNS)('$name', (scenario) => {
  test.each([0, 2])('ends if the API hangs after %i responses', async (responses) => {
    let calls = 0
    const { run, front } = await runHanging(scenario, (each) => isApi(each) && ++calls > responses)
    if (front.hanging() === 0) return
    expect(run.errors.join()).toMatch(/Amazon ECR Public|127\.0\.0\.1/)
    expect(run.errors.join()).toContain('The server did not respond for 1.5 s')
    expect(run.exitCode).toBe(1)
  })

  test('ends if the registry hangs', async () => {
    const { run, front } = await runHanging(scenario, isRegistry)
    if (front.hanging() === 0 || run.exitCode === 0) return
    expect(run.errors.join()).toContain(front.host)
  })
})

test('push-tar with wait: true ends if the registry hangs after the push', async () => {
  const push = RUNS.find(({ name }) => name === 'push-tar of a docker-archive')!
  const scenario: Scenario = {
    ...push,
    inputs: async (step) => ({ ...(await push.inputs(step)), wait: 'true' })
  }
  const { run } = await runHanging(scenario, isRegistry)
  expect(run.errors).toEqual([
    expect.stringMatching(/^The image was pushed, but the registry does not respond.*for 1\.5 s/)
  ])
})

const ROLE = 'arn:aws:iam::123456789012:role/ci'

test.each([
  ['token endpoint of GitHub', 'ACTIONS_ID_TOKEN_REQUEST_URL', "GitHub's OIDC token endpoint"],
  ['STS endpoint', 'AWS_ENDPOINT_URL_STS', 'AWS STS']
])('a role is not assumed if the %s hangs', async (_name, variable, party) => {
  const emulator = await startEmulator()
  const front = await startFront(
    () => emulator.url,
    () => true
  )
  const env = {
    AWS_ENDPOINT_URL_STS: emulator.url,
    ACTIONS_ID_TOKEN_REQUEST_URL: `${emulator.url}/_emulator/id-token`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token',
    [variable]: front.url
  }
  const deps = makeDeps({ env })
  const role = createRole({
    ...deps,
    arn: ROLE,
    sessionName: 'test',
    endpoints: { sts: env.AWS_ENDPOINT_URL_STS, useDualStack: false, useFips: false },
    maxAttempts: 20,
    backoff: () => 0,
    sendRequest: createRequestSender(env, { stallLimit: createStallLimit(LIMIT_MS) })
  })
  const attempt = role.getCredentials()
  await expect(attempt).rejects.toThrow(party)
  await expect(attempt).rejects.toThrow('The server did not respond for 1.5 s')
  expect(front.hanging()).toBe(1)
})

test('a query ends if the API of GitHub hangs', async () => {
  const front = await startFront(
    () => '',
    () => true
  )
  const deps = makeDeps({ env: { GITHUB_GRAPHQL_URL: `${front.url}/graphql` } })
  const stallLimit = createStallLimit(LIMIT_MS)
  const send = await createQuerySender('t', 20, deps, createRequestSender({}, { stallLimit }))
  await expect(send('query { viewer { login } }')).rejects.toThrow(
    `Cannot read the pull requests from ${front.host}. The request failed: The server did not respond for 1.5 s.`
  )
  expect(front.hanging()).toBe(1)
})
