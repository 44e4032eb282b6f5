import { spawn } from 'node:child_process'
import { chmod, chown, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
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

interface UserRun {
  readonly status: number | null
  readonly log: string
}

/** The ID of a user without privileges. */
const USER = 65534

/**
 * Runs the bundle as a user without privileges, who can write into `temp` and `data` only. Everything else in `home`
 * belongs to root.
 */
async function loginAsUser(home: string, env: Record<string, string>): Promise<UserRun> {
  for (const name of ['temp', 'data']) {
    await mkdir(join(home, name))
    await chown(join(home, name), USER, USER)
  }
  await chmod(home, 0o755)
  const files = { GITHUB_OUTPUT: join(home, 'temp', 'o'), GITHUB_STATE: join(home, 'temp', 's') }
  for (const file of Object.values(files)) {
    await writeFile(file, '')
    await chown(file, USER, USER)
  }
  const variables = { RUNNER_TEMP: join(home, 'temp'), INPUT_MODE: 'login', ...files, ...env }
  const bundle = join(import.meta.dirname, '..', '..', 'dist', 'index.js')
  const child = spawn(process.execPath, [bundle], { env: variables, uid: USER, gid: USER })
  let log = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (log += text))
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { status, log }
}

;(isRoot ? describe : describe.skip)('a user without privileges', () => {
  test('is logged in if XDG_RUNTIME_DIR belongs to another user', async () => {
    const emulator = await startEmulator()
    const home = await temporaryDirectory()
    for (const name of ['bin', 'run']) await mkdir(join(home, name))
    await writeFile(join(home, 'bin', 'podman'), '', { mode: 0o755 })
    await chmod(join(home, 'run'), 0o700)
    const env = { PATH: join(home, 'bin'), HOME: join(home, 'data') }
    const run = await loginAsUser(home, {
      ...emulator.env,
      ...env,
      XDG_RUNTIME_DIR: join(home, 'run')
    })
    expect(run).toEqual({
      status: 0,
      log: expect.stringMatching(/::warning::.*run\/containers\/auth\.json.*EACCES/)
    })
    expect(await readFile(join(home, 'data', '.docker', 'config.json'), 'utf8')).toContain(
      emulator.host
    )
  })

  test('is logged in if a link in a directory of another user leads to an own file', async () => {
    const emulator = await startEmulator()
    const home = await temporaryDirectory()
    await mkdir(join(home, '.docker'))
    await symlink('../data/config.json', join(home, '.docker', 'config.json'))
    const env = { PATH: '', HOME: home, XDG_RUNTIME_DIR: join(home, 'data') }
    const { status } = await loginAsUser(home, { ...emulator.env, ...env })
    expect(status).toBe(0)
    expect(await readFile(join(home, 'data', 'config.json'), 'utf8')).toContain(emulator.host)
  })
})
