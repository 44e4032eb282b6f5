import fc from 'fast-check'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildImage, writeDockerArchive } from '../helpers/archives.js'
import { isSoak, SEED, tellCounts } from '../helpers/counts.js'
import { runAction } from '../helpers/run-action.js'
import type { ActionRun } from '../helpers/run-action.js'
import { startEmulator } from '../helpers/start-emulator.js'
import { OUTPUT_SPECS } from '../../src/runner/output-specs.js'
import { makeStepDirectory, scenarioEnv, SCENARIOS } from './scenarios.js'
import { startLiar } from './start-liar.js'

/** How often each scenario runs against a service whose texts are spoiled. */
const RUNS = isSoak ? 15 : 2
const counts = { 'spoiled runs': 0 }
afterAll(() => tellCounts('log injection', counts, SEED))

/** What an attacker puts into every name and text that the action may show. */
const PAYLOADS = [
  '::set-output name=digest::forged',
  '\n::add-mask::forged',
  '\r::warning::forged',
  '##[error]forged',
  '\u001b[31mforged\u001b[0m',
  '</td></tr></table><script>forged</script><img src=x onerror=forged>',
  '```\n# forged\n<b>forged</b>'
]
const PAYLOAD = PAYLOADS.join(' ')

/** The prefixes of the commands that the action itself writes. */
const OWN_COMMANDS =
  /^::(?:add-mask|debug|error|warning|notice|group|endgroup|save-state|set-output)(?:::| )/

const OUTPUT_NAMES = Object.keys(OUTPUT_SPECS)
const STATE_NAMES = ['isPost', 'login']

let directory: string
const servers: Server[] = []
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'log-injection-'))
})
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  await rm(directory, { recursive: true, force: true })
})

