import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeImage, makeIndex } from '../emulator/registry/images.js'
import { ALIAS, openRegistry } from '../emulator/registry/open-registry.js'
import type { TestRegistry } from '../emulator/registry/open-registry.js'
import { describeWithClient, getClientOutput, runClient } from '../helpers/clients.js'
import type { ClientRun } from '../helpers/clients.js'
import { temporaryDirectory } from './temporary-directory.js'

interface Docker {
  readonly directory: string
  readonly registry: TestRegistry
  /** Runs the docker CLI without an engine. */
  readonly run: (args: readonly string[], input?: string) => Promise<ClientRun>
  readonly output: (...args: readonly string[]) => Promise<string>
}

async function withDocker(): Promise<Docker> {
  const registry = await openRegistry()
  const directory = await temporaryDirectory()
  // No engine: the commands that need none speak to the registry themselves.
  const env = {
    DOCKER_CONFIG: directory,
    HOME: directory,
    DOCKER_HOST: `unix://${directory}/none.sock`
  }
  const run: Docker['run'] = (args, input) =>
    runClient('docker', args, { env, ...(input === undefined ? {} : { input }) })
  const output: Docker['output'] = (...args) => getClientOutput('docker', args, { env })
  return { directory, registry, run, output }
}

async function login({ registry, run }: Docker, password?: string): Promise<ClientRun> {
  const { emulator, credentials } = registry
  const input = password ?? credentials.slice('AWS:'.length)
  return run(['login', '-u', 'AWS', '--password-stdin', emulator.host], input)
}

describeWithClient('docker', () => {
  test('logs in with the password of GetAuthorizationToken, and out', async () => {
    const docker = await withDocker()
    const { directory, registry, output } = docker
    expect((await login(docker)).stdout).toContain('Login Succeeded')
    const config = JSON.parse(await readFile(join(directory, 'config.json'), 'utf8')) as {
      auths: Record<string, { auth: string }>
    }
    expect(Buffer.from(config.auths[registry.emulator.host]!.auth, 'base64').toString()).toBe(
      registry.credentials
    )
    expect(await output('logout', registry.emulator.host)).toContain('Removing login')
  })

  test('does not log in with a wrong password', async () => {
    const docker = await withDocker()
    const { exitCode, stderr } = await login(docker, 'wrong')
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/denied: Not Authorized|Not Authorized|403/)
  })

  test('inspects images and indexes', async () => {
    const { registry, output } = await withDocker()
    const index = makeIndex([makeImage('for amd64'), makeImage('for arm64', 'arm64')])
    await registry.pushImage('team/app', index, 'v1')
    const reference = `${registry.emulator.host}/${ALIAS}/team/app`
    const inspect = (tag: string): Promise<string> =>
      output('manifest', 'inspect', '--insecure', `${reference}:${tag}`)
    expect(JSON.parse(await inspect('v1'))).toEqual(JSON.parse(index.bytes.toString()))
    await registry.pushImage('team/app', index.children[0]!, 'amd64')
    expect(JSON.parse(await inspect('amd64'))).toEqual(
      JSON.parse(index.children[0]!.bytes.toString())
    )
    const missing = await withDocker()
    const { exitCode, stderr } = await missing.run([
      ...['manifest', 'inspect', '--insecure'],
      `${missing.registry.emulator.host}/${ALIAS}/team/app:none`
    ])
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('no such manifest')])
  })

  test('makes a manifest list of two images and pushes it', async () => {
    const docker = await withDocker()
    const { registry, output } = docker
    await login(docker)
    const reference = `${registry.emulator.host}/${ALIAS}/team/app`
    const images = [makeImage('for amd64'), makeImage('for arm64', 'arm64')]
    await registry.pushImage('team/app', images[0]!, 'amd64')
    await registry.pushImage('team/app', images[1]!, 'arm64')
    const parts = ['amd64', 'arm64'].map((tag) => `${reference}:${tag}`)
    await output('manifest', 'create', '--insecure', `${reference}:all`, ...parts)
    const pushed = await output('manifest', 'push', '--insecure', `${reference}:all`)
    const head = await registry.send('HEAD', `/v2/${ALIAS}/team/app/manifests/all`)
    expect(pushed.trim().split('\n').at(-1)).toBe(head.headers.get('docker-content-digest'))
    const served = await registry.send('GET', `/v2/${ALIAS}/team/app/manifests/all`)
    const { manifests } = served.json() as { manifests: { digest: string }[] }
    expect(manifests.map(({ digest }) => digest)).toEqual(images.map(({ digest }) => digest))
  })
})
