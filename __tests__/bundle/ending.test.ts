import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runAction } from '../helpers/run-action.js'
import { startEmulator } from '../helpers/start-emulator.js'
import { startConnectProxy } from '../helpers/tls.js'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ending-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

describe('the exit of a step', () => {
  it('fails if the event loop is empty before the step has completed', async () => {
    const emulator = await startEmulator()
    // login waits for the lock of another machine with a timer that never fires.
    const lock = join(directory, 'config.json.ecr-public-lock')
    await writeFile(lock, JSON.stringify({ id: 'x', pid: 1, pidNamespace: 'another machine' }))
    const stopped = join(directory, 'stopped.cjs')
    await writeFile(
      stopped,
      "require('node:timers/promises').setTimeout = () => new Promise(() => {})\n"
    )
    const env = { ...emulator.env, DOCKER_CONFIG: directory, NODE_OPTIONS: `--require=${stopped}` }
    const run = await runAction({ mode: 'login' }, { env })
    expect(run.errors).toEqual(['Unexpected error: The step stopped before it was complete'])
    expect(run.exitCode).toBe(1)
  })

  it('ends a failed step even if a timer keeps the process alive', async () => {
    const lasting = join(directory, 'lasting.cjs')
    await writeFile(lasting, 'setInterval(() => {}, 1000)\n')
    const run = await runAction({ mode: 'none' }, { env: { NODE_OPTIONS: `--require=${lasting}` } })
    expect(run.errors).toHaveLength(1)
    expect(run.exitCode).toBe(1)
  }, 60_000)

  it('does not wait for a proxy that never responds', async () => {
    const proxy = await startConnectProxy(true)
    const env = {
      AWS_ENDPOINT_URL: 'https://localhost:1',
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'emulator-secret-access-key',
      HTTPS_PROXY: proxy.url
    }
    const run = await runAction({ mode: 'login', 'max-attempts': '1' }, { env })
    expect(proxy.seen[0]).toBe('localhost:1')
    expect(run.exitCode).toBe(1)
    expect(run.errors).toHaveLength(1)
    expect(run.errors[0]).toMatch(
      /^The proxy 127.*HTTPS_PROXY.* did not respond to the request to localhost:1/
    )
  }, 60_000)

  it('succeeds with a warning if only the job summary cannot be written', async () => {
    const emulator = await startEmulator()
    const summary = join(directory, 'summary')
    await mkdir(summary)
    const env = { ...emulator.env, GITHUB_STEP_SUMMARY: summary }
    const run = await runAction({ mode: 'ensure-repo', repository: 'team/app' }, { env })
    expect(run.exitCode).toBe(0)
    expect(run.log).toMatch(/^::warning::The job summary could not be written: .*EISDIR/m)
    expect(run.outputs.changed).toBe('true')
    expect(run.outputs.repositories).toBe('["team/app"]')
  })
})
