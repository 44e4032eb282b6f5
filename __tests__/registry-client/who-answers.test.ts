import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, request as sendRequest } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runAction } from '../helpers/run-action.js'
import type { ActionRun } from '../helpers/run-action.js'
import { startEmulator } from '../helpers/start-emulator.js'
import { ANSWER_ROWS, serve } from '../helpers/who-answers.js'
import { runInProcess } from '../robustness/run-in-process.js'
import { makeStepDirectory, scenarioEnv, SCENARIOS } from '../robustness/scenarios.js'
import type { Scenario, StepRun } from '../robustness/scenarios.js'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'who-answers-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name)
  if (found === undefined) throw new Error(`${name} does not exist`)
  return found
}
const SYNC = scenarioNamed('sync-catalog')
const PROMOTION = scenarioNamed('push-tar from another repository')
const CLEANUP = scenarioNamed('cleanup-tags')

/** Starts a server that answers requests to one part of the registry itself, and forwards all others to an emulator. */
async function startRegistry(
  part: 'manifests' | 'blobs',
  listener: RequestListener
): Promise<{ readonly host: string; readonly forwardTo: (url: string) => void }> {
  let target = ''
  const host = await serve((incoming, response) => {
    const { url = '', method = '', headers } = incoming
    if (url.startsWith('/v2/') && url.includes(`/${part}/`)) {
      listener(incoming, response)
      return
    }
    const outgoing = sendRequest(new URL(url, target), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers)
      answer.pipe(response)
    })
    incoming.pipe(outgoing)
  })
  return { host, forwardTo: (url) => void (target = url) }
}

async function run(
  scenario: Scenario,
  part: 'manifests' | 'blobs',
  listener: RequestListener
): Promise<{ readonly step: StepRun; readonly host: string; readonly operations: string[] }> {
  const { host, forwardTo } = await startRegistry(part, listener)
  const emulator = await startEmulator({ seed: scenario.seed, registryHost: host })
  forwardTo(emulator.url)
  await scenario.prepare?.(emulator)
  await emulator.clearRequests()
  const own = await makeStepDirectory(directory, 'step')
  const env = {
    ...emulator.env,
    ...scenarioEnv(own),
    GITHUB_WORKSPACE: own,
    RUNNER_TEMP: own
  }
  const step = await runInProcess(await scenario.inputs(own), env, 60_000)
  return { step, host, operations: await emulator.operations() }
}

/** A manifest that does not exist is not an error: an index can list images that were never pushed. */
const isError = (answer: string, part: string, { mode }: Scenario): boolean =>
  !(answer.startsWith('404') && part === 'manifests' && mode === 'sync-catalog')

describe.each([SYNC, PROMOTION])('$name', (scenario) => {
  describe.each(['manifests', 'blobs'] as const)('a registry that answers a read of %s', (part) => {
    test.each(ANSWER_ROWS)('with %s is named', async (answer, listener) => {
      const { step, host } = await run(scenario, part, listener)
      expect(step.exitCode).toBe(isError(answer, part, scenario) ? 1 : 0)
      for (const error of step.errors) {
        expect(error).toContain(host)
        expect(error).not.toMatch(/Amazon|AWS|Unexpected/)
      }
    })
  })

  test.each(ANSWER_ROWS)(
    'the host of the blobs that answers with %s is named',
    async (_, answer) => {
      const cdn = await serve(answer)
      const { step } = await run(scenario, 'blobs', (_request, response) => {
        response.writeHead(307, { location: `http://${cdn}/blob` }).end()
      })
      expect([step.exitCode, step.errors]).toEqual([1, [expect.stringContaining(cdn)]])
    }
  )
})

test.each([SYNC, PROMOTION])(
  'a registry whose name does not exist is named in $name',
  async (scenario) => {
    const registryHost = 'registry.invalid'
    const emulator = await startEmulator({ seed: scenario.seed, registryHost })
    await scenario.prepare?.(emulator)
    const own = await makeStepDirectory(directory, 'step')
    const env = { ...emulator.env, ...scenarioEnv(own), GITHUB_WORKSPACE: own, RUNNER_TEMP: own }
    const { errors } = await runInProcess(await scenario.inputs(own), env, 60_000)
    expect(errors).toEqual([
      expect.stringMatching(
        /No response from registry\.invalid\. The name of the host cannot be resolved\..* Allow the runner to connect to registry\.invalid/
      )
    ])
  }
)

describe('cleanup-tags', () => {
  test.each(ANSWER_ROWS)(
    'deletes no image if the registry answers with %s',
    async (_, listener) => {
      const { step, operations } = await run(CLEANUP, 'manifests', listener)
      const deletions = JSON.parse(step.outputs['deleted-images'] ?? '[]') as unknown[]
      expect([step.exitCode, deletions]).toEqual([0, []])
      expect(operations).toContain('DescribeImages')
    }
  )
})

/** Runs the bundle with a proxy without TLS that answers requests to the registry itself. */
async function runBehindProxy(
  inputs: Readonly<Record<string, string>>,
  status: number
): Promise<{ readonly step: ActionRun; readonly proxy: string }> {
  const proxy = await serve((_request, response) => void response.writeHead(status).end('<html>'))
  const platforms = ['linux/amd64', 'linux/arm64']
  const images = ['v1', 'v2'].map((tag) => ({ tags: [{ tag }], platforms }))
  // The proxy is not used for `localhost`, at which the API is.
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  const emulator = await startEmulator({
    seed: { repositories: [{ name: 'team/app', images }] },
    registryHost: `127.0.0.1:${String(port)}`
  })
  const env = {
    ...emulator.env,
    AWS_ENDPOINT_URL_ECR_PUBLIC: emulator.url.replace('127.0.0.1', 'localhost'),
    http_proxy: `http://me:hunter2@${proxy}`,
    no_proxy: 'localhost'
  }
  const step = await runAction(inputs, { env })
  expect(step.log.replaceAll(/^::add-mask::.*$/gm, '')).not.toContain('hunter2')
  return { step, proxy }
}

describe('a proxy without TLS between the action and the registry', () => {
  test.each([[403], [407]])('is named in an error if it answers with %i', async (status) => {
    for (const inputs of [
      { mode: 'sync-catalog', repository: 'team/app', architectures: 'auto', description: 'x' },
      { mode: 'push-tar', repository: 'team/app', from: 'team/app:v1', 'image-tags': 'v2' }
    ]) {
      const { step, proxy } = await runBehindProxy(inputs, status)
      expect(step.errors).toEqual([
        expect.stringContaining(`The proxy ${proxy} (environment variable http_proxy) refused`)
      ])
    }
  })

  test('is named in the warning of cleanup-tags', async () => {
    const inputs = {
      mode: 'cleanup-tags',
      repository: 'team/app',
      'keep-latest': '1',
      untagged: 'true'
    }
    const { step, proxy } = await runBehindProxy(inputs, 403)
    expect(step.log).toMatch(
      new RegExp(
        `::warning::Cannot read the manifest .*The proxy ${proxy} .*refused the request to`
      )
    )
  })
})
