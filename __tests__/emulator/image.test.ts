import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { describeWithClient, getClientOutput } from '../helpers/clients.js'

// buildah builds emulator/Dockerfile with a base image that has the Node.js of this machine, because tests cannot download
// node:24-alpine. docker.yml builds it with the real base image.

const ROOT = join(import.meta.dirname, '..', '..')
const BASE = 'docker.io/library/node:24-alpine'
const TIMEOUT_MS = 300_000
/** The user `node` of the base image. */
const USER_ID = 1_000

interface ImageConfig {
  readonly User: string
  readonly Entrypoint: readonly string[]
  readonly ExposedPorts: Readonly<Record<string, unknown>>
  readonly Healthcheck: { readonly Test: readonly [kind: string, ...command: string[]] }
}

let directory: string
let config: ImageConfig
/** The root file system of the image. */
let rootfs: string
const children = new Set<ChildProcess>()

const buildah = async (...args: string[]): Promise<string> => {
  const storage = ['--root', join(directory, 'root'), '--runroot', join(directory, 'run')]
  const env = { TMPDIR: directory, XDG_RUNTIME_DIR: directory, BUILDAH_ISOLATION: 'chroot' }
  const output = await getClientOutput(
    'buildah',
    [...storage, '--storage-driver', 'vfs', ...args],
    { env }
  )
  return output.trim()
}

/** Creates a root file system with Node.js, the libraries that it loads, and the user `node`. */
function createBase(target: string): void {
  const copy = (path: string, to = path): void => {
    mkdirSync(join(target, dirname(to)), { recursive: true })
    cpSync(realpathSync(path), join(target, to))
  }
  copy(process.execPath, '/usr/local/bin/node')
  const libraries = execFileSync('ldd', [process.execPath], { encoding: 'utf8' })
  for (const [path] of libraries.matchAll(/\/\S+(?= \(0x)/g)) copy(path)
  for (const path of ['etc', 'tmp', 'home/node']) {
    mkdirSync(join(target, path), { recursive: true, mode: path === 'tmp' ? 0o777 : 0o755 })
  }
  execFileSync('chmod', ['1777', join(target, 'tmp')])
  execFileSync('chown', [`${String(USER_ID)}:${String(USER_ID)}`, join(target, 'home/node')])
  writeFileSync(
    join(target, 'etc/passwd'),
    `node:x:${String(USER_ID)}:${String(USER_ID)}::/home/node:/bin/sh\n`
  )
  writeFileSync(join(target, 'etc/group'), `node:x:${String(USER_ID)}:\n`)
}

/** Starts a command in the root file system of the image, as its user. */
function start(command: readonly string[]): ChildProcess {
  const user = `${String(USER_ID)}:${String(USER_ID)}`
  const child = spawn('chroot', [`--userspec=${user}`, rootfs, ...command], {
    env: { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  children.add(child)
  return child
}

const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.once('close', resolve))

describeWithClient('buildah', 'the container image', () => {
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'image-'))
    const base = await buildah('from', 'scratch')
    createBase(await buildah('mount', base))
    await buildah('commit', '--quiet', '--rm', base, BASE)
    const file = ['--file', join(ROOT, 'emulator/Dockerfile'), '--format', 'docker']
    const context = join(ROOT, 'dist/emulator')
    await buildah('build', '--quiet', '--pull-never', ...file, '--tag', 'emulator', context)
    const inspected = JSON.parse(await buildah('inspect', '--type', 'image', 'emulator')) as {
      readonly Docker: { readonly config: ImageConfig }
    }
    config = inspected.Docker.config
    rootfs = await buildah('mount', await buildah('from', '--pull-never', 'emulator'))
  }, TIMEOUT_MS)

  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL')
    await buildah('unmount', '--all')
    rmSync(directory, { recursive: true, force: true })
  }, TIMEOUT_MS)

  test('does not run as root and exposes the port', () => {
    expect(config.User).toBe('node')
    expect(Object.keys(config.ExposedPorts)).toEqual(['5111/tcp'])
  })

  test('serves the API, keeps its data in the home directory, and reports its health', async () => {
    const [kind, ...check] = config.Healthcheck.Test
    expect(kind).toBe('CMD')
    const checkAt = (port: string): Promise<number | null> =>
      ended(start(check.map((word) => word.replace('5111', port))))

    const options = ['--port', '0', '--data', '/home/node/data']
    const child = start([...config.Entrypoint, ...options])
    const end = ended(child)
    const lines = createInterface(child.stdout!)[Symbol.asyncIterator]()
    const first = String((await lines.next()).value)
    const [, port = ''] = /^export AWS_ENDPOINT_URL_ECR_PUBLIC=.*:(\d+)$/.exec(first) ?? []
    expect((await fetch(`http://127.0.0.1:${port}/_emulator/health`)).status).toBe(200)
    expect(await checkAt(port)).toBe(0)

    child.kill('SIGTERM')
    expect(await end).toBe(0)
    expect(await checkAt(port)).toBe(1)
  })
})
