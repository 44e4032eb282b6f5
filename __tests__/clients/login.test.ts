import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describeWithClient, runClient } from '../helpers/clients.js'
import type { Client } from '../helpers/clients.js'
import { runAction } from '../helpers/run-action.js'
import type { ActionRun } from '../helpers/run-action.js'
import { startEmulator } from '../helpers/start-emulator.js'
import { temporaryDirectory } from './temporary-directory.js'

/** A machine with the clients, whose registry rejects anonymous reads. */
interface Machine {
  readonly home: string
  readonly host: string
  readonly env: Readonly<Record<string, string>>
  readonly uid: number | undefined
}

const NOBODY = 65534
const DOCKER = '.docker/config.json'
const CONTAINERS = 'run/containers/auth.json'

/** A credential store that fails, as a desktop store does on a machine without a desktop session. */
const FAILING_STORE = '#!/bin/sh\necho "not available"\nexit 1\n'

const expiredAuth = Buffer.from(
  `AWS:${Buffer.from('{"payload":"x","expiration":1}').toString('base64')}`
).toString('base64')
const wrongAuth = Buffer.from('AWS:wrong').toString('base64')

/** The credential files before the login, by path, and after the job. `HOST` is the registry host. */
interface Situation {
  readonly name: string
  readonly before: Readonly<Record<string, string>>
  readonly after: Readonly<Record<string, string>>
}

const entries = (auths: Readonly<Record<string, { auth: string }>>): string =>
  JSON.stringify({ auths })
const EXPIRED = entries({ HOST: { auth: expiredAuth } })
const STALE = entries({ 'HOST/a1b2c3d4': { auth: wrongAuth }, 'https://HOST': { auth: wrongAuth } })
const STALE_EXPIRED = entries({ 'HOST/a1b2c3d4/app': { auth: expiredAuth } })
const STORE = '{"credsstore": "failing", "CREDHELPERS": {"HOST": "failing"}}'

const SITUATIONS: readonly Situation[] = [
  {
    name: 'expired entries of a job that was killed',
    before: { [DOCKER]: EXPIRED, [CONTAINERS]: EXPIRED },
    after: { [DOCKER]: '{"auths":{}}', [CONTAINERS]: '{"auths":{}}' }
  },
  {
    name: 'entries of the host with a path or a scheme',
    before: { [DOCKER]: STALE, [CONTAINERS]: STALE },
    after: { [DOCKER]: STALE, [CONTAINERS]: STALE }
  },
  {
    name: 'an expired entry of a repository',
    before: { [DOCKER]: '{}', [CONTAINERS]: STALE_EXPIRED },
    after: { [DOCKER]: '{}', [CONTAINERS]: '{"auths":{}}' }
  },
  {
    name: 'a credential store that fails, whose keys are in another case',
    before: { [DOCKER]: STORE },
    after: { [DOCKER]: STORE }
  }
]

async function setUp(uid: number | undefined): Promise<Machine> {
  const emulator = await startEmulator({
    limits: { anonymousReadsPerSecond: 0 },
    seed: { repositories: [{ name: 'app', images: [{ tags: [{ tag: 'v1' }] }] }] }
  })
  const home = await temporaryDirectory()
  const machine = { home, host: emulator.host, env: {}, uid }
  if (uid !== undefined) await chown(home, uid, uid)
  await put(machine, 'tools/docker-credential-failing', FAILING_STORE, 0o755)
  for (const name of ['run', 'temp', 'tmp']) await makeDirectory(machine, join(home, name))
  const env = {
    ...emulator.env,
    PATH: `${join(home, 'tools')}:${process.env.PATH ?? ''}`,
    HOME: home,
    TMPDIR: join(home, 'tmp'),
    XDG_RUNTIME_DIR: join(home, 'run'),
    RUNNER_TEMP: join(home, 'temp')
  }
  return { ...machine, env }
}

async function makeDirectory(machine: Machine, path: string): Promise<void> {
  const { home, uid } = machine
  if (path === home) return
  await makeDirectory(machine, dirname(path))
  await mkdir(path, { recursive: true, mode: 0o700 })
  if (uid !== undefined) await chown(path, uid, uid)
}

async function put(machine: Machine, name: string, text: string, mode = 0o600): Promise<void> {
  const path = join(machine.home, name)
  await makeDirectory(machine, dirname(path))
  await writeFile(path, text, { mode })
  if (machine.uid !== undefined) await chown(path, machine.uid, machine.uid)
}

/** Runs a step, or its post step if `state` is set. */
function step({ env, uid }: Machine, state?: ActionRun['state']): Promise<ActionRun> {
  return runAction({ mode: 'login' }, { env, uid, ...(state === undefined ? {} : { state }) })
}

/** The commands of each client that read the repository or the file with the credential. */
const COMMANDS: Readonly<
  Record<'docker' | 'skopeo' | 'podman' | 'buildah', (host: string) => string[]>