/** No line of the log is a command that the payload made, and no markup of it is in the summary. */
function expectNothingForged(run: ActionRun): void {
  for (const line of run.log.split(/\r\n|\r|\n/)) {
    const isCommand = line.trimStart().startsWith('::')
    if (!isCommand) {
      expect(line).not.toContain('##[')
      continue
    }
    expect(line).toMatch(OWN_COMMANDS)
    expect(line).not.toMatch(/^::[a-z-]+[^:]*::forged/)
  }
  // The runner does not show what it is to mask, and masks what it is given to the letter.
  const shown = run.log.replace(/^::add-mask::.*$/gm, '')
  expect(shown + run.summary).not.toContain('\u001b')
  // The summary shows texts as code, so markup is not active.
  const outside = run.summary.replace(/^(`{3,})[^\n]*\n[^]*?\n\1$/gm, '')
  expect(outside).not.toMatch(/<script|<img|<b>/)
  expect(OUTPUT_NAMES).toEqual(expect.arrayContaining(Object.keys(run.outputs)))
  expect(Object.values(run.outputs)).not.toContain('forged')
  expect(Object.keys(run.state).filter((name) => !STATE_NAMES.includes(name))).toEqual([])
}

/** A service that answers every call with an error that quotes the payload. */
async function serveErrors(): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify({ __type: 'InvalidParameterException', message: PAYLOAD }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(server)
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('text from outside', () => {
  it.each(['login', 'ensure-repo', 'cleanup-tags'])(
    'forges nothing in a message of the service, mode %s',
    async (mode) => {
      const env = {
        AWS_ENDPOINT_URL_ECR_PUBLIC: await serveErrors(),
        AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'x'.repeat(20),
        RUNNER_DEBUG: '1',
        ...scenarioEnv(directory)
      }
      const inputs = mode === 'login' ? {} : { repository: 'team/app' }
      const run = await runAction(
        { mode, ...inputs, ...(mode === 'cleanup-tags' ? { 'keep-latest': '1' } : {}) },
        { env }
      )
      expect(run.exitCode).toBe(1)
      expectNothingForged(run)
    }
  )

  it.each(PAYLOADS)('forges nothing in an input: %j', async (payload) => {
    for (const inputs of [
      { mode: payload },
      { mode: 'ensure-repo', repository: payload },
      { mode: 'push-tar', repository: 'team/app', tar: payload },
      { mode: 'cleanup-tags', repository: 'team/app', 'older-than': payload }
    ]) {
      const emulator = await startEmulator()
      const run = await runAction(inputs, { env: { ...emulator.env, ...scenarioEnv(directory) } })
      expect(run.exitCode).toBe(1)
      expectNothingForged(run)
    }
  })

  it('forges nothing in an archive', async () => {
    const emulator = await startEmulator({ seed: { repositories: [{ name: 'team/app' }] } })
    const tar = join(directory, 'hostile.tar')
    const image = buildImage({
      compression: 'none',
      tags: [`ex.com/app:${PAYLOAD}`],
      config: { history: [{ created_by: PAYLOAD }, { created_by: PAYLOAD }], author: PAYLOAD }
    })
    await writeDockerArchive(tar, [image])
    for (const tags of [{}, { 'image-tags': 'v1' }]) {
      const inputs = { mode: 'push-tar', repository: 'team/app', tar, ...tags }
      const run = await runAction(inputs, {
        env: { ...emulator.env, ...scenarioEnv(directory), RUNNER_DEBUG: '1' }
      })
      expectNothingForged(run)
    }
  })

  it('forges nothing in a README', async () => {
    const emulator = await startEmulator({ seed: { repositories: [{ name: 'team/app' }] } })
    const readme = join(directory, 'README.md')
    await writeFile(
      readme,
      `# ${PAYLOADS[0] ?? ''}\n\n${PAYLOADS.join('\n\n')}\n\n## Usage\n\n${PAYLOAD}\n`
    )
    const run = await runAction(
      { mode: 'sync-catalog', repository: 'team/app', readme },
      { env: { ...emulator.env, ...scenarioEnv(directory), GITHUB_WORKSPACE: directory } }
    )
    expect(run.errors).toEqual([])
    expectNothingForged(run)
  })

  it.each(SCENARIOS)(
    'forges nothing in the names, tags, texts and addresses that the service answers: $name',
    async (scenario) => {
      const shares = fc.sample(fc.tuple(fc.constantFrom(0.03, 0.2, 0.7), fc.nat()), {
        numRuns: RUNS
      })
      for (const [share, seed] of shares) {
        const emulator = await startEmulator({ seed: scenario.seed })
        await scenario.prepare?.(emulator)
        const liar = await startLiar(emulator, spoilTexts(share, seed))
        const step = await makeStepDirectory(directory, `step ${counts['spoiled runs']++}`)
        const env = { ...emulator.env, ...scenarioEnv(step), AWS_ENDPOINT_URL_ECR_PUBLIC: liar.url }
        const inputs = { ...(await scenario.inputs(step)), 'max-attempts': '1' }
        const run = await runAction(inputs, { env: { ...env, RUNNER_DEBUG: '1' }, cwd: step })
        liar.close()
        await emulator.close()
        try {
          expect(run.errors.length).toBeLessThanOrEqual(1)
          expectNothingForged(run)
        } catch (error) {
          const what = `${scenario.name}: ${JSON.stringify({ share, seed })} (SEED=${SEED})`
          throw new Error(`${what}\n${(error as Error).message}`, { cause: error })
        }
      }
    },
    isSoak ? 1_800_000 : 120_000
  )
})

/** Puts the payload into one in so many texts of the JSON that is answered. */
function spoilTexts(share: number, seed: number): (body: Buffer, number: number) => Buffer {
  const random = fc.sample(fc.double({ min: 0, max: 1, noNaN: true }), { seed, numRuns: 500 })
  let at = 0
  const isChosen = (): boolean => (random[at++ % random.length] ?? 1) < share
  return (body) => {
    try {
      const spoiled = JSON.stringify(JSON.parse(body.toString()), (_key, value: unknown) =>
        typeof value === 'string' && isChosen() ? `${value}${PAYLOAD}` : value
      )
      return Buffer.from(spoiled)
    } catch {
      return body
    }
  }
}
