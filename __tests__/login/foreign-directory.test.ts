import { spawn } from 'node:child_process'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { startEmulator } from '../helpers/start-emulator.js'
import { listCredentialTargets } from '../../src/login/credential-targets.js'
import { login } from '../../src/login/login.js'
import { temporaryDirectory } from './temporary-directory.js'

const isRoot = process.getuid?.() === 0

/** Creates a home directory with a Docker config file and an auth.json that is read-only, which root respects as well. */
async function homeWithReadOnly(
  path: string
): Promise<{ home: string; env: Record<string, string> }> {
  const home = await temporaryDirectory()
  await mkdir(join(home, 'docker'))
  await mkdir(join(home, 'run', 'containers'), { recursive: true })
  await writeFile(join(home, 'docker', 'config.json'), '{}')
  await writeFile(join(home, 'run', 'containers', 'auth.json'), '{}')
  await chmod(join(home, path), 0o444)
  const env = {
    HOME: home,
    PATH: '',
    RUNNER_TEMP: join(home, 'temp'),
    DOCKER_CONFIG: join(home, 'docker'),
    XDG_RUNTIME_DIR: join(home, 'run')
  }
  return { home, env }
}

test.each([
  ['run/containers/auth.json', 'docker/config.json'],
  ['docker/config.json', 'run/containers/auth.json']
])('warns of the file %s that cannot be written, and writes %s', async (denied, written) => {
  const emulator = await startEmulator()
  const { home, env } = await homeWithReadOnly(denied)
  const deps = makeDeps(emulator, { env })
  const { plan } = await login(makeInputs('login', {}), deps)
  expect(plan).toHaveLength(1)
  expect(deps.lines.filter((line) => line.startsWith('warning: '))).toEqual([
    expect.stringContaining(join(home, denied))
  ])
  expect(await readFile(join(home, denied), 'utf8')).toBe('{}')
  expect(await readFile(join(home, written), 'utf8')).toContain(emulator.host)
})

test('fails if no file can be written', async () => {
  const { home, env } = await homeWithReadOnly('docker/config.json')
  await rm(join(home, 'run'), { recursive: true })
  const machine = { env, platform: 'linux' as const, uid: 4242 }
  await expect(listCredentialTargets(machine, { warning: () => undefined })).rejects.toThrow(
    'The credential file is read-only'
  )
})

/** Runs the bundle as a user without privileges, with a runtime directory that belongs to root. */
;(isRoot ? test : test.skip)(
  'logs in as a user whose XDG_RUNTIME_DIR belongs to another user',
  async () => {
    const emulator = await startEmulator()
    const home = await temporaryDirectory()
    const bin = join(home, 'bin')
    const user = 65534
    for (const name of ['bin', 'run', 'home', 'temp']) await mkdir(join(home, name))
    await writeFile(join(bin, 'podman'), '', { mode: 0o755 })
    await chmod(home, 0o777)
    for (const name of ['home', 'temp']) await chmod(join(home, name), 0o777)
    await chmod(join(home, 'run'), 0o700)
    const outputs = join(home, 'temp', 'outputs')
    const state = join(home, 'temp', 'state')
    for (const file of [outputs, state]) await writeFile(file, '', { mode: 0o666 })
    for (const file of [outputs, state]) await chmod(file, 0o666)
    const env = {
      ...emulator.env,
      PATH: bin,
      HOME: join(home, 'home'),
      RUNNER_TEMP: join(home, 'temp'),
      XDG_RUNTIME_DIR: join(home, 'run'),
      GITHUB_OUTPUT: outputs,
      GITHUB_STATE: state,
      INPUT_MODE: 'login'
    }
    const bundle = join(import.meta.dirname, '..', '..', 'dist', 'index.js')
    const child = spawn(process.execPath, [bundle], { env, uid: user, gid: user })
    let log = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (log += text))
    const status = await new Promise((resolve) => child.once('close', resolve))
    expect([status, log]).toEqual([
      0,
      expect.stringMatching(/::warning::.*run\/containers\/auth\.json.*EACCES/)
    ])
    expect(await readFile(join(home, 'home', '.docker', 'config.json'), 'utf8')).toContain(
      emulator.host
    )
  }
)
