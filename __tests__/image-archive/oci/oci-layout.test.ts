import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MEDIA_TYPES } from '../../../src/oci/media-types.js'
import {
  blobName,
  buildBlob,
  buildImage,
  buildIndex,
  descriptorOf,
  dockerMembers,
  file,
  json,
  ociMembers,
  writeOciArchive,
  writeOciDirectory
} from '../../helpers/archives.js'
import type { TestBlob } from '../../helpers/archives.js'
import {
  asDocker,
  asIndex,
  asManifest,
  openTestArchive,
  readDiffIds,
  useDirectory
} from '../../helpers/read-archive.js'
import { writeTar } from '../../helpers/tar-writer.js'

const directory = useDirectory()
const path = (): string => join(directory(), 'archive.tar')
const amd64 = buildImage()
const arm64 = buildImage({
  layers: [{ arm: 'arm' }],
  platform: { os: 'linux', architecture: 'arm64', variant: 'v8' }
})
const layer1 = amd64.layers[0]!

describe('OCI layouts with manifest.json', () => {
  test('uses manifest.json for an image with foreign layers', async () => {
    const foreign = {
      mediaType: MEDIA_TYPES.dockerForeignLayerGzip,
      digest: layer1.digest,
      size: layer1.blob.length,
      urls: ['https://example.com/base']
    }
    const members = dockerMembers([amd64], 'docker25').filter(
      ({ name }) => name !== blobName(layer1.diffId)
    )
    const listed = members.find(({ name }) => name === 'manifest.json')!
    const [entry] = JSON.parse(Buffer.from(listed.body!).toString()) as [object]
    const changed = json([{ ...entry, LayerSources: { [layer1.diffId]: foreign } }])
    await writeTar(path(), [
      ...members.filter((member) => member !== listed),
      file('manifest.json', changed)
    ])
    const { layers } = asDocker(await openTestArchive(path()))
    expect(layers).toMatchObject([{ kind: 'foreign-layer' }, { kind: 'layer-file' }])
  })

  test('merges the tags of index.json and manifest.json', async () => {
    const image = { ...amd64, tags: ['docker.io/library/app:1', 'docker.io/library/app:2'] }
    const members = ociMembers([image], { manifestJson: true }).map((member) =>
      member.name === 'manifest.json'
        ? file(
            member.name,
            json([
              {
                Config: blobName(amd64.configDigest),
                RepoTags: ['app:1', 'app:3'],
                Layers: amd64.layers.map((layer) => blobName(layer.digest))
              }
            ])
          )
        : member
    )
    await writeTar(path(), members)
    const contents = await openTestArchive(path())
    expect(asManifest(contents).digest).toBe(amd64.content.digest)
    expect(contents.tags).toEqual(['1', '3', '2'])
  })

  test('reads manifest.json without oci-layout and index.json', async () => {
    const members = dockerMembers([amd64], 'docker25')
    await writeTar(
      path(),
      members.filter(({ name }) => name !== 'index.json' && name !== 'oci-layout')
    )
    expect(await readDiffIds(asDocker(await openTestArchive(path())))).toEqual(amd64.diffIds)
  })
})