> = {
  docker: (host) => ['manifest', 'inspect', '--insecure', `${host}/a1b2c3d4/app:v1`],
  skopeo: (host) => ['inspect', '--tls-verify=false', `docker://${host}/a1b2c3d4/app:v1`],
  podman: (host) => ['search', '--list-tags', '--tls-verify=false', `${host}/a1b2c3d4/app`],
  // Without ranges of user IDs, which the test user does not have, buildah cannot pull.
  buildah: (host) => ['login', '--get-login', host]
}

async function isLoggedIn(client: keyof typeof COMMANDS, machine: Machine): Promise<boolean> {
  const { env, uid, home: cwd, host } = machine
  const { exitCode, stdout } = await runClient(client, COMMANDS[client](host), { env, uid, cwd })
  return exitCode === 0 && stdout !== ''
}

const CLIENTS = ['docker', 'skopeo', 'podman', 'buildah'] as const satisfies readonly Client[]
const isRoot = process.getuid?.() === 0
const USERS = [
  { user: 'this user', uid: undefined },
  ...(isRoot ? [{ user: 'another user', uid: NOBODY }] : [])
]

describeWithClient(CLIENTS, 'the credential of login', () => {
  describe.each(USERS)('as $user', ({ uid }) => {
    test.each(SITUATIONS)('is used by all clients, with $name', async ({ before, after }) => {
      const machine = await setUp(uid)
      const { host, home } = machine
      for (const [name, text] of Object.entries(before)) {
        await put(machine, name, text.replaceAll('HOST', host))
      }
      const main = await step(machine)
      expect(main.errors).toEqual([])
      for (const client of CLIENTS) {
        expect([client, await isLoggedIn(client, machine)]).toEqual([client, true])
      }
      expect((await step(machine, main.state)).exitCode).toBe(0)
      for (const [name, text] of Object.entries(after)) {
        expect(await readFile(join(home, name), 'utf8')).toBe(text.replaceAll('HOST', host))
      }
    })
  })

  ;(isRoot ? test : test.skip)(
    'is used by docker if the runtime directory belongs to another user',
    async () => {
      const machine = await setUp(NOBODY)
      await chown(join(machine.home, 'run'), 0, 0)
      await chmod(join(machine.home, 'run'), 0o700)
      const main = await step(machine)
      expect(main.errors).toEqual([])
      expect(main.log).toMatch(/::warning::.*run\/containers\/auth\.json.*not logged in/)
      expect(await isLoggedIn('docker', machine)).toBe(true)
      // skopeo reads Docker's file as well, unless it cannot read its own.
      const env = { ...machine.env, REGISTRY_AUTH_FILE: join(machine.home, DOCKER) }
      expect(await isLoggedIn('skopeo', { ...machine, env })).toBe(true)
    }
  )
})

/**
 * Returns the credential that oras and helm use: a helper of the host, else the store, else the file. They do not read
 * the file if the store answers (oras-go, `DynamicStore.getHelperSuffix` and `DynamicStore.Get`).
 */
async function readAsOras(machine: Machine): Promise<string | undefined> {
  const config = JSON.parse(await readFile(join(machine.home, DOCKER), 'utf8')) as {
    readonly auths?: Readonly<Record<string, { readonly auth: string }>>
    readonly credsStore?: string
    readonly credHelpers?: Readonly<Record<string, string>>
  }
  const { host, home } = machine
  const store = config.credHelpers?.[host] || config.credsStore
  if (store === undefined) return config.auths?.[host]?.auth
  const entry = JSON.parse(await readFile(join(home, 'tools/entry'), 'utf8')) as {
    readonly Username: string
    readonly Secret: string
  }
  return Buffer.from(`${entry.Username}:${entry.Secret}`).toString('base64')
}

/** A credential store that keeps one entry in a file. */
const WORKING_STORE = `#!/bin/sh
cd "$(dirname "$0")"
input=$(cat)
case $1 in
get) cat entry 2>/dev/null || { echo credentials not found in native keychain; exit 1; } ;;
store) printf %s "$input" > entry ;;
erase) rm -f entry ;;
esac
`

test.each([
  ['a store', '{"credsStore": "working"}'],
  ['a store and an empty helper of the host', '{"credsStore":"working","credHelpers":{"HOST":""}}'],
  ['no store', '{}']
])('oras and helm find the credential with %s', async (_name, config) => {
  const machine = await setUp(undefined)
  await put(machine, 'tools/docker-credential-working', WORKING_STORE, 0o755)
  await put(machine, DOCKER, config.replace('HOST', machine.host))
  const main = await step(machine)
  expect(main.errors).toEqual([])
  const { 'docker-username': username = '', 'docker-password': password = '' } = main.outputs
  expect(await readAsOras(machine)).toBe(Buffer.from(`${username}:${password}`).toString('base64'))
  expect((await step(machine, main.state)).exitCode).toBe(0)
  expect(await readFile(join(machine.home, DOCKER), 'utf8')).toBe(
    config.replace('HOST', machine.host)
  )
  await expect(readFile(join(machine.home, 'tools/entry'))).rejects.toThrow('ENOENT')
})
