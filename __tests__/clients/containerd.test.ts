import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, watch, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DescribeImagesCommand } from '@aws-sdk/client-ecr-public'
import { createClient } from '../emulator/create-client.js'
import { makeImage, makeIndex } from '../emulator/registry/images.js'
import { ALIAS, openRegistry } from '../emulator/registry/open-registry.js'
import { describeWithClient, getClient, getClientOutput, runClient } from '../helpers/clients.js'
import type { ClientRun } from '../helpers/clients.js'
import { allContent, readLayout, writeLayout } from './oci-layout.js'
import { temporaryDirectory } from './temporary-directory.js'

// containerd's client logs in by POST, like BuildKit and Docker's containerd image store.

const daemons = new Map<ChildProcess, Promise<unknown>>()
afterEach(async () => {
  for (const [daemon, ended] of daemons) {
    daemon.kill('SIGTERM')
    await ended
  }
  daemons.clear()
})

interface Ctr {
  readonly directory: string
  readonly output: (...args: readonly string[]) => Promise<string>
  readonly run: (...args: readonly string[]) => Promise<ClientRun>
}

/** Starts a containerd that stores everything in a temporary directory and runs no containers. */
async function startContainerd(): Promise<Ctr> {
  const directory = await temporaryDirectory()
  const socket = join(directory, 'containerd.sock')
  const config = `version = 2
root = "${directory}/root"
state = "${directory}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
  address = "${socket}"
[ttrpc]
  address = "${directory}/ttrpc.sock"
`
  await writeFile(join(directory, 'config.toml'), config)
  const end = new AbortController()
  const changes = watch(directory, { signal: end.signal })
  const args = ['--config', join(directory, 'config.toml')]
  const daemon = spawn(getClient('containerd'), args, { stdio: 'ignore' })
  const ended = new Promise((resolve) => daemon.once('close', resolve))
  daemons.set(daemon, ended)
  daemon.once('close', () => end.abort(new Error('containerd did not start.')))
  const events = changes[Symbol.asyncIterator]()
  while (!existsSync(socket)) await events.next()
  await events.return?.()
  const all = (given: readonly string[]): string[] => ['--address', socket, ...given]
  return {
    directory,
    output: (...given) => getClientOutput('ctr', all(given)),
    run: (...given) => runClient('ctr', all(given))
  }
}

const index = makeIndex([makeImage('for amd64'), makeImage('for arm64', 'arm64')])

describeWithClient(['containerd', 'ctr'], () => {
  test('pushes a multi-platform image that the API describes, and pulls it back', async () => {
    const { emulator, credentials } = await openRegistry()
    const ctr = await startContainerd()
    const reference = `${emulator.host}/${ALIAS}/team/app:v1`
    const layout = join(ctr.directory, 'in')
    await writeLayout(layout, index, 'v1')
    const archive = join(ctr.directory, 'in.tar')
    execFileSync('tar', ['-cf', archive, '-C', layout, '.'])
    const importing = ['images', 'import', '--all-platforms', '--no-unpack', '--base-name', 'app']
    await ctr.output(...importing, archive)
    const pushing = ['images', 'push', '--plain-http', '--user', credentials]
    await ctr.output(...pushing, reference, 'app:v1')

    const { imageDetails } = await createClient(emulator).send(
      new DescribeImagesCommand({ repositoryName: 'team/app' })
    )
    expect(imageDetails!.map(({ imageDigest }) => imageDigest).sort()).toEqual(
      [index, ...index.children].map(({ digest }) => digest).sort()
    )
    const log = await emulator.requests()
    expect(log.filter(({ method, path }) => method === 'POST' && path === '/token/')).not.toEqual(
      []
    )

    // Another daemon does not have the content.
    const other = await startContainerd()
    await other.output('content', 'fetch', '--plain-http', '--all-platforms', reference)
    const exported = join(other.directory, 'out.tar')
    await other.output('images', 'export', '--all-platforms', exported, reference)
    const directory = join(other.directory, 'out')
    await mkdir(directory)
    execFileSync('tar', ['-xf', exported, '-C', directory])
    expect(await readLayout(directory, index)).toEqual(allContent(index).map(({ bytes }) => bytes))
  })

  test('is rejected with a wrong password and without a login', async () => {
    const { emulator, pushImage } = await openRegistry()
    await pushImage('team/app', makeImage('app'), 'v1')
    const ctr = await startContainerd()
    const reference = `${emulator.host}/${ALIAS}/team/app`
    await ctr.output('content', 'fetch', '--plain-http', '--all-platforms', `${reference}:v1`)
    for (const login of [[], ['--user', 'AWS:wrong']]) {
      const pushing = ['images', 'push', '--plain-http', ...login]
      const { exitCode, stderr } = await ctr.run(
        ...[...pushing, `${reference}:v2`, `${reference}:v1`]
      )
      expect([exitCode, stderr]).toEqual([
        1,
        expect.stringMatching(/40[13] (Unauthorized|Forbidden)/)
      ])
    }
  })
})