describe('OCI layouts', () => {
  test.each([
    ['a tar', writeOciArchive],
    ['a directory', writeOciDirectory]
  ])('returns a complete image in %s byte for byte', async (_name, write) => {
    await write(path(), [amd64])
    const contents = await openTestArchive(path())
    const root = asManifest(contents)
    expect(root).toMatchObject({
      bytes: amd64.content.bytes,
      digest: amd64.content.digest,
      mediaType: MEDIA_TYPES.ociManifest
    })
    expect(root.blobs.map((blob) => blob.descriptor.digest)).toEqual([
      amd64.configDigest,
      ...amd64.layers.map((layer) => layer.digest)
    ])
    expect(await readDiffIds(root)).toEqual(amd64.diffIds)
    expect(contents.tags).toEqual(['1'])
  })

  test.each([
    ['containerd', 'containerd'],
    ['podman and skopeo', 'name'],
    ['buildx and umoci', 'tag']
  ] as const)('reads the tag from names in the format of %s', async (_name, naming) => {
    await writeOciArchive(path(), [{ ...amd64, tags: ['ex.com:5000/team/app:v1.2'] }], { naming })
    expect((await openTestArchive(path())).tags).toEqual(['v1.2'])
  })

  test('returns each digest once, and accepts a manifest without mediaType', async () => {
    const twice = buildImage({
      layers: [{ a: 'a' }, { a: 'a' }],
      manifest: { mediaType: undefined }
    })
    await writeOciArchive(path(), [twice], { index: { mediaType: undefined } })
    const root = asManifest(await openTestArchive(path()))
    expect(root.mediaType).toBe(MEDIA_TYPES.ociManifest)
    expect(root.blobs).toHaveLength(2)
  })

  test('does not change Docker manifests and manifest lists', async () => {
    const image = buildImage({ docker: true })
    const list = buildIndex([image], { docker: true })
    await writeOciArchive(path(), [list])
    const root = asIndex(await openTestArchive(path()))
    expect(root.mediaType).toBe(MEDIA_TYPES.dockerManifestList)
    expect(root.children).toMatchObject([
      { mediaType: MEDIA_TYPES.dockerManifest, digest: image.content.digest }
    ])
  })

  test('does not change an image with zstd and gzip layers', async () => {
    const image = buildImage({ compression: ['zstd', 'gzip'] })
    await writeOciArchive(path(), [image])
    expect(await readDiffIds(asManifest(await openTestArchive(path())))).toEqual(image.diffIds)
  })

  test('returns an image with uncompressed layers as an image to compress', async () => {
    const image = buildImage({ compression: ['none', 'gzip'] })
    await writeOciArchive(path(), [image])
    const root = asDocker(await openTestArchive(path()))
    expect(root.config.bytes).toEqual(image.config)
    expect(root.layers).toMatchObject([{ compression: 'none' }, { compression: 'gzip' }])
    expect(await readDiffIds(root)).toEqual(image.diffIds)
  })

  test.each([false, true])(
    'keeps the annotations of an image with uncompressed layers (manifest.json: %s)',
    async (manifestJson) => {
      const annotations = { 'org.opencontainers.image.source': 'https://example.com/app' }
      const image = buildImage({ compression: 'none', manifest: { annotations } })
      await writeOciArchive(path(), [image], { manifestJson })
      const root = asDocker(await openTestArchive(path()))
      expect(root.annotations).toEqual(annotations)
      expect(await readDiffIds(root)).toEqual(image.diffIds)
    }
  )

  test('does not compress layers with annotations, and warns', async () => {
    const uncompressed = buildImage({ compression: 'none' })
    const { layers } = JSON.parse(uncompressed.content.bytes.toString()) as { layers: object[] }
    const annotated = layers.map((layer) => ({ ...layer, annotations: { a: 'b' } }))
    const image = buildImage({ compression: 'none', manifest: { layers: annotated } })
    await writeOciArchive(path(), [image])
    const contents = await openTestArchive(path())
    expect(asManifest(contents).digest).toBe(image.content.digest)
    expect(contents.warnings).toEqual([expect.stringMatching(/uncompressed layers/)])
  })

  test('does not compress layers of an index, and warns', async () => {
    const uncompressed = buildImage({ compression: 'none' })
    const index = buildIndex([uncompressed, arm64])
    await writeOciArchive(path(), [index])
    const contents = await openTestArchive(path())
    expect(asIndex(contents).digest).toBe(index.content.digest)
    expect(contents.warnings).toEqual([expect.stringMatching(/uncompressed layers/)])
  })

  test('does not change an artifact with other media types', async () => {
    const config = buildBlob(Buffer.from('{}'), MEDIA_TYPES.ociEmpty)
    const data = buildBlob(Buffer.from('data'), 'text/plain')
    const artifact = buildImage({
      manifest: {
        artifactType: 'application/example',
        config: descriptorOf(config),
        layers: [descriptorOf(data)]
      }
    })
    await writeOciArchive(path(), [artifact], { blobs: [config.bytes, data.bytes] })
    const root = asManifest(await openTestArchive(path()))
    expect(root.blobs.map((blob) => blob.descriptor.mediaType)).toEqual([
      MEDIA_TYPES.ociEmpty,
      'text/plain'
    ])
  })

  test('omits a foreign layer without bytes from the blobs', async () => {
    const urls = ['https://example.com/base']
    const foreign = {
      ...descriptorOf(layerBlob()),
      mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
      urls
    }
    const second = { ...descriptorOf(layerBlob(1)) }
    const image = buildImage({ manifest: { layers: [foreign, second] } })
    await writeOciArchive(path(), [image], { without: [foreign.digest] })
    const root = asManifest(await openTestArchive(path()))
    expect(root.blobs.map((blob) => blob.descriptor.digest)).toEqual([
      image.configDigest,
      second.digest
    ])
  })

  test('follows links inside a layout directory', async () => {
    await writeOciDirectory(path(), [amd64], { without: [layer1.digest] })
    await mkdir(join(path(), 'shared'))
    await writeFile(join(path(), 'shared', 'layer'), layer1.blob)
    await symlink('../../shared/layer', join(path(), blobName(layer1.digest)))
    expect(await readDiffIds(asManifest(await openTestArchive(path())))).toEqual(amd64.diffIds)
  })
})

function layerBlob(at = 0): TestBlob {
  const { blob, digest } = amd64.layers[at]!
  return { bytes: blob, digest, mediaType: MEDIA_TYPES.ociLayerGzip }
}
