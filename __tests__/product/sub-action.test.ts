import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { callApi } from '../emulator/call-api.js'
import { hasEnded } from '../helpers/has-ended.js'
import { ROOT } from './read-workflow.js'

/** The result of the main or the post step of the sub-action. */
interface StepResult {
  readonly status: number | null
  readonly log: string
  readonly state: Readonly<Record<string, string>>
  readonly exported: Readonly<Record<string, string>>
  readonly outputs: Readonly<Record<string, string>>
}

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sub-action-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

/** Runs a step as the runner does: inputs in the environment, outputs in files. `signal` kills it. */
async function runStep(
  env: Readonly<Record<string, string>>,
  { script = 'start.mjs', signal }: { readonly script?: string; readonly signal?: AbortSignal } = {}
): Promise<StepResult> {
  const files = { GITHUB_STATE: '', GITHUB_ENV: '', GITHUB_OUTPUT: '' }
  for (const name of Object.keys(files) as (keyof typeof files)[]) {
    files[name] = join(directory, name)
    writeFileSync(files[name], '')
  }
  const child = spawn(process.execPath, [join(ROOT, 'emulator', script)], {
    env: {
      PATH: process.env.PATH,
      TMPDIR: tmpdir(),
      RUNNER_TEMP: directory,
      INPUT_PORT: '0',
      ...files,
      ...env
    },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  signal?.addEventListener('abort', () => child.kill('SIGKILL'))
  let log = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (log += chunk))
  }
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve))
  const read = (path: string): Record<string, string> =>
    Object.fromEntries(
      [...readFileSync(path, 'utf8').matchAll(/^(.+?)<<(\S+)\n([^]*?)\n\2$/gm)].map(
        ([, name = '', , value = '']) => [name, value]
      )
    )
  return {
    status,
    log,
    state: read(files.GITHUB_STATE),
    exported: read(files.GITHUB_ENV),
    outputs: read(files.GITHUB_OUTPUT)
  }
}

/** Runs the post step. */
function runPost(state: StepResult['state']): Promise<StepResult> {
  const entries = Object.entries(state).map(([name, value]) => [`STATE_${name}`, value])
  const env = Object.fromEntries(entries) as Record<string, string>
  return runStep(env, { script: 'stop.mjs' })
}

describe('the emulator sub-action', () => {
  it('starts the emulator with its inputs, exports its address, and prints the requests and stops it at the end', async () => {
    const seed = join(directory, 'seed.json')
    writeFileSync(seed, JSON.stringify({ repositories: [{ name: 'team/app' }] }))
    const { status, exported, outputs, state } = await runStep({
      INPUT_SEED: seed,
      INPUT_ALIAS: 'team-rocket',
      INPUT_ACCOUNT: '999988887777',
      INPUT_ARGUMENTS:
        '# A comment\n--verified\n--fault {"operation": "PutImage", "fault": "throttle", "count": 1}'
    })
    expect(status).toBe(0)
    expect(Object.keys(exported)).toEqual([
      'AWS_ENDPOINT_URL_ECR_PUBLIC',
      'AWS_ENDPOINT_URL_STS',
      'AWS_REGION',
      'AWS_DEFAULT_REGION',
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY'
    ])
    const { url = '', registry } = outputs
    expect([exported.AWS_ENDPOINT_URL_ECR_PUBLIC, registry]).toEqual([url, new URL(url).host])

    const { json } = await callApi({ url }, 'DescribeRepositories')
    expect(json.repositories).toMatchObject([
      { repositoryName: 'team/app', repositoryUri: `${registry ?? ''}/team-rocket/team/app` }
    ])
    const faults = await fetch(`${url}/_emulator/faults`)
    expect(await faults.json()).toMatchObject([{ operation: 'PutImage', fault: 'throttle' }])

    const post = await runPost(state)
    expect(post.status).toBe(0)
    expect(post.log).toContain('200 DescribeRepositories')
    expect(post.log).toContain('export AWS_ENDPOINT_URL_ECR_PUBLIC=')
    expect(await hasEnded(Number(state.pid))).toBe(true)
  })

  it('warns that a seed was not applied, because the data directory contains repositories', async () => {
    const seed = join(directory, 'seed.json')
    writeFileSync(seed, JSON.stringify({ repositories: [{ name: 'team/app' }] }))
    const inputs = { INPUT_SEED: seed, INPUT_DATA: join(directory, 'data') }
    const first = await runStep(inputs)
    await runPost(first.state)
    const second = await runStep(inputs)
    await runPost(second.state)
    const warnings = [first, second].map(({ log }) =>
      log.split('\n').filter((line) => line.startsWith('::warning::'))
    )
    expect(warnings).toEqual([
      [],
      [expect.stringMatching(/^::warning::The seed was not applied, because the data directory/)]
    ])
  })

  it.each([
    [
      'an unknown argument',
      { INPUT_ARGUMENTS: '--nonsense' },
      /Unknown option '--nonsense'\. Use --help to list the options\.$/
    ],
    [
      'a missing seed file',
      { INPUT_SEED: 'none.json' },
      /The file of "--seed" cannot be read: "none\.json"/
    ],
    ['an invalid port', { INPUT_PORT: '70000' }, /70000/]
  ])('fails with one error for %s', async (_, inputs, message) => {
    const { status, log, state } = await runStep(inputs)
    expect(status).toBe(1)
    const errors = log.split('\n').filter((line) => line.startsWith('::error::'))
    expect(errors).toEqual([expect.stringMatching(message)])
    expect(state).toMatchObject({ pid: '' })
    const post = await runPost(state)
    expect([post.status, post.state]).toEqual([0, {}])
    expect(post.log).toContain('the emulator was not started')
  })

  it('does not start the emulator in the post step of a main step that did not run', async () => {
    const post = await runPost({})
    expect([post.status, post.state, post.exported]).toEqual([0, {}, {}])
    expect(post.log).toContain('the emulator was not started')
  })

  it('stops an emulator whose main step was killed while it waited for it', async () => {
    const killed = new AbortController()
    const watcher = watch(directory, (_, name) => {
      if (name === 'GITHUB_STATE' && statSync(join(directory, name)).size > 0) killed.abort()
    })
    const { status, state } = await runStep({}, { signal: killed.signal })
    watcher.close()
    expect([status, state.url]).toEqual([null, undefined])
    const post = await runPost(state)
    expect(post.status).toBe(0)
    expect(await hasEnded(Number(state.pid))).toBe(true)
  })

  it('does not fail the post step if the emulator has exited', async () => {
    const { state } = await runStep({})
    process.kill(Number(state.pid), 'SIGKILL')
    const post = await runPost(state)
    expect(post.status).toBe(0)
    expect(post.log).toContain('The emulator did not respond')
  })
})
