import { execFile } from 'node:child_process'
import { appendFile, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { sha256Digest } from '../../src/oci/digest.js'
import { MEDIA_TYPES } from '../../src/oci/media-types.js'
import {
  attestationDescriptor,
  blobName,
  blobsOf,
  buildAttestation,
  buildBlob,
  buildImage,
  buildIndex,
  buildLayer,
  descriptorOf,
  dockerMembers,
  file,
  json,
  ociMembers,
  writeDockerArchive,
  writeOciArchive,
  writeOciDirectory
} from '../helpers/archives.js'
import type { DockerLayout, TestBlob } from '../helpers/archives.js'
import {
  asDocker,
  asIndex,
  asManifest,
  openTestArchive,
  readContent,
  readDiffIds,
  useDirectory
} from '../helpers/read-archive.js'
import { tarArchive, tarOfFiles, writeTar } from '../helpers/tar-writer.js'
import type { TarMember } from '../helpers/tar-writer.js'

const directory = useDirectory()
const path = (): string => join(directory(), 'archive.tar')
const EMPTY_LAYER = Buffer.alloc(1024)
const amd64 = buildImage()
const arm64 = buildImage({
  layers: [{ arm: 'arm' }],
  platform: { os: 'linux', architecture: 'arm64', variant: 'v8' }
})
const attestation = buildAttestation(amd64)
const multi = buildIndex([amd64, arm64, attestation], {
  descriptors: [undefined, undefined, attestationDescriptor(amd64)]
})

/** A docker-archive of plain files, changed by a test. */
const docker = (
  files: Readonly<Record<string, Uint8Array>>,
  entry: object = {},
  added: readonly TarMember[] = []
): TarMember[] => [
  ...Object.entries(files).map(([name, body]) => file(name, body)),
  ...added,
  file(
    'manifest.json',
    json([{ Config: 'c.json', RepoTags: ['ex.com/app:1'], Layers: ['1.tar', '2.tar'], ...entry }])
  )
]
const [layer1, layer2] = [amd64.layers[0]!, amd64.layers[1]!]

describe('docker save and its kin', () => {
  const layouts: DockerLayout[] = ['legacy', 'docker25', 'podman', 'kaniko', 'jib', 'bazel', 'nix']

  test.each(layouts)('an archive as %s writes it gives config, layers and tags', async (layout) => {
    await writeDockerArchive(path(), [amd64], layout)
    const contents = await openTestArchive(path())
    const image = asDocker(contents)
    expect(image.config).toEqual({ bytes: amd64.config, digest: amd64.configDigest })
    expect(image.layers.map((layer) => layer.diffId)).toEqual(amd64.diffIds)
    expect(await readDiffIds(image)).toEqual(amd64.diffIds)
    expect(image.platform).toEqual({ os: 'linux', architecture: 'amd64', variant: undefined })
    expect(contents.tags).toEqual(['1'])
    expect(contents.warnings).toEqual([])
  })

  test.each(['legacy', 'docker25', 'podman'] as const)(
    'a layer that comes twice in an archive of %s is one layer, listed twice',
    async (layout) => {
      const image = buildImage({ layers: [EMPTY_LAYER, { a: 'a' }, EMPTY_LAYER] })
      await writeDockerArchive(path(), [image], layout)
      const { layers } = asDocker(await openTestArchive(path()))
      expect(layers.map((layer) => layer.diffId)).toEqual(image.diffIds)
      expect(layers[2]).toBe(layers[0])
    }
  )

  test('a hard link, named from the root, stands for the layer it names', async () => {
    const image = buildImage({ layers: [{ a: 'a' }, { b: 'b' }, { a: 'a' }] })
    const members = docker(
      { 'c.json': image.config, 'id1/layer.tar': image.layers[0]!.tar, '2.tar': layer1.tar },
      { Layers: ['id1/layer.tar', '2.tar', 'id3/layer.tar'] },
      [{ name: 'id3/layer.tar', type: '1', linkName: 'id1/layer.tar' }]
    )
    await writeTar(path(), members)
    const { layers } = asDocker(await openTestArchive(path()))
    expect(layers[2]).toBe(layers[0])
  })

  test('a link through a directory that is a link is followed', async () => {
    const members = docker(
      { 'c.json': amd64.config, 'real/deep/1.tar': layer1.tar, '2.tar': layer2.tar },
      { Layers: ['directory/deep/1.tar', '2.tar'] },
      [{ name: 'directory', type: '2', linkName: './real' }]
    )
    await writeTar(path(), members)
    expect(await readDiffIds(asDocker(await openTestArchive(path())))).toEqual(amd64.diffIds)
  })

  test('layers that are stored plain, as gzip and as zstd are told apart by their bytes', async () => {
    const image = buildImage({ layers: [{ a: 'a' }, { b: 'b' }, { c: 'c' }] })
    const [a, b, c] = image.layers.map((layer) => layer.tar)
    const files = { '1.tar': a!, '2.tar': gzipSync(b!), '3.tar': zstdCompressSync(c!) }
    await writeTar(
      path(),
      docker({ 'c.json': image.config, ...files }, { Layers: ['1.tar', '2.tar', '3.tar'] })
    )
    const root = asDocker(await openTestArchive(path()))
    expect(root.layers.map((layer) => layer.kind === 'layer-file' && layer.compression)).toEqual([
      'none',
      'gzip',
      'zstd'
    ])
    expect(await readDiffIds(root)).toEqual(image.diffIds)
  })

  test('a layer file of no bytes is a layer', async () => {
    const image = buildImage({ layers: [Buffer.alloc(0)] })
    await writeTar(
      path(),
      docker({ 'c.json': image.config, 'e.tar': Buffer.alloc(0) }, { Layers: ['e.tar'] })
    )
    const root = asDocker(await openTestArchive(path()))
    expect(root.layers).toMatchObject([{ compression: 'none', content: { size: 0 } }])
    expect(await readDiffIds(root)).toEqual(image.diffIds)
  })

  test('an image without layers has none', async () => {
    const image = buildImage({ layers: [] })
    await writeTar(path(), docker({ 'c.json': image.config }, { Layers: null }))
    expect(asDocker(await openTestArchive(path())).layers).toEqual([])
  })

  test.each([
    ['as Docker writes it', { type: 'layers' }],
    ['as BuildKit writes it', { type: 'layers', diff_ids: null }]
  ])('an image without layers has no diff IDs, %s', async (_name, rootfs) => {
    const image = buildImage({ layers: [], config: { rootfs } })
    await writeTar(path(), docker({ 'c.json': image.config }, { Layers: null }))
    expect(asDocker(await openTestArchive(path())).layers).toEqual([])
    await writeOciArchive(path(), [image])
    expect(asManifest(await openTestArchive(path())).digest).toBe(image.content.digest)
  })

  test('a foreign layer without a file is known by its descriptor with urls', async () => {
    const source = {
      mediaType: MEDIA_TYPES.dockerForeignLayerGzip,
      digest: layer1.digest,
      size: layer1.blob.length,
      urls: ['https://example.com/base']
    }
    const sources = { LayerSources: { [layer1.diffId]: source } }
    await writeTar(path(), docker({ 'c.json': amd64.config, '2.tar': layer2.tar }, sources))
    const root = asDocker(await openTestArchive(path()))
    expect(root.layers[0]).toMatchObject({ kind: 'foreign-layer', diffId: layer1.diffId })
    expect(root.layers[0]).toMatchObject({ descriptor: source })
    expect(root.layers[1]).toMatchObject({ kind: 'layer-file', diffId: layer2.diffId })
  })

  test('a foreign layer whose file is there is a layer as any other', async () => {
    const source = { ...descriptorOf(layerBlob()), urls: ['https://example.com/base'] }
    const files = { 'c.json': amd64.config, '1.tar': layer1.tar, '2.tar': layer2.tar }
    await writeTar(path(), docker(files, { LayerSources: { [layer1.diffId]: source } }))
    expect(await readDiffIds(asDocker(await openTestArchive(path())))).toEqual(amd64.diffIds)
  })

  test('names with ./, with Windows backslashes and AppleDouble noise are read', async () => {
    const members: TarMember[] = [
      file('./._manifest.json', Buffer.from([0, 5, 0x16, 7])),
      { name: './id1/', type: '5' },
      file('./c.json', amd64.config),
      file('.\\id1\\layer.tar', layer1.tar),
      file('.//2.tar', layer2.tar),
      file(
        './manifest.json',
        json([{ Config: 'c.json', RepoTags: null, Layers: ['id1\\layer.tar', './2.tar'] }])
      )
    ]
    await writeTar(path(), members)
    expect(await readDiffIds(asDocker(await openTestArchive(path())))).toEqual(amd64.diffIds)
  })

  test('long names are read in every form', async () => {
    const long = (at: number): string => `${'directory/'.repeat(30)}${'x'.repeat(120)}-${at}`
    const image = buildImage({ layers: [{ a: 'a' }, { b: 'b' }, { c: 'c' }] })
    const [a, b, c] = image.layers.map((layer) => layer.tar)
    const members: TarMember[] = [
      { name: long(0), body: a, gnuLongName: true, format: 'gnu' },
      { name: 'cut', body: b, pax: [['path', long(1)]] },
      { name: long(2), linkName: long(3), type: '2', gnuLongName: true, gnuLongLink: true },
      {
        name: 'cut',
        type: '1',
        pax: [
          ['path', long(4)],
          ['linkpath', long(0)]
        ]
      },
      { name: `${'p/'.repeat(60)}c`, body: c },
      ...docker({ 'c.json': image.config }, { Layers: [long(4), long(1), `${'p/'.repeat(60)}c`] })
    ]
    await writeTar(path(), members)
    expect(await readDiffIds(asDocker(await openTestArchive(path())))).toEqual(image.diffIds)
  })

  test('global pax headers are skipped', async () => {
    const [first, ...others] = docker({
      'c.json': amd64.config,
      '1.tar': layer1.tar,
      '2.tar': layer2.tar
    })
    const globalPax = [
      ['path', 'elsewhere'],
      ['size', '3'],
      ['comment', 'x']
    ] as const
    await writeTar(path(), [{ ...first!, globalPax }, ...others])
    expect(await readDiffIds(asDocker(await openTestArchive(path())))).toEqual(amd64.diffIds)
  })

  test('what comes after the end, and a missing end, do no harm', async () => {
    await writeDockerArchive(path(), [amd64])
    await appendFile(path(), Buffer.alloc(5000, 0x55))
    expect(await readDiffIds(asDocker(await openTestArchive(path())))).toEqual(amd64.diffIds)
    const members = dockerMembers([amd64], 'podman')
    await writeFile(path(), tarArchive(members, { end: false }))
    expect(await readDiffIds(asDocker(await openTestArchive(path())))).toEqual(amd64.diffIds)
  })

  test('a file that is there twice with the same bytes is one file', async () => {
    const members = docker({ 'c.json': amd64.config, '1.tar': layer1.tar, '2.tar': layer2.tar })
    await writeTar(path(), [...members, file('./1.tar', layer1.tar), ...members])
    expect(await readDiffIds(asDocker(await openTestArchive(path())))).toEqual(amd64.diffIds)
  })

  test('an image that is listed twice, once for each tag, is one image', async () => {
    const entry = { Config: 'c.json', Layers: ['1.tar', '2.tar'] }
    const manifest = [
      { ...entry, RepoTags: ['ex.com/app:1', 'ex.com/app@sha256:00', '<none>:<none>'] },
      { ...entry, RepoTags: ['ex.com/app:2', 'ex.com/app:1'] }
    ]
    const members = docker({ 'c.json': amd64.config, '1.tar': layer1.tar, '2.tar': layer2.tar })
    await writeTar(path(), [...members.slice(0, -1), file('manifest.json', json(manifest))])
    expect((await openTestArchive(path())).tags).toEqual(['1', '2'])
  })

  test('an unpacked archive is read from its directory', async () => {
    for (const member of dockerMembers([amd64], 'podman')) {
      if (member.type === '2') continue
      await writeFile(join(directory(), member.name), member.body ?? '')
    }
    expect(await readDiffIds(asDocker(await openTestArchive(directory())))).toEqual(amd64.diffIds)
  })
})

describe('members beyond 8 GiB and with holes', () => {
  const SIZE = 9 * 1024 ** 3 + 512

  test.each([
    ['base-256', {}],
    ['pax', { pax: [['size', String(SIZE)]] as const, rawSize: Buffer.from('00000000000\0') }]
  ])('a layer of 9 GiB is found by its %s size', async (_name, form) => {
    const small = docker({ 'c.json': buildImage({ layers: [{ a: '' }] }).config })
    const { open } = await import('node:fs/promises')
    const out = await open(path(), 'w')
    await out.write(tarArchive([{ name: '1.tar', size: SIZE, ...form }], { end: false }))
    const { size } = await out.stat()
    const rest = tarArchive([
      ...small.slice(0, -1),
      file('manifest.json', json([{ Config: 'c.json', RepoTags: [], Layers: ['1.tar'] }]))
    ])
    await out.write(rest, 0, rest.length, size + SIZE)
    await out.close()
    const { layers } = asDocker(await openTestArchive(path()))
    expect(layers).toMatchObject([{ compression: 'none', content: { size: SIZE } }])
  })

  const holes = Buffer.concat([
    tarOfFiles({ a: 'begin' }).subarray(0, 1024),
    Buffer.alloc(3 * 1024 ** 2),
    Buffer.from('middle'.padEnd(512, '.')),
    Buffer.alloc(70_000)
  ])
  const middle = 1024 + 3 * 1024 ** 2
  const map = [0, 1024, middle, 512, holes.length, 0]
  const data = Buffer.concat([holes.subarray(0, 1024), holes.subarray(middle, middle + 512)])
  const dataMap = Buffer.from(`${map.length / 2}\n${map.join('\n')}\n`.padEnd(512, '\0'))
  const size = String(holes.length)
  const pairs = map.map((value, at): [string, string] => [
    at % 2 === 0 ? 'GNU.sparse.offset' : 'GNU.sparse.numbytes',
    String(value)
  ])
  const sparse: readonly (readonly [string, TarMember])[] = [
    [
      'pax 0.0',
      {
        name: '1.tar',
        body: data,
        pax: [['GNU.sparse.size', size], ['GNU.sparse.numblocks', '3'], ...pairs]
      }
    ],
    [
      'pax 0.1',
      {
        name: 'GNUSparseFile.0/1.tar',
        body: data,
        pax: [
          ['GNU.sparse.size', size],
          ['GNU.sparse.map', map.join(',')],
          ['GNU.sparse.name', '1.tar']
        ]
      }
    ],
    [
      'pax 1.0',
      {
        name: 'GNUSparseFile.0/1.tar',
        body: Buffer.concat([dataMap, data]),
        pax: [
          ['GNU.sparse.major', '1'],
          ['GNU.sparse.minor', '0'],
          ['GNU.sparse.name', '1.tar'],
          ['GNU.sparse.realsize', size]
        ]
      }
    ]
  ]

  test.each(sparse)(
    'a layer with holes in form %s is read with its holes',
    async (_form, layer) => {
      const image = buildImage({ layers: [holes] })
      await writeTar(path(), [layer, ...docker({ 'c.json': image.config }, { Layers: ['1.tar'] })])
      const root = asDocker(await openTestArchive(path()))
      expect(root.layers).toMatchObject([{ content: { size: holes.length } }])
      expect(await readDiffIds(root)).toEqual(image.diffIds)
    }
  )

  test.each(['gnu', 'posix', '0.0', '0.1'])(
    'what GNU tar -S writes in format %s is read with its holes',
    async (format) => {
      const layer = await writeHoles(join(directory(), '1.tar'))
      const image = buildImage({ layers: [layer] })
      const files = docker({ 'c.json': image.config }, { Layers: ['1.tar'] })
      for (const { name, body } of files) await writeFile(join(directory(), name), body!)
      const version = format.startsWith('0') ? ['posix', `--sparse-version=${format}`] : [format]
      const args = [
        `--format=${version[0]!}`,
        ...version.slice(1),
        '-cSf',
        path(),
        '-C',
        directory()
      ]
      await promisify(execFile)('tar', [...args, '1.tar', 'c.json', 'manifest.json'])
      const root = asDocker(await openTestArchive(path()))
      expect(root.layers).toMatchObject([{ content: { size: layer.length } }])
      expect(await readDiffIds(root)).toEqual(image.diffIds)
    }
  )

  test('contents come in chunks of at most 1 MiB, holes too', async () => {
    const image = buildImage({ layers: [holes] })
    await writeTar(path(), [
      sparse[0]![1],
      ...docker({ 'c.json': image.config }, { Layers: ['1.tar'] })
    ])
    const [layer] = asDocker(await openTestArchive(path())).layers
    if (layer?.kind !== 'layer-file') throw new Error('no layer file')
    for await (const chunk of layer.content.read())
      expect(chunk.length).toBeLessThanOrEqual(2 ** 20)
  })
})

describe('OCI layouts with manifest.json', () => {
  test('an image with foreign layers goes as manifest.json tells', async () => {
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

  test('the tags of both lists are given, each once', async () => {
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

  test('without oci-layout and index.json manifest.json is enough', async () => {
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
  ])('a complete image in %s is given byte for byte', async (_name, write) => {
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
  ] as const)('names as %s writes them give the tag', async (_name, naming) => {
    await writeOciArchive(path(), [{ ...amd64, tags: ['ex.com:5000/team/app:v1.2'] }], { naming })
    expect((await openTestArchive(path())).tags).toEqual(['v1.2'])
  })

  test('each digest is given once, and a layer of a manifest without mediaType is known', async () => {
    const twice = buildImage({
      layers: [{ a: 'a' }, { a: 'a' }],
      manifest: { mediaType: undefined }
    })
    await writeOciArchive(path(), [twice], { index: { mediaType: undefined } })
    const root = asManifest(await openTestArchive(path()))
    expect(root.mediaType).toBe(MEDIA_TYPES.ociManifest)
    expect(root.blobs).toHaveLength(2)
  })

  test('a schema 2 image and a manifest list are given as they are', async () => {
    const image = buildImage({ docker: true })
    const list = buildIndex([image], { docker: true })
    await writeOciArchive(path(), [list])
    const root = asIndex(await openTestArchive(path()))
    expect(root.mediaType).toBe(MEDIA_TYPES.dockerManifestList)
    expect(root.children).toMatchObject([
      { mediaType: MEDIA_TYPES.dockerManifest, digest: image.content.digest }
    ])
  })

  test('zstd and mixed layers stay as they are', async () => {
    const image = buildImage({ compression: ['zstd', 'gzip'] })
    await writeOciArchive(path(), [image])
    expect(await readDiffIds(asManifest(await openTestArchive(path())))).toEqual(image.diffIds)
  })

  test('uncompressed layers alone make an image whose layers are compressed on their way', async () => {
    const image = buildImage({ compression: ['none', 'gzip'] })
    await writeOciArchive(path(), [image])
    const root = asDocker(await openTestArchive(path()))
    expect(root.config.bytes).toEqual(image.config)
    expect(root.layers).toMatchObject([{ compression: 'none' }, { compression: 'gzip' }])
    expect(await readDiffIds(root)).toEqual(image.diffIds)
  })

  test.each([false, true])(
    'an image of uncompressed layers keeps its annotations (manifest.json: %s)',
    async (manifestJson) => {
      const annotations = { 'org.opencontainers.image.source': 'https://example.com/app' }
      const image = buildImage({ compression: 'none', manifest: { annotations } })
      await writeOciArchive(path(), [image], { manifestJson })
      const root = asDocker(await openTestArchive(path()))
      expect(root.annotations).toEqual(annotations)
      expect(await readDiffIds(root)).toEqual(image.diffIds)
    }
  )

  test('uncompressed layers with annotations are pushed as they are, with a warning', async () => {
    const plain = buildImage({ compression: 'none' })
    const { layers } = JSON.parse(plain.content.bytes.toString()) as { layers: object[] }
    const annotated = layers.map((layer) => ({ ...layer, annotations: { a: 'b' } }))
    const image = buildImage({ compression: 'none', manifest: { layers: annotated } })
    await writeOciArchive(path(), [image])
    const contents = await openTestArchive(path())
    expect(asManifest(contents).digest).toBe(image.content.digest)
    expect(contents.warnings).toEqual([expect.stringMatching(/uncompressed layers/)])
  })

  test('uncompressed layers below an index are pushed as they are, with a warning', async () => {
    const plain = buildImage({ compression: 'none' })
    const index = buildIndex([plain, arm64])
    await writeOciArchive(path(), [index])
    const contents = await openTestArchive(path())
    expect(asIndex(contents).digest).toBe(index.content.digest)
    expect(contents.warnings).toEqual([expect.stringMatching(/uncompressed layers/)])
  })

  test('an artifact with a config and layers of its own types is given as it is', async () => {
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

  test('a foreign layer without bytes is left out of the blobs', async () => {
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

  test('links inside a layout directory are followed', async () => {
    await writeOciDirectory(path(), [amd64], { without: [layer1.digest] })
    await mkdir(join(path(), 'shared'))
    await writeFile(join(path(), 'shared', 'layer'), layer1.blob)
    await symlink('../../shared/layer', join(path(), blobName(layer1.digest)))
    expect(await readDiffIds(asManifest(await openTestArchive(path())))).toEqual(amd64.diffIds)
  })
})

describe('several platforms', () => {
  test('a complete index is given byte for byte, with its children and attestations', async () => {
    await writeOciArchive(path(), [multi], { manifestJson: true })
    const contents = await openTestArchive(path())
    const root = asIndex(contents)
    expect(root).toMatchObject({ bytes: multi.content.bytes, digest: multi.content.digest })
    expect(root.children.map((child) => child.digest)).toEqual(
      [amd64, arm64, attestation].map((child) => child.content.digest)
    )
    expect(root.children[1]).toMatchObject({ platform: { architecture: 'arm64', variant: 'v8' } })
    expect(contents.tags).toEqual(['1'])
    expect(contents.warnings).toEqual([])
  })

  test('an index in an index is kept', async () => {
    const outer = buildIndex([multi, amd64])
    await writeOciArchive(path(), [outer])
    const root = asIndex(await openTestArchive(path()))
    expect(root.children).toMatchObject([
      { kind: 'stored-index', digest: multi.content.digest },
      { kind: 'stored-manifest', digest: amd64.content.digest }
    ])
  })

  test('of an index with absent platforms the one that is there is pushed, with a warning', async () => {
    const without = [...blobsOf(arm64).keys(), ...blobsOf(attestation).keys()]
    await writeOciArchive(path(), [multi], { manifestJson: true, without })
    const contents = await openTestArchive(path())
    expect(asManifest(contents).digest).toBe(amd64.content.digest)
    expect(contents.tags).toEqual(['1'])
    expect(contents.warnings).toEqual([
      'The archive holds only linux/amd64 of this image, which is pushed alone; not in the archive: linux/arm64/v8, an attestation'
    ])
  })

  test('a platform is absent, too, where only one of its layers is', async () => {
    await writeOciArchive(path(), [multi], { without: [arm64.layers[0]!.digest] })
    expect(asManifest(await openTestArchive(path())).digest).toBe(amd64.content.digest)
  })

  test('of several complete platforms one is chosen by its digest', async () => {
    const s390x = buildImage({
      layers: [{ z: 'z' }],
      platform: { os: 'linux', architecture: 's390x' }
    })
    const index = buildIndex([amd64, arm64, s390x])
    await writeOciArchive(path(), [index], { without: [s390x.configDigest] })
    await expect(openTestArchive(path())).rejects.toThrow(/linux\/s390x is missing/)
    const contents = await openTestArchive(path(), arm64.content.digest)
    expect(asManifest(contents).digest).toBe(arm64.content.digest)
    expect(contents.tags).toEqual(['1'])
  })

  test('an index.json that lists platforms without names is itself the image', async () => {
    const children = [amd64, arm64].map((image) => ({
      ...descriptorOf(image.content),
      platform: image.platform
    }))
    const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: children }
    await writeOciArchive(path(), [amd64, arm64], { index })
    const contents = await openTestArchive(path())
    expect(asIndex(contents)).toMatchObject({
      bytes: json(index),
      digest: sha256Digest(json(index))
    })
    expect(contents.tags).toEqual([])
  })

  test('a platform and its attestation that index.json lists without names are one image', async () => {
    const index = {
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.ociIndex,
      manifests: [
        { ...descriptorOf(amd64.content), platform: amd64.platform },
        {
          ...descriptorOf(attestation.content),
          platform: attestation.platform,
          ...attestationDescriptor(amd64)
        }
      ]
    }
    await writeOciArchive(path(), [amd64, attestation], { index })
    const root = asIndex(await openTestArchive(path()))
    expect(root).toMatchObject({ mediaType: MEDIA_TYPES.ociIndex, bytes: json(index) })
  })

  test('signatures and what refers to them come along, in either way of listing them', async () => {
    const refer = (name: string, to: TestBlob): ReturnType<typeof buildImage> =>
      buildImage({
        layers: [{ [name]: name }],
        tags: [],
        manifest: { subject: descriptorOf(to), artifactType: 'application/example' }
      })
    const signature = refer('signature', arm64.content)
    const countersignature = refer('countersignature', signature.content)
    const stray = refer('stray', buildImage({ layers: [] }).content)
    const sbom = refer('sbom', multi.content)
    const fallback = buildIndex([sbom], {
      tags: [`ex.com/app:${multi.content.digest.replace(':', '-')}`]
    })
    await writeOciArchive(path(), [countersignature, stray, signature, fallback, multi])
    const contents = await openTestArchive(path())
    expect(asIndex(contents).digest).toBe(multi.content.digest)
    expect(contents.tags).toEqual(['1'])
    expect(contents.referrers?.map((referrer) => referrer.digest).sort()).toEqual(
      [signature, countersignature, sbom].map((each) => each.content.digest).sort()
    )
  })

  test('a signature of an image that gets another digest is left out, with a warning', async () => {
    const plain = buildImage({ compression: 'none' })
    const signature = buildImage({
      layers: [{ signature: 'signature' }],
      tags: [],
      manifest: { subject: descriptorOf(plain.content) }
    })
    await writeOciArchive(path(), [plain, signature])
    const contents = await openTestArchive(path())
    expect(asDocker(contents).config.digest).toBe(plain.configDigest)
    expect(contents.referrers).toEqual([])
    expect(contents.warnings).toEqual([expect.stringMatching(/Signatures .* are left out/)])
  })

  test('an image whose subject is null is no signature', async () => {
    const [one, other] = ['1', '2'].map((a) =>
      buildImage({ layers: [{ a }], tags: [], manifest: { subject: null } })
    )
    await writeOciArchive(path(), [one!, other!])
    await expect(openTestArchive(path())).rejects.toThrow(/holds 2 images/)
  })

  test('a signature alone is an image as any other', async () => {
    const alone = buildImage({ tags: [], manifest: { subject: descriptorOf(arm64.content) } })
    await writeOciArchive(path(), [alone])
    expect(asManifest(await openTestArchive(path())).digest).toBe(alone.content.digest)
  })
})

describe('several images', () => {
  const a = buildImage({ layers: [{ a: 'a' }], tags: ['ex.com/a:1', 'ex.com/a:latest'] })
  const b = buildImage({ layers: [{ b: 'b' }], tags: ['docker.io/library/b:2'] })
  const untagged = buildImage({ layers: [{ c: 'c' }], tags: [] })

  test.each([
    ['ex.com/a:1', a],
    ['ex.com/a', a],
    ['#0', a],
    ['b:2', b],
    ['library/b:2', b],
    ['docker.io/library/b:2', b],
    ['index.docker.io/library/b:2', b],
    ['b', b],
    ['#2', untagged],
    [untagged.configDigest, untagged]
  ])('%s chooses one of a docker-archive', async (wanted, image) => {
    await writeDockerArchive(path(), [a, b, untagged], 'podman')
    const contents = await openTestArchive(path(), wanted)
    expect(asDocker(contents).config.digest).toBe(image.configDigest)
    expect(contents.tags).toEqual(image.tags.map((tag) => tag.slice(tag.lastIndexOf(':') + 1)))
  })

  test.each([
    ['ex.com/a:1', a],
    ['b:2', b],
    ['#2', untagged],
    [untagged.content.digest, untagged],
    [untagged.configDigest, untagged]
  ])('%s chooses one of an OCI layout', async (wanted, image) => {
    await writeOciArchive(path(), [a, b, untagged])
    expect(asManifest(await openTestArchive(path(), wanted)).digest).toBe(image.content.digest)
  })

  test.each(['a:1', 'ex.com/a:2', '#3', 'c', 'sha256:12', `sha256:${'0'.repeat(64)}`, '#', '::'])(
    '%s names none, and the error lists what there is',
    async (wanted) => {
      await writeDockerArchive(path(), [a, b, untagged], 'podman')
      await expect(openTestArchive(path(), wanted)).rejects.toThrow(
        /Input "archive-image" names no image of .*#0 ex\.com\/a:1 or ex\.com\/a:latest, #1 docker\.io\/library\/b:2, #2 without a name/
      )
    }
  )

  test('a repository without a tag that several images have is not guessed', async () => {
    const images = ['ex.com/x:1', 'ex.com/x:2'].map((tag) =>
      buildImage({ layers: [{ [tag]: tag }], tags: [tag] })
    )
    await writeDockerArchive(path(), images)
    await expect(openTestArchive(path(), 'ex.com/x')).rejects.toThrow(/names several images/)
  })

  test('a choice that names nothing is an error for a single image too', async () => {
    await writeOciArchive(path(), [amd64])
    await expect(openTestArchive(path(), 'other:1')).rejects.toThrow(/names no image/)
  })

  test('podman names what was built here localhost/', async () => {
    const local = buildImage({ layers: [{ l: 'l' }], tags: ['localhost/app:1'] })
    await writeDockerArchive(path(), [a, local], 'podman')
    expect(asDocker(await openTestArchive(path(), 'app:1')).config.digest).toBe(local.configDigest)
  })

  test('what manifest.json lists beside index.json is an image of its own', async () => {
    await writeDockerArchive(path(), [a, b], 'docker25')
    const members = dockerMembers([untagged], 'docker25')
    const both = dockerMembers([a, b, untagged], 'docker25')
    const index = dockerMembers([a, b], 'docker25').find(({ name }) => name === 'index.json')!
    await writeTar(path(), [
      ...both.filter(({ name }) => name !== 'index.json'),
      index,
      ...members.filter(({ name }) => name.startsWith('blobs/'))
    ])
    await expect(openTestArchive(path())).rejects.toThrow(/holds 3 images/)
    const contents = await openTestArchive(path(), '#2')
    expect(asDocker(contents).config.digest).toBe(untagged.configDigest)
    const named = await openTestArchive(path(), 'ex.com/a:1')
    expect(asDocker(named).config.digest).toBe(a.configDigest)
  })

  test('an error lists at most twenty images', async () => {
    const images = Array.from({ length: 25 }, (_, at) =>
      buildImage({ layers: [{ [at]: String(at) }], tags: [`ex.com/app:${at}`] })
    )
    await writeDockerArchive(path(), images)
    await expect(openTestArchive(path())).rejects.toThrow(/#19 ex\.com\/app:19, … and 5 more/)
  })
})

describe('compressed as a whole', () => {
  const members = dockerMembers([amd64], 'podman')

  test.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync]
  ])('%s is unpacked to the temporary directory, and taken away in the end', async (name, pack) => {
    await writeFile(path(), pack(tarArchive(members)))
    const lines: string[] = []
    const { readdir } = await import('node:fs/promises')
    const contents = await openTestArchive(path(), undefined, {
      temporaryDirectory: () => Promise.resolve(directory()),
      info: (line) => void lines.push(line)
    })
    expect(await readDiffIds(asDocker(contents))).toEqual(amd64.diffIds)
    expect(lines).toEqual([
      expect.stringMatching(`Unpacking .*archive.tar \\(${name}, \\d+ bytes\\)`)
    ])
    expect(await readdir(directory())).toHaveLength(2)
    await contents.close()
    expect(await readdir(directory())).toEqual(['archive.tar'])
  })

  test('gzip in several members, as pigz and cat write it, is unpacked whole', async () => {
    const tar = tarArchive(members)
    await writeFile(
      path(),
      Buffer.concat([gzipSync(tar.subarray(0, 3000)), gzipSync(tar.subarray(3000))])
    )
    expect(await readDiffIds(asDocker(await openTestArchive(path())))).toEqual(amd64.diffIds)
  })

  test('zstd in several frames, as pzstd writes it, is unpacked whole', async () => {
    const tar = tarArchive(members)
    const skippable = Buffer.from('502a4d1804000000ffffffff', 'hex')
    await writeFile(
      path(),
      Buffer.concat([
        skippable,
        zstdCompressSync(tar.subarray(0, 3000)),
        zstdCompressSync(tar.subarray(3000))
      ])
    )
    expect(await readDiffIds(asDocker(await openTestArchive(path())))).toEqual(amd64.diffIds)
  })

  test('an archive that unpacks to more than allowed is not unpacked to its end', async () => {
    const bomb = tarArchive([{ name: 'zeros', body: Buffer.alloc(50 * 1024 ** 2) }])
    await writeFile(path(), gzipSync(bomb))
    await expect(
      openTestArchive(path(), undefined, { maxUnpackedBytes: 10 * 1024 ** 2 })
    ).rejects.toThrow(/unpacks to more than can be an image – at most 10485760 bytes/)
  })

  test('a disk without space is not filled to its end', async () => {
    const zeros = Buffer.alloc(65 * 1024 ** 2)
    await writeFile(path(), gzipSync(tarArchive([{ name: 'zeros', body: zeros }]), { level: 1 }))
    const free = [2 ** 40, 1000]
    const opening = openTestArchive(path(), undefined, {
      freeBytes: () => Promise.resolve(free.shift()!)
    })
    await expect(opening).rejects.toThrow(/not enough space to unpack .*: 1000 bytes are free in/)
    expect(free).toEqual([])
  })

  test('a cancelled run stops unpacking', async () => {
    await writeFile(path(), gzipSync(tarArchive(members)))
    const controller = new AbortController()
    const opening = openTestArchive(path(), undefined, {
      signal: controller.signal,
      info: () => controller.abort(new Error('cancelled'))
    })
    await expect(opening).rejects.toThrow('cancelled')
  })
})

describe('a file that changes', () => {
  test('is noticed when a layer of a tar is read', async () => {
    await writeDockerArchive(path(), [amd64])
    const root = asDocker(await openTestArchive(path()))
    await appendFile(path(), 'more')
    await expect(readDiffIds(root)).rejects.toThrow(/was changed while it was read/)
  })

  test('is noticed when a blob of a directory is read', async () => {
    await writeOciDirectory(path(), [amd64])
    const root = asManifest(await openTestArchive(path()))
    await writeFile(join(path(), blobName(layer1.digest)), 'other')
    await expect(readContent(root.blobs[1]!.content)).rejects.toThrow(
      /was changed while it was read/
    )
  })

  test('is noticed when it is cut while a layer is read', async () => {
    const image = buildImage({ layers: [{ big: Buffer.alloc(3 * 1024 ** 2, 1) }] })
    await writeDockerArchive(path(), [image], 'podman')
    const [layer] = asDocker(await openTestArchive(path())).layers
    if (layer?.kind !== 'layer-file') throw new Error('no layer file')
    const chunks = layer.content.read()[Symbol.asyncIterator]()
    await chunks.next()
    const { truncate } = await import('node:fs/promises')
    await truncate(path(), 1_500_000)
    await expect(chunks.next().then(() => chunks.next())).rejects.toThrow(/was changed/)
  })
})

function layerBlob(at = 0): TestBlob {
  const { blob, digest } = amd64.layers[at]!
  return { bytes: blob, digest, mediaType: MEDIA_TYPES.ociLayerGzip }
}

/** A layer with holes on disk; its bytes are returned. */
async function writeHoles(name: string): Promise<Buffer> {
  const { open } = await import('node:fs/promises')
  const layer = buildLayer({ zeros: Buffer.alloc(2 * 1024 ** 2), tail: 'tail' }, 'none').tar
  const out = await open(name, 'w')
  for (let at = 0; at < layer.length; at += 4096) {
    const block = layer.subarray(at, at + 4096)
    if (block.some((byte) => byte !== 0)) await out.write(block, 0, block.length, at)
  }
  await out.truncate(layer.length)
  await out.close()
  return layer
}

test('the members of a layout are the same ones in a tar and in a directory', () => {
  expect(ociMembers([amd64]).map(({ name }) => name)).toContain('oci-layout')
})
