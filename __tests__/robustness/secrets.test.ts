import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildImage, writeDockerArchive } from '../helpers/archives.js'
import { runAction } from '../helpers/run-action.js'
import type { ActionRun } from '../helpers/run-action.js'
import { startEmulator } from '../helpers/start-emulator.js'
import { makeStepDirectory, scenarioEnv, SCENARIOS } from './scenarios.js'

const SECRETS = {
  AWS_SECRET_ACCESS_KEY: 'Recognisable/SecretAccessKey+0123456789abcd',
  AWS_SESSION_TOKEN: 'RecognisableSessionToken//0123456789'
}

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'secrets-'))
})
afterAll(async () => {
  await rm(directory, { recursive: true, force: true })
})

/** Every place that a step writes to and that others can read, by name. */
async function traces(run: ActionRun, step: string): Promise<Record<string, string>> {
  const outputs = { ...run.outputs, 'docker-password': '' }
  const log = run.log.split('\n').filter((line) => !line.startsWith('::add-mask::'))
  const places: Record<string, string> = {
    log: log.join('\n'),
    stderr: run.stderr,
    outputs: JSON.stringify(outputs),
    state: JSON.stringify(run.state),
    summary: run.summary
  }
  for (const root of [run.runnerTemp, step]) {
    for (const name of await readdir(root, { recursive: true })) {
      const path = join(root, name)
      if ((await stat(path)).isFile()) places[path] = await readFile(path, 'latin1')
    }
  }
  return places
}

/** The arguments of every process below this one, again and again until the step has ended. */
async function watchArguments(
  pid: number,
  seen: Set<string>,
  isOver: () => boolean
): Promise<void> {
  while (!isOver()) {
    for (const name of await readdir('/proc')) {
      if (!/^\d+$/.test(name)) continue
      const status = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '')
      if (name !== String(pid) && !status.includes(`PPid:\t${pid}\n`)) continue
      seen.add(await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => ''))
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe.each(SCENARIOS)('$name with recognisable secrets', (scenario) => {
  it('are found only in the places made for them', async () => {
    const emulator = await startEmulator({ seed: scenario.seed })
    await scenario.prepare?.(emulator)
    const step = await makeStepDirectory(directory, scenario.name)
    const env = { ...emulator.env, ...SECRETS, ...scenarioEnv(step), RUNNER_DEBUG: '1' }
    const args = new Set<string>()
    let watching = Promise.resolve()
    let isOver = false
    const run = await runAction(await scenario.inputs(step), {
      env,
      cwd: step,
      onStart: (child) => {
        if (process.platform === 'linux') watching = watchArguments(child.pid!, args, () => isOver)
      }
    })
    isOver = true
    await watching
    expect(run.errors).toEqual([])
    const password = run.outputs['docker-password']
    const secrets = [...Object.values(SECRETS), ...(password === undefined ? [] : [password])]
    const places = await traces(run, step)
    const credentialFiles = [
      join(step, 'docker', 'config.json'),
      join(step, '.config', 'containers', 'auth.json'),
      join(step, 'run', 'containers', 'auth.json')
    ]
    for (const file of credentialFiles) {
      if (file in places) expect((await stat(file)).mode & 0o777).toBe(0o600)
    }
    for (const secret of secrets) {
      const encoded = [
        secret,
        Buffer.from(secret).toString('base64'),
        Buffer.from(`AWS:${secret}`).toString('base64')
      ]
      for (const form of encoded) {
        for (const [place, text] of Object.entries(places)) {
          if (credentialFiles.includes(place)) continue
          expect({ place, hasSecret: text.includes(form) }).toEqual({ place, hasSecret: false })
        }
        expect([...args].filter((line) => line.includes(form))).toEqual([])
      }
    }
  })

  it('does not mask values that are not secret, such as the user name or the registry', async () => {
    const emulator = await startEmulator({ seed: scenario.seed })
    const step = await makeStepDirectory(directory, `${scenario.name} masks`)
    const run = await runAction(await scenario.inputs(step), {
      env: { ...emulator.env, ...scenarioEnv(step) },
      cwd: step
    })
    const masked = run.log
      .split('\n')
      .flatMap((line) => /^::add-mask::(.*)$/.exec(line)?.slice(1) ?? [])
    for (const text of masked) expect(text.length).toBeGreaterThan(8)
    expect(masked).not.toContain(emulator.host)
  })
})

describe('a program that push-tar runs', () => {
  it('gets no secret by its command line', async () => {
    const emulator = await startEmulator({ seed: { repositories: [{ name: 'team/app' }] } })
    const step = await makeStepDirectory(directory, 'docker')
    const [docker, tar] = [join(step, 'docker'), join(step, 'app.tar')]
    await writeDockerArchive(tar, [buildImage({ tags: ['ex.com/app:v1'] })])
    await writeFile(docker, `#!/bin/sh\necho "$0 $*" >> '${step}/calls'\nexec cat '${tar}'\n`)
    await chmod(docker, 0o755)
    const run = await runAction(
      { mode: 'push-tar', repository: 'team/app', image: 'ex.com/app:v1' },
      {
        env: {
          ...emulator.env,
          ...SECRETS,
          ...scenarioEnv(step),
          PATH: `${step}:${process.env.PATH ?? ''}`
        },
        cwd: step
      }
    )
    expect(run.errors).toEqual([])
    expect(await readFile(join(step, 'calls'), 'utf8')).toBe(`${docker} save ex.com/app:v1\n`)
  })
})

describe('an error that quotes a secret', () => {
  it('does not show it: a proxy with a password', async () => {
    const step = await makeStepDirectory(directory, 'proxy')
    await writeFile(join(step, 'x'), '')
    const run = await runAction(
      { mode: 'login' },
      {
        env: {
          ...scenarioEnv(step),
          AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
          ...SECRETS,
          HTTPS_PROXY: 'http://user:hunter2-password@127.0.0.1:9',
          AWS_MAX_ATTEMPTS: '1'
        },
        cwd: step
      }
    )
    expect(run.exitCode).toBe(1)
    expect(run.errors).toHaveLength(1)
    expect(`${run.log}${run.stderr}${run.summary}`).not.toContain('hunter2-password')
  })
})
