import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildImage, buildIndex, writeDockerArchive, writeOciArchive } from '../helpers/archives.js'
import type { TestImage, TestIndex } from '../helpers/archives.js'
import { recordHost } from '../helpers/record-host.js'
import { runAction } from '../helpers/run-action.js'
import { startDelayingServer } from '../helpers/start-delaying-server.js'
import type { DelayedCall, DelayingServer } from '../helpers/start-delaying-server.js'
import { startEmulator } from '../helpers/start-emulator.js'

/** Writes the size of each loaded file, `connect` for each connection, and `timer` for each timer that fires. */
const RECORDER = `
const { appendFileSync, statSync } = require('node:fs')
const { _extensions } = require('node:module')
const { Socket } = require('node:net')
const record = (event) => appendFileSync(process.env.EVENTS, event + '\\n')
const load = _extensions['.js']
_extensions['.js'] = (module, path) => {
  record(statSync(path).size)
  load(module, path)
}
const { connect } = Socket.prototype
Socket.prototype.connect = function (...parameters) {
  record('connect')
  return connect.apply(this, parameters)
}
const { setTimeout } = globalThis
globalThis.setTimeout = (callback, ...rest) =>
  setTimeout((...parameters) => {
    record('timer')
    callback(...parameters)
  }, ...rest)
`

let directory: string
let server: DelayingServer
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'round-trips-'))
  const emulator = await startEmulator()
  await runAction({ mode: 'ensure-repo', repository: 'team/app' }, { env: emulator.env })
  server = await startDelayingServer(emulator)
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

/** Runs a step and returns its calls. */
async function callsOf(inputs: Readonly<Record<string, string>>): Promise<DelayedCall[]> {
  server.takeCalls()
  const run = await runAction(inputs, { env: server.env, cwd: directory })
  expect(run.errors).toEqual([])
  return server.takeCalls()
}

/** Returns the number of calls in a row. */
function rounds(calls: readonly DelayedCall[]): number {
  return Math.max(...calls.map(({ round }) => round))
}

async function writeArchive(text: string): Promise<string> {
  const path = join(directory, 'image.tar')
  const layers = [{ 'etc/base': 'base' }, { 'etc/release': text }]
  await writeDockerArchive(path, [buildImage({ compression: 'none', layers })])
  return path
}

// docs/BENCHMARKS.md has these numbers.
describe('the calls in a row', () => {
  it('are 1 for login', async () => {
    expect(rounds(await callsOf({ mode: 'login' }))).toBe(1)
  })

  it('are 2 for a new repository, and 1 if nothing changes', async () => {
    const inputs = { mode: 'ensure-repo', repository: 'team/new' }
    expect(rounds(await callsOf(inputs))).toBe(2)
    expect(rounds(await callsOf(inputs))).toBe(1)
  })

  it('are 4 to publish a README, and 2 if nothing changes', async () => {
    await writeFile(join(directory, 'README.md'), '# App\n\nText.\n\n## Usage\n\nRun it.\n')
    const inputs = { mode: 'sync-catalog', repository: 'team/app' }
    expect(rounds(await callsOf(inputs))).toBe(4)
    expect(rounds(await callsOf(inputs))).toBe(2)
  })

  it('are 8 for a first push, 3 if nothing changes, and 4 for one more tag', async () => {
    const tar = await writeArchive('1')
    const inputs = { mode: 'push-tar', repository: 'team/app', tar, 'image-tags': '1' }
    const first = await callsOf(inputs)
    const parts = first.filter(({ name }) => name === 'UploadLayerPart')
    expect(Math.min(...parts.map(({ round }) => round))).toBe(4)
    expect(rounds(first)).toBe(8)
    expect(rounds(await callsOf(inputs))).toBe(3)
    expect(rounds(await callsOf({ ...inputs, 'image-tags': '1, latest' }))).toBe(4)
  })

  it('are 11 for an image with one changed layer', async () => {
    const inputs = { mode: 'push-tar', repository: 'team/app' }
    await callsOf({ ...inputs, tar: await writeArchive('1'), 'image-tags': '1' })
    const calls = await callsOf({ ...inputs, tar: await writeArchive('2'), 'image-tags': '2' })
    expect(rounds(calls)).toBe(11)
  })

  it('are 13 for the first push of an index, and 9 if the repository has one of its images', async () => {
    const amd64 = buildImage()
    const layers = [{ arm: 'arm' }]
    const arm64 = buildImage({ layers, platform: { os: 'linux', architecture: 'arm64' } })
    const tar = join(directory, 'index.tar')
    const push = async (
      repository: string,
      tag: string,
      image: TestImage | TestIndex
    ): Promise<DelayedCall[]> => {
      await writeOciArchive(tar, [image])
      return callsOf({ mode: 'push-tar', repository, tar, 'image-tags': tag })
    }
    await callsOf({ mode: 'ensure-repo', repository: 'team/other' })
    const first = await push('team/app', '1', buildIndex([amd64, arm64]))
    await push('team/other', '1', amd64)
    const second = await push('team/other', '2', buildIndex([amd64, arm64]))
    const put = (calls: readonly DelayedCall[]): number =>
      calls.filter(({ name }) => name === 'PutImage').length
    // Five blobs take two turns.
    expect([rounds(first), put(first)]).toEqual([13, 3])
    expect([rounds(second), put(second)]).toEqual([9, 2])
  })

  it('are 6 for one batch of deletions, and 3 in a dry run', async () => {
    for (const version of ['1', '2']) {
      const tar = await writeArchive(version)
      await callsOf({ mode: 'push-tar', repository: 'team/app', tar, 'image-tags': version })
    }
    const inputs = { mode: 'cleanup-tags', repository: 'team/app', 'keep-latest': '1' }
    expect(rounds(await callsOf({ ...inputs, 'dry-run': 'true' }))).toBe(3)
    expect(rounds(await callsOf(inputs))).toBe(6)
  })
})

