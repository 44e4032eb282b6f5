import fc from 'fast-check'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { CreateRepositoryCommand } from '@aws-sdk/client-ecr-public'
import { sha256Digest } from '../../src/oci/digest.js'
import { pushTar } from '../../src/push-tar/push-tar.js'
import {
  buildImage,
  writeDockerArchive,
  writeOciArchive,
  writeOciDirectory
} from '../helpers/archives.js'
import type { DockerLayout, ImageSpec, LayerCompression } from '../helpers/archives.js'
import { describeWithClient, getClientOutput } from '../helpers/clients.js'
import { isSoak, SEED, tellCounts } from '../helpers/counts.js'
import { makeDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'

const RUNS = isSoak ? 60 : 6
const DOCKER_LAYOUTS: readonly DockerLayout[] = [
  'legacy',
  'docker25',
  'podman',
  'kaniko',
  'jib',
  'bazel',
  'nix'
]

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'push-clients-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

/** Pulls an image with skopeo. Returns its config and its diff IDs, which are computed from the layers. */
async function pullWithSkopeo(
  emulator: RunningEmulator,
  tag: string
): Promise<{ diffIds: string[]; config: Buffer }> {
  const out = join(directory, `out-${tag}`)
  const source = `docker://${emulator.host}/a1b2c3d4/team/app:${tag}`
  await getClientOutput('skopeo', ['copy', '--src-tls-verify=false', source, `dir:${out}`])
  const manifest = JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8')) as {
    readonly config: { readonly digest: string }
    readonly layers: readonly { readonly digest: string; readonly mediaType: string }[]
  }
  const blob = (digest: string): Promise<Buffer> =>
    readFile(join(out, digest.replace('sha256:', '')))
  const diffIds: string[] = []
  for (const { digest, mediaType } of manifest.layers) {
    const bytes = await blob(digest)
    const isGzip = mediaType.endsWith('gzip')
    const uncompressed = isGzip
      ? gunzipSync(bytes)
      : mediaType.endsWith('zstd')
        ? zstdDecompressSync(bytes)
        : bytes
    diffIds.push(sha256Digest(uncompressed))
  }
  return { diffIds, config: await blob(manifest.config.digest) }
}

describeWithClient('skopeo', () => {
  it('pulls pushed images of all formats without changes', async () => {
    const emulator = await startEmulator()
    const deps = makeDeps(emulator)
    await deps.api.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
    const layer = fc.dictionary(
      fc.stringMatching(/^[a-z][a-z0-9/]{0,12}[a-z0-9]$/),
      fc.uint8Array({ maxLength: 3000 }),
      { maxKeys: 3 }
    )
    const format = fc.constantFrom<DockerLayout | 'oci' | 'directory'>(
      ...DOCKER_LAYOUTS,
      'oci',
      'directory'
    )
    // The compression of each layer in an OCI layout. Docker archives ignore it.
    const stored = fc.constantFrom<LayerCompression>('none', 'gzip', 'zstd')
    let count = 0
    const counts = { images: 0, layers: 0 }
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(layer, stored), { minLength: 1, maxLength: 4 }),
        format,
        fc.constantFrom('gzip', 'none', 'zstd'),
        async (layers, layout, compression) => {
          const tag = `v${String(++count)}`
          const spec: ImageSpec = {
            compression: layers.map(([, compressed]) => compressed),
            layers: layers.map(([files]) =>
              Object.fromEntries(
                Object.entries(files).map(([name, body]) => [name, Buffer.from(body)])
              )
            ),
            tags: [`ex.com/app:${tag}`]
          }
          const image = buildImage(spec)
          const tar = join(directory, `image-${tag}`)
          if (layout === 'oci') await writeOciArchive(tar, [image])
          else if (layout === 'directory') {
            await mkdir(tar)
            await writeOciDirectory(tar, [image])
          } else await writeDockerArchive(tar, [image], layout)
          const inputs = makeInputs('push-tar', {
            repository: 'team/app',
            tar,
            'image-tags': tag,
            compression
          })
          await pushTar(inputs, deps)
          const pulled = await pullWithSkopeo(emulator, tag)
          expect(pulled.diffIds).toEqual(image.diffIds)
          expect(pulled.config.equals(image.config)).toBe(true)
          counts.images++
          counts.layers += layers.length
        }
      ),
      { numRuns: RUNS }
    )
    tellCounts('pulled back by skopeo', counts, SEED)
  }, 600_000)
})
