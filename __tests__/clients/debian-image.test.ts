import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { describeWithClient, getClient } from '../helpers/clients.js'
import { runAction } from '../helpers/run-action.js'
import { startEmulator } from '../helpers/start-emulator.js'

const run = promisify(execFile)

/** debootstrap unpacks a Debian root file system from the mirror; buildah makes the image of it. */
const TIMEOUT_MS = 900_000

interface Manifest {
  readonly config: { readonly digest: string }
  readonly layers: readonly { readonly digest: string }[]
}

const hex = (digest: string): string => digest.slice('sha256:'.length)

describeWithClient(['debootstrap', 'buildah', 'skopeo'], 'a Debian image that buildah made', () => {
  let directory: string
  let archive: string
  let diffIds: readonly string[]

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'debian-image-'))
    const rootfs = join(directory, 'rootfs')
    // The first stage is a root file system without its post-installation scripts having run.
    await run(getClient('debootstrap'), ['--foreign', '--variant=minbase', 'bookworm', rootfs])
    archive = join(directory, 'debian.tar')
    diffIds = await buildImage(directory, rootfs, archive)
  }, TIMEOUT_MS)

  afterAll(async () => {
    await rm(directory, { recursive: true, force: true })
  }, TIMEOUT_MS)

  it(
    'is pulled back by skopeo with every diff ID the same, and sent only once',
    async () => {
      const emulator = await startEmulator({ alias: 'debian' })
      await runAction({ mode: 'ensure-repo', repository: 'team/debian' }, { env: emulator.env })
      const inputs = {
        mode: 'push-tar',
        repository: 'team/debian',
        tar: archive,
        'image-tags': 'bookworm'
      }
      const pushed = await runAction(inputs, { env: emulator.env })
      expect(pushed.errors).toEqual([])
      expect(Number(pushed.outputs['uploaded-bytes'])).toBeGreaterThan(50_000_000)

      const pulled = join(directory, 'pulled')
      const source = `docker://${emulator.host}/debian/team/debian:bookworm`
      await run(getClient('skopeo'), ['copy', '--src-tls-verify=false', source, `dir:${pulled}`])
      expect(await diffIdsOf(pulled)).toEqual(diffIds)

      const calls = (await emulator.operations()).length
      const again = await runAction(inputs, { env: emulator.env })
      expect(again.outputs).toMatchObject({ changed: 'false', 'uploaded-bytes': '0' })
      const further = (await emulator.operations()).slice(calls)
      expect(further.filter((name) => /^(?:Put|Initiate|Upload|Complete)/.test(name))).toEqual([])
    },
    TIMEOUT_MS
  )
})

/** Makes an image of one layer with buildah and saves it as a docker-archive; returns its diff IDs. */
async function buildImage(directory: string, rootfs: string, archive: string): Promise<string[]> {
  const storage = [
    '--root',
    join(directory, 'storage'),
    '--runroot',
    join(directory, 'run'),
    '--storage-driver',
    'vfs'
  ]
  const buildah = async (...args: string[]): Promise<string> =>
    (await run(getClient('buildah'), [...storage, ...args])).stdout.trim()
  const container = await buildah('from', 'scratch')
  await buildah('copy', '--quiet', container, rootfs, '/')
  await buildah('config', '--cmd', '/bin/bash', container)
  await buildah('commit', '--quiet', '--rm', '--format', 'docker', container, 'debian-test')
  await buildah('push', '--quiet', 'debian-test', `docker-archive:${archive}:debian:bookworm`)
  const { stdout } = await run(getClient('skopeo'), [
    'inspect',
    '--config',
    `docker-archive:${archive}`
  ])
  return (JSON.parse(stdout) as { rootfs: { diff_ids: string[] } }).rootfs.diff_ids
}

/** The digests of the uncompressed layers as they lie in skopeo's `dir:` layout, and the config's word for them. */
async function diffIdsOf(directory: string): Promise<string[]> {
  const manifest = JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8')) as Manifest
  const config = JSON.parse(
    await readFile(join(directory, hex(manifest.config.digest)), 'utf8')
  ) as {
    rootfs: { diff_ids: string[] }
  }
  const diffIds: string[] = []
  for (const { digest } of manifest.layers) {
    const layer = gunzipSync(await readFile(join(directory, hex(digest))))
    diffIds.push(`sha256:${createHash('sha256').update(layer).digest('hex')}`)
  }
  expect(config.rootfs.diff_ids).toEqual(diffIds)
  return diffIds
}
