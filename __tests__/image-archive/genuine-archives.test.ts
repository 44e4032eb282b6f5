import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MEDIA_TYPES } from '../../src/oci/media-types.js'
import { buildImage, buildIndex, writeOciArchive } from '../helpers/archives.js'
import { describeWithClient, getClientOutput } from '../helpers/clients.js'
import {
  asDocker,
  asIndex,
  asManifest,
  openTestArchive,
  readStoredContent,
  readDiffIds,
  useDirectory
} from '../helpers/read-archive.js'

const directory = useDirectory()
const at = (name: string): string => join(directory(), name)
const image = buildImage({ layers: [{ 'a/b': 'b' }, Buffer.alloc(1024), { c: 'c' }] })

describeWithClient('skopeo', 'archives of skopeo', () => {
  const copy = async (to: string, ...options: string[]): Promise<void> => {
    await writeOciArchive(at('source.tar'), [image], { naming: 'tag' })
    const from = `oci-archive:${at('source.tar')}:1`
    await getClientOutput('skopeo', ['--insecure-policy', 'copy', ...options, from, to])
  }

  test('reads the layers and the tag of docker-archive:', async () => {
    await copy(`docker-archive:${at('out.tar')}:ex.com/team/app:2`)
    const contents = await openTestArchive(at('out.tar'))
    expect(await readDiffIds(asDocker(contents))).toEqual(image.diffIds)
    expect(contents.tags).toEqual(['2'])
  })

  test.each(['oci-archive', 'oci'])('keeps the digest of the image in %s:', async (transport) => {
    await copy(`${transport}:${at('out')}:ex.com/team/app:3`)
    const contents = await openTestArchive(at('out'))
    expect(asManifest(contents).digest).toBe(image.content.digest)
    expect(await readDiffIds(asManifest(contents))).toEqual(image.diffIds)
    expect(contents.tags).toEqual(['3'])
  })

  test('reads zstd layers', async () => {
    await copy(`docker-archive:${at('uncompressed.tar')}:ex.com/app:1`)
    const args = [
      'copy',
      '--dest-compress-format',
      'zstd',
      `docker-archive:${at('uncompressed.tar')}`
    ]
    await getClientOutput('skopeo', ['--insecure-policy', ...args, `oci:${at('out')}:1`])
    const root = asManifest(await openTestArchive(at('out')))
    expect(root.blobs[1]?.descriptor.mediaType).toBe(MEDIA_TYPES.ociLayerZstd)
    expect(await readDiffIds(root)).toEqual(image.diffIds)
  })

  test('reads all platform images of an index', async () => {
    const arm64 = buildImage({ platform: { os: 'linux', architecture: 'arm64' } })
    const index = buildIndex([image, arm64])
    await writeOciArchive(at('source.tar'), [index], { naming: 'tag' })
    const [from, to] = [`oci-archive:${at('source.tar')}:1`, `oci-archive:${at('out.tar')}:4`]
    await getClientOutput('skopeo', ['--insecure-policy', 'copy', '--all', from, to])
    const root = asIndex(await openTestArchive(at('out.tar')))
    expect(root.digest).toBe(index.content.digest)
    expect(root.children).toHaveLength(2)
  })

  test('rejects dir: and names the transport to use instead', async () => {
    await copy(`dir:${at('out')}`)
    await expect(openTestArchive(at('out'))).rejects.toThrow(
      /With skopeo, use "oci:" instead of "dir:"\./
    )
  })
})

describeWithClient(['buildah', 'podman'], 'archives of buildah and podman', () => {
  const storage = (): string[] => [
    '--root',
    at('store'),
    '--runroot',
    at('run'),
    '--storage-driver',
    'vfs'
  ]
  const buildah = (...args: string[]): Promise<string> =>
    getClientOutput('buildah', [...storage(), ...args])
  const podman = (...args: string[]): Promise<string> =>
    getClientOutput('podman', [...storage(), ...args])

  test('reads all formats', async () => {
    await mkdir(at('files'))
    await writeFile(at('files/hello'), 'hello')
    const container = (await buildah('from', 'scratch')).trim()
    await buildah('copy', container, at('files'), '/')
    await buildah('commit', '--format', 'docker', container, 'one')
    await buildah('config', '--label', 'n=2', container)
    await buildah('commit', '--format', 'docker', container, 'two')
    await buildah('push', 'one', `docker-archive:${at('buildah.tar')}:ex.com/app:1`)
    await buildah('push', 'one', `oci-archive:${at('buildah-oci.tar')}:1`)
    for (const format of ['docker-archive', 'oci-archive', 'oci-dir']) {
      await podman('save', '--format', format, '-o', at(`podman-${format}`), 'one')
    }
    await podman('save', '-m', '-o', at('both.tar'), 'one', 'two')

    const [diffId] = asDocker(await openTestArchive(at('buildah.tar'))).layers
    const expected = [diffId?.diffId]
    for (const name of ['buildah.tar', 'podman-docker-archive']) {
      expect(await readDiffIds(asDocker(await openTestArchive(at(name))))).toEqual(expected)
    }
    for (const name of ['buildah-oci.tar', 'podman-oci-archive', 'podman-oci-dir']) {
      expect(await readDiffIds(asManifest(await openTestArchive(at(name))))).toEqual(expected)
    }
    await expect(openTestArchive(at('both.tar'))).rejects.toThrow(
      /contains 2 images: .* #0 localhost\/one:latest, #1 localhost\/two:latest\./
    )
    expect((await openTestArchive(at('both.tar'), 'two')).tags).toEqual(['latest'])
  })
})

describeWithClient('umoci', 'layouts of umoci', () => {
  test('reads an image with one layer', async () => {
    const [layout, bundle] = [at('layout'), at('bundle')]
    await getClientOutput('umoci', ['init', '--layout', layout])
    await getClientOutput('umoci', ['new', '--image', `${layout}:v1`])
    await getClientOutput('umoci', ['unpack', '--rootless', '--image', `${layout}:v1`, bundle])
    await writeFile(join(bundle, 'rootfs', 'hello'), 'hello')
    await getClientOutput('umoci', ['repack', '--image', `${layout}:v1`, bundle])
    const contents = await openTestArchive(layout)
    const root = asManifest(contents)
    const [config] = root.blobs
    const { rootfs } = JSON.parse(
      config ? String(await readStoredContent(config.content)) : ''
    ) as {
      rootfs: { diff_ids: string[] }
    }
    expect(await readDiffIds(root)).toEqual(rootfs.diff_ids)
    expect(root.platform).toMatchObject({ os: 'linux' })
    expect(contents.tags).toEqual(['v1'])
  })
})