describe('the connections', () => {
  it('are as many as the first calls, and no more are opened later', async () => {
    const repository = 'team/app'
    const steps: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
      ['login', {}],
      ['ensure-repo', { repository }],
      ['sync-catalog', { repository }],
      ['push-tar', { repository, tar: await writeArchive('1'), 'image-tags': '1' }],
      ['cleanup-tags', { repository, 'keep-latest': '1', 'dry-run': 'true' }]
    ]
    for (const [mode, inputs] of steps) {
      const calls = await callsOf({ mode, ...inputs })
      const first = calls.filter(({ round }) => round === 1)
      expect([mode, calls[0]?.connections]).toEqual([mode, first.length])
      expect([mode, calls.at(-1)?.connections]).toEqual([mode, first.length])
    }
  })
})

it('opens connections before it loads the code of the mode, and closes them if it cannot call the API', async () => {
  const received: number[] = []
  const silent = createServer((socket) => {
    const at = received.push(0) - 1
    socket.on('data', ({ length }) => (received[at] = length)).on('error', () => undefined)
  })
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  recordHost(`127.0.0.1:${String(port)}`)
  const events = join(directory, 'events')
  const recorder = join(directory, 'recorder.cjs')
  await writeFile(recorder, RECORDER)
  const env = {
    AWS_ENDPOINT_URL_ECR_PUBLIC: `http://127.0.0.1:${String(port)}`,
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    NODE_OPTIONS: `--require=${recorder}`,
    EVENTS: events
  }
  const run = await runAction({ mode: 'login' }, { env })
  expect(run.errors).toHaveLength(1)
  silent.close()
  // The server closes when all connections are closed.
  await once(silent, 'close')
  expect(received).toEqual([0, 0])
  const lines = (await readFile(events, 'utf8')).trim().split('\n')
  // The connections do not wait for their timer.
  expect(lines).not.toContain('timer')
  const first = lines.indexOf('connect')
  const sizes = lines.map(Number)
  const sum = (numbers: readonly number[]): number =>
    numbers.reduce((total, bytes) => total + (bytes || 0), 0)
  expect(sum(sizes.slice(0, first))).toBeGreaterThan(0)
  expect(sum(sizes.slice(first))).toBeGreaterThan(2 * sum(sizes.slice(0, first)))
})

describe('the calls that wait for a connection', () => {
  /** Returns the calls after the first ones that waited for a connection. */
  const laterOpens = (calls: readonly DelayedCall[]): string[] =>
    calls
      .filter(({ round, opensConnection }) => round > 1 && opensConnection)
      .map(nameWithoutDigest)

  it('are the first ones of a first push and of a push without changes', async () => {
    const inputs = { mode: 'push-tar', repository: 'team/app', tar: await writeArchive('1') }
    expect(laterOpens(await callsOf({ ...inputs, 'image-tags': '1' }))).toEqual([])
    expect(laterOpens(await callsOf({ ...inputs, 'image-tags': '1' }))).toEqual([])
  })

  it('include the read of the config of a known image, whose host is known from a redirect', async () => {
    const inputs = { mode: 'push-tar', repository: 'team/app' }
    await callsOf({ ...inputs, tar: await writeArchive('1'), 'image-tags': '1' })
    const calls = await callsOf({ ...inputs, tar: await writeArchive('2'), 'image-tags': '2' })
    expect(laterOpens(calls)).toEqual(['GET /_blobs/…'])
  })

  function nameWithoutDigest({ name }: DelayedCall): string {
    return name.replace(/sha256:[0-9a-f]+/, '…')
  }
})
