import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startJob } from '../helpers/action-job.js'
import type { ActionJob } from '../helpers/action-job.js'
import { describeWithClient, runClient } from '../helpers/clients.js'
import type { Client, ClientRun } from '../helpers/clients.js'
import type { ActionRun } from '../helpers/run-action.js'
import { startEmulator } from '../helpers/start-emulator.js'

const LOGIN = { mode: 'login' }

interface Setup {
  readonly job: ActionJob
  /** `HOST/ALIAS/NAME:TAG` of an image in the registry. */
  readonly image: string
  readonly host: string
  readonly run: (client: Client, ...args: string[]) => Promise<ClientRun>
  readonly logIn: () => Promise<ActionRun>
}

/**
 * Creates a machine with the clients, a registry that rejects anonymous reads, and a helper for Docker's credential
 * store that fails like the Windows helper does with a token of this length.
 */
async function setUp(env: Readonly<Record<string, string>> = {}): Promise<Setup> {
  const emulator = await startEmulator({
    limits: { anonymousReadsPerSecond: 0 },
    seed: { repositories: [{ name: 'app', images: [{ tags: [{ tag: 'v1' }] }] }] }
  })
  const base = await startJob(emulator.env)
  const tools = join(base.home, 'tools')
  const run = join(base.home, 'run')
  for (const directory of [tools, run, join(base.home, '.docker')]) await mkdir(directory)
  const helper = join(tools, 'docker-credential-failing')
  await writeFile(helper, '#!/bin/sh\necho "The stub received bad data." >&2\nexit 1\n')
  await chmod(helper, 0o755)
  const path = { PATH: `${tools}:${process.env.PATH ?? ''}` }
  const job = await startJob({ ...emulator.env, XDG_RUNTIME_DIR: run, ...path, ...env }, base.home)
  return {
    job,
    host: emulator.host,
    image: `${emulator.host}/a1b2c3d4/app:v1`,
    run: (client, ...args) =>
      runClient(client, args, { env: { ...path, HOME: base.home, XDG_RUNTIME_DIR: run, ...env } }),
    logIn: async () => {
      const main = await job.main(LOGIN)
      expect(main.errors).toEqual([])
      return main
    }
  }
}

const STORES = [
  ['an empty config', '{}'],
  ['a store that fails', '{"credsStore": "failing"}'],
  [
    'a store and a helper of the host that fail',
    '{"credsStore": "failing", "credHelpers": {"HOST": "failing"}}'
  ],
  ['a helper of the host that fails', '{"credHelpers": {"HOST": "failing"}}']
] as const

async function configure({ job, host }: Setup, config: string): Promise<string> {
  const text = config.replace('HOST', host)
  await writeFile(join(job.home, '.docker', 'config.json'), text)
  return text
}

async function dockerConfig({ job }: Setup): Promise<string> {
  return readFile(join(job.home, '.docker', 'config.json'), 'utf8')
}

/**
 * The command of each client that reads an image with the credential. Only docker's CLI is tested without a credential:
 * the other clients retry for a minute.
 */
const PULLS: Readonly<
  Record<'docker' | 'skopeo' | 'podman' | 'buildah', (setup: Setup) => string[]>
> = {
  docker: ({ image }) => ['manifest', 'inspect', '--insecure', image],
  skopeo: ({ image }) => ['inspect', '--tls-verify=false', `docker://${image}`],
  podman: pullIntoStore,
  buildah: pullIntoStore
}

function pullIntoStore({ job, image }: Setup): string[] {
  const store = join(job.home, 'store')
  return [
    ...['--root', store, '--runroot', `${store}-run`, '--storage-driver', 'vfs'],
    ...['pull', '--tls-verify=false', image]
  ]
}

for (const client of ['docker', 'skopeo', 'podman', 'buildah'] as const) {
  describeWithClient(client, () => {
    // podman and buildah read the files with the same library as skopeo.
    const stores = client === 'docker' || client === 'skopeo' ? STORES : STORES.slice(2, 3)
    test.each(stores)('reads an image with the credential, with %s', async (_name, config) => {
      const setup = await setUp()
      const before = await configure(setup, config)
      const main = await setup.logIn()
      const { exitCode, stderr } = await setup.run(client, ...PULLS[client](setup))
      expect([exitCode, exitCode === 0 ? '' : stderr]).toEqual([0, ''])
      await setup.job.post(main)
      expect(await dockerConfig(setup)).toBe(before)
    })

    test('is logged in after the login, and logged out after the post step', async () => {
      const setup = await setUp()
      const isIn = async (): Promise<boolean> => {
        if (client === 'docker') {
          return (await setup.run(client, ...PULLS.docker(setup))).exitCode === 0
        }
        const { stdout } = await setup.run(client, 'login', '--get-login', setup.host)
        return stdout.trim() === 'AWS'
      }
      expect(await isIn()).toBe(false)
      const main = await setup.logIn()
      expect(await isIn()).toBe(true)
      await setup.job.post(main)
      expect(await isIn()).toBe(false)
    })
  })
}

describeWithClient(['docker', 'skopeo'], 'docker and skopeo', () => {
  test('both read the file that REGISTRY_AUTH_FILE makes them share', async () => {
    const home = await setUp()
    const shared = join(home.job.home, '.docker', 'config.json')
    const setup = await setUp({ REGISTRY_AUTH_FILE: shared, DOCKER_CONFIG: join(shared, '..') })
    await setup.logIn()
    for (const client of ['docker', 'skopeo'] as const) {
      const { exitCode, stderr } = await setup.run(client, ...PULLS[client](setup))
      expect([exitCode, stderr]).toEqual([0, ''])
    }
  })

  test("the post step keeps concurrent changes of docker's own login and logout for another host", async () => {
    const setup = await setUp()
    await configure(setup, '{"credsStore": "failing", "credHelpers": {"other.example": ""}}')
    const main = await setup.logIn()
    const config = JSON.parse(await dockerConfig(setup))
    config.auths['other.example'] = { auth: 'bWU6eA==' }
    await writeFile(join(setup.job.home, '.docker', 'config.json'), JSON.stringify(config))
    await setup.run('docker', 'logout', 'nowhere.example')
    await setup.job.post(main)
    expect(JSON.parse(await dockerConfig(setup))).toEqual({
      auths: { 'other.example': { auth: 'bWU6eA==' } },
      credsStore: 'failing',
      credHelpers: { 'other.example': '' }
    })
  })
})
