import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { sha256Digest } from '../../../src/oci/digest.js'
import { MEDIA_TYPES } from '../../../src/oci/media-types.js'
import {
  buildImage,
  customDockerMembers,
  descriptorOf,
  dockerMembers,
  file,
  json,
  writeDockerArchive,
  writeOciArchive
} from '../../helpers/archives.js'
import type { DockerLayout, TestBlob } from '../../helpers/archives.js'
import {
  asDocker,
  asManifest,
  openTestArchive,
  readDiffIds,
  useDirectory
} from '../../helpers/read-archive.js'
import { writeTar } from '../../helpers/tar-writer.js'

const directory = useDirectory()
const path = (): string => join(directory(), 'archive.tar')
const EMPTY_LAYER = Buffer.alloc(1024)
const amd64 = buildImage()
const [layer1, layer2] = [amd64.layers[0]!, amd64.layers[1]!]

describe('archives with manifest.json', () => {
  const layouts: DockerLayout[] = ['legacy', 'docker25', 'podman', 'kaniko', 'jib', 'bazel', 'nix']

  test.each(layouts)(
    'reads config, layers and tags of an archive in the layout %s',
    async (layout) => {
      await writeDockerArchive(path(), [amd64], layout)
      const contents = await openTestArchive(path())
      const image = asDocker(contents)
      expect(image.config).toEqual({ bytes: amd64.config, digest: amd64.configDigest })
      expect(image.layers.map((layer) => layer.diffId)).toEqual(amd64.diffIds)
      expect(await readDiffIds(image)).toEqual(amd64.diffIds)
      expect(image.platform).toEqual({ os: 'linux', architecture: 'amd64', variant: undefined })
      expect(contents.tags).toEqual(['1'])
      expect(contents.warnings).toEqual([])
    }
  )

  describe('with a config that does not hash to its file name', () => {
    const edited = Buffer.concat([amd64.config, Buffer.from(' ')])
    const hex = amd64.configDigest.slice('sha256:'.length)
    const write = (name: string): Promise<void> =>
      writeTar(
        path(),
        customDockerMembers(
          { [name]: edited, '1.tar': layer1.tar, '2.tar': layer2.tar },
          { Config: name }
        )
      )

    // go-containerregistry writes the digest of the manifest if Docker has the containerd image store.
    test.each([`${hex}.json`, amd64.configDigest])(
      'pushes it, with a warning (%s)',
      async (name) => {
        await write(name)
        const contents = await openTestArchive(path())
        const { config } = asDocker(contents)
        expect(config.bytes).toEqual(edited)
        expect(contents.warnings).toEqual([
          `The config of the image does not have the digest in its file name: "${name}". Its digest is ${config.digest}. If the archive was not edited after it was created, the config can be damaged. Check the image, or create the archive again with "docker save".`
        ])
      }
    )

    test('rejects it if it is a blob', async () => {
      await write(`blobs/sha256/${hex}`)
      await expect(openTestArchive(path())).rejects.toThrow(
        `Its digest is ${sha256Digest(edited)} instead of ${amd64.configDigest}.`
      )
    })
  })

  test.each(['legacy', 'docker25', 'podman'] as const)(
    'lists a layer that occurs twice in the layout %s as one object',
    async (layout) => {
      const image = buildImage({ layers: [EMPTY_LAYER, { a: 'a' }, EMPTY_LAYER] })
      await writeDockerArchive(path(), [image], layout)
      const { layers } = asDocker(await openTestArchive(path()))
      expect(layers.map((layer) => layer.diffId)).toEqual(image.diffIds)
      expect(layers[2]).toBe(layers[0])
    }
  )

  test('detects uncompressed, gzip and zstd layers by their bytes', async () => {
    const image = buildImage({ layers: [{ a: 'a' }, { b: 'b' }, { c: 'c' }] })
    const [a, b, c] = image.layers.map((layer) => layer.tar)
    const files = { '1.tar': a!, '2.tar': gzipSync(b!), '3.tar': zstdCompressSync(c!) }
    await writeTar(
      path(),
      customDockerMembers(
        { 'c.json': image.config, ...files },
        { Layers: ['1.tar', '2.tar', '3.tar'] }
      )
    )
    const root = asDocker(await openTestArchive(path()))
    expect(root.layers.map((layer) => layer.kind === 'layer-file' && layer.compression)).toEqual([
      'none',
      'gzip',
      'zstd'
    ])
    expect(await readDiffIds(root)).toEqual(image.diffIds)
  })

  test('accepts an empty layer file', async () => {
    const image = buildImage({ layers: [Buffer.alloc(0)] })
    await writeTar(
      path(),
      customDockerMembers(
        { 'c.json': image.config, 'e.tar': Buffer.alloc(0) },
        { Layers: ['e.tar'] }
      )
    )
    const root = asDocker(await openTestArchive(path()))
    expect(root.layers).toMatchObject([{ compression: 'none', content: { size: 0 } }])
    expect(await readDiffIds(root)).toEqual(image.diffIds)
  })

  test('reads an image without layers', async () => {
    const image = buildImage({ layers: [] })
    await writeTar(path(), customDockerMembers({ 'c.json': image.config }, { Layers: null }))
    expect(asDocker(await openTestArchive(path())).layers).toEqual([])
  })

  test.each([
    ['of Docker', { type: 'layers' }],
    ['of BuildKit', { type: 'layers', diff_ids: null }]
  ])('reads the config of an image without layers %s', async (_name, rootfs) => {
    const image = buildImage({ layers: [], config: { rootfs } })
    await writeTar(path(), customDockerMembers({ 'c.json': image.config }, { Layers: null }))
    expect(asDocker(await openTestArchive(path())).layers).toEqual([])
    await writeOciArchive(path(), [image])
    expect(asManifest(await openTestArchive(path())).digest).toBe(image.content.digest)
  })

  test('reads a foreign layer without a file from its descriptor with urls', async () => {
    const source = {
      mediaType: MEDIA_TYPES.dockerForeignLayerGzip,
      digest: layer1.digest,
      size: layer1.blob.length,
      urls: ['https://example.com/base']
    }
    const sources = { LayerSources: { [layer1.diffId]: source } }
    await writeTar(
      path(),
      customDockerMembers({ 'c.json': amd64.config, '2.tar': layer2.tar }, sources)
    )
    const root = asDocker(await openTestArchive(path()))
    expect(root.layers[0]).toMatchObject({ kind: 'foreign-layer', diffId: layer1.diffId })
    expect(root.layers[0]).toMatchObject({ descriptor: source })
    expect(root.layers[1]).toMatchObject({ kind: 'layer-file', diffId: layer2.diffId })
  })

  test('reads a foreign layer with a file like any other layer', async () => {
    const source = { ...descriptorOf(layerBlob()), urls: ['https://example.com/base'] }
    const files = { 'c.json': amd64.config, '1.tar': layer1.tar, '2.tar': layer2.tar }
    await writeTar(
      path(),
      customDockerMembers(files, { LayerSources: { [layer1.diffId]: source } })
    )
    expect(await readDiffIds(asDocker(await openTestArchive(path())))).toEqual(amd64.diffIds)
  })

  test('merges the entries of an image that is listed once per tag', async () => {
    const entry = { Config: 'c.json', Layers: ['1.tar', '2.tar'] }
    const manifest = [
      { ...entry, RepoTags: ['ex.com/app:1', 'ex.com/app@sha256:00', '<none>:<none>'] },
      { ...entry, RepoTags: ['ex.com/app:2', 'ex.com/app:1'] }
    ]
    const members = customDockerMembers({
      'c.json': amd64.config,
      '1.tar': layer1.tar,
      '2.tar': layer2.tar
    })
    await writeTar(path(), [...members.slice(0, -1), file('manifest.json', json(manifest))])
    expect((await openTestArchive(path())).tags).toEqual(['1', '2'])
  })

  test('reads an extracted archive from its directory', async () => {
    for (const member of dockerMembers([amd64], 'podman')) {
      if (member.type === '2') continue
      await writeFile(join(directory(), member.name), member.body ?? '')
    }
    expect(await readDiffIds(asDocker(await openTestArchive(directory())))).toEqual(amd64.diffIds)
  })
})

function layerBlob(at = 0): TestBlob {
  const { blob, digest } = amd64.layers[at]!
  return { bytes: blob, digest, mediaType: MEDIA_TYPES.ociLayerGzip }
}
