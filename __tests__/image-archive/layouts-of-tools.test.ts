import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { MEDIA_TYPES } from '../../src/oci/media-types.js'
import {
  blobsOf,
  buildBlob,
  buildImage,
  buildIndex,
  buildLayer,
  buildPlatforms,
  descriptorOf,
  dockerMembers,
  file,
  json,
  ociMembers,
  writeDockerArchive,
  writeOciArchive,
  writeOciDirectory
} from '../helpers/archives.js'
import type { StoredManifest } from '../../src/image-archive/contents.js'
import type { ImageSpec, TestBlob, TestImage, TestIndex } from '../helpers/archives.js'
import {
  asDocker,
  asIndex,
  asManifest,
  openTestArchive,
  useDirectory
} from '../helpers/read-archive.js'
import { tarArchive, writeTar } from '../helpers/tar-writer.js'

const directory = useDirectory()
const path = (): string => join(directory(), 'archive.tar')
const { amd64, arm64, multi } = buildPlatforms()

describe('layouts of ORAS', () => {
  const listed = (
    images: readonly (TestImage | TestIndex)[],
    name: string
  ): { manifests: object[] } => ({
    manifests: images.map((image, at) => ({
      ...descriptorOf(image.content),
      ...(at === 0 ? { annotations: { 'org.opencontainers.image.ref.name': name } } : {})
    }))
  })

  test('ignores the manifests of an index that are listed beside it', async () => {
    await writeOciArchive(path(), [multi], { index: listed([multi, amd64, arm64], 'v1') })
    const contents = await openTestArchive(path())
    expect(asIndex(contents).digest).toBe(multi.content.digest)
    expect(contents.tags).toEqual(['v1'])
  })

  test('ignores the manifests of a nested index', async () => {
    const outer = buildIndex([multi, buildImage({ layers: [{ s: 's' }] })])
    await writeOciArchive(path(), [outer], { index: listed([outer, multi, amd64], 'v1') })
    expect(asIndex(await openTestArchive(path())).digest).toBe(outer.content.digest)
  })

  test('lists a manifest of an index that has a name of its own', async () => {
    await writeOciArchive(path(), [
      { ...multi, tags: ['a:1'] },
      { ...amd64, tags: ['b:1'] }
    ])
    await expect(openTestArchive(path())).rejects.toThrow(/contains 2 images/)
    expect(asManifest(await openTestArchive(path(), 'b:1')).digest).toBe(amd64.content.digest)
  })
})

describe('layouts of cosign save', () => {
  /** cosign uses a config and a layer of its own type for the signed payload. */
  const buildSignature = (of: TestBlob, type = 'simplesigning'): TestImage => {
    const payload = json({ critical: { image: { 'docker-manifest-digest': of.digest } } })
    const layer = buildLayer(payload, 'none')
    return buildImage({
      layers: [payload],
      compression: 'none',
      tags: [],
      manifest: {
        layers: [
          {
            mediaType: `application/vnd.dev.cosign.${type}.v1+json`,
            digest: layer.digest,
            size: layer.blob.length,
            annotations: { 'dev.cosignproject.cosign/signature': 'MEUC' }
          }
        ]
      }
    })
  }
  const write = (entries: readonly (readonly [TestImage | TestIndex, string])[]): Promise<void> =>
    writeOciDirectory(
      path(),
      entries.map(([image]) => image),
      {
        index: {
          manifests: entries.map(([image, kind]) => ({
            ...descriptorOf(image.content),
            annotations: { kind: `dev.cosignproject.cosign/${kind}` }
          }))
        }
      }
    )

  test.each([
    ['an image', amd64, 'image'],
    ['an image of several platforms', multi, 'imageIndex']
  ] as const)(
    'returns %s with its signature and attestation by tag',
    async (_name, image, kind) => {
      const [signature, attestation] = [
        buildSignature(image.content),
        buildSignature(image.content, 'dsse')
      ]
      await write([
        [image, kind],
        [signature, 'sigs'],
        [attestation, 'atts']
      ])
      const contents = await openTestArchive(path())
      expect(contents.root).toMatchObject({ digest: image.content.digest })
      expect(contents.referrers?.map(({ digest }) => digest)).toEqual([
        signature.content.digest,
        attestation.content.digest
      ])
      const tag = image.content.digest.replace(':', '-')
      expect(contents.referrerTags).toEqual([
        { tag: `${tag}.sig`, digest: signature.content.digest },
        { tag: `${tag}.att`, digest: attestation.content.digest }
      ])
      await expect(openTestArchive(path(), '#1')).rejects.toThrow(/does not match any image/)
    }
  )

  /** cosign 3 attaches a signature as a referrer, and does not list it in `index.json`. */
  test.each([
    ['an image', amd64, 'image', writeOciDirectory],
    ['an image of several platforms', multi, 'imageIndex', writeOciDirectory],
    ['an image in a tar archive', amd64, 'image', writeOciArchive]
  ] as const)(
    'returns %s with the bundles that are not listed',
    async (_name, image, kind, writeLayout) => {
      const referrer = (of: TestBlob): TestImage =>
        buildImage({ manifest: { subject: descriptorOf(of), artifactType: 'application/x' } })
      const bundle = referrer(image.content)
      const ofBundle = referrer(bundle.content)
      const ofAnother = referrer(buildBlob(json({}), MEDIA_TYPES.ociManifest))
      const manifests = [
        {
          ...descriptorOf(image.content),
          annotations: { kind: `dev.cosignproject.cosign/${kind}` }
        }
      ]
      const stored = [bundle, ofBundle, ofAnother].flatMap((each) => [...blobsOf(each).values()])
      // A layer of an attestation of BuildKit, and a document that only some clients read as a manifest.
      const statement = json({ _type: 'https://in-toto.io/Statement/v0.1', subject: [] })
      const other = json({ subject: descriptorOf(image.content), schemaVersion: 1 })
      const blobs = [...stored, statement, other, json({ subject: 'any file' }), Buffer.from('{')]
      await writeLayout(path(), [image], { index: { manifests }, blobs })
      const contents = await openTestArchive(path())
      expect(contents).toMatchObject({ root: { digest: image.content.digest }, warnings: [] })
      expect(new Set(contents.referrers?.map(({ digest }) => digest))).toEqual(
        new Set([bundle.content.digest, ofBundle.content.digest])
      )
    }
  )

  /** BuildKit with "oci-artifact=true" writes attestations with a subject. */
  test('does not return an attestation in the index as a referrer of it', async () => {
    const attestation = buildImage({
      platform: { os: 'unknown', architecture: 'unknown' },
      tags: [],
      manifest: { subject: descriptorOf(amd64.content), artifactType: 'application/x' }
    })
    await write([[buildIndex([amd64, attestation]), 'imageIndex']])
    const { root, referrers, warnings } = await openTestArchive(path())
    expect(root).toMatchObject({ children: [{}, { digest: attestation.content.digest }] })
    expect({ referrers, warnings }).toEqual({ referrers: [], warnings: [] })
  })

  test('warns if the signed index is not pushed', async () => {
    await write([
      [multi, 'imageIndex'],
      [buildSignature(multi.content), 'sigs']
    ])
    const contents = await openTestArchive(path(), arm64.content.digest)
    expect(contents.referrers).toEqual([])
    expect(contents.warnings).toEqual([
      expect.stringMatching(/^The tag sha256-.*\.sig .*not pushed/)
    ])
  })

  test('returns a signature that the layout lists by its tag', async () => {
    const tag = `${amd64.content.digest.replace(':', '-')}.sig`
    const signature = { ...buildSignature(amd64.content), tags: [`ex.com/app:${tag}`] }
    await writeOciArchive(path(), [amd64, signature], { naming: 'tag' })
    const contents = await openTestArchive(path())
    expect(asManifest(contents).digest).toBe(amd64.content.digest)
    expect(contents.referrerTags).toEqual([{ tag, digest: signature.content.digest }])
  })
})

test.each([
  ['crane', 'ex.com/app:i-was-a-digest'],
  // What kaniko writes with "--no-push --tar-path" and without a destination.
  ['kaniko', 'docker.io/unset-repo/unset-image-name:latest'],
  ['kaniko after "docker load"', 'unset-repo/unset-image-name:latest']
])('does not use the tag of a placeholder (%s)', async (_name, name) => {
  const image = buildImage({ tags: [name] })
  await writeDockerArchive(path(), [image], 'kaniko')
  const contents = await openTestArchive(path())
  expect(asDocker(contents).config.digest).toBe(image.configDigest)
  expect(contents.tags).toEqual([])
  expect(contents.otherNames).toEqual([name])
})

test('does not use a name without a tag in manifest.json as a tag', async () => {
  await writeDockerArchive(path(), [buildImage({ tags: ['app', 'ex.com/app:2'] })], 'bazel')
  const contents = await openTestArchive(path())
  expect(contents).toMatchObject({ tags: ['2'], otherNames: ['app'] })
})

test.each(['1.0.0+build.5', 'feature/x'])('does not use the name %s as a tag', async (name) => {
  await writeOciArchive(path(), [{ ...amd64, tags: [name] }], {
    index: {
      manifests: [
        {
          ...descriptorOf(amd64.content),
          annotations: { 'org.opencontainers.image.ref.name': name }
        }
      ]
    }
  })
  const contents = await openTestArchive(path())
  expect(contents).toMatchObject({ tags: [], otherNames: [name] })
})

describe('layers with another format than their media type', () => {
  const tar = buildLayer({ a: 'a' }, 'none').tar
  test.each([
    ['gzip', tar, /tar\+gzip, but the file is an uncompressed tar archive\./],
    ['gzip', Buffer.from('no archive'), /the file is neither a tar archive nor compressed data\./],
    ['zstd', gzipSync(tar), /tar\+zstd, but the file is compressed with gzip\./],
    ['none', gzipSync(tar), /v1\.tar, but the file is compressed with gzip\./],
    ['none', Buffer.from('no archive'), /the file is neither a tar archive/]
  ] as const)('rejects %s (%#)', async (compression, bytes, message) => {
    const valid = buildImage({ layers: [{ a: 'a' }], compression })
    const { layers } = JSON.parse(valid.content.bytes.toString()) as { layers: object[] }
    const blob = buildBlob(Buffer.from(bytes), MEDIA_TYPES.ociLayer)
    const { digest, size } = descriptorOf(blob)
    const wrong = buildImage({
      layers: [{ a: 'a' }],
      compression,
      manifest: { layers: [{ ...layers[0], digest, size }] }
    })
    for (const image of [wrong, buildIndex([arm64, wrong])]) {
      await writeOciArchive(path(), [image], { blobs: [blob.bytes] })
      await expect(openTestArchive(path())).rejects.toThrow(message)
    }
  })

  test('accepts any files in an artifact', async () => {
    const text = buildBlob(Buffer.from('text'), MEDIA_TYPES.ociLayer)
    const artifact = buildImage({
      manifest: { artifactType: 'application/example', layers: [descriptorOf(text)] }
    })
    await writeOciArchive(path(), [artifact], { blobs: [text.bytes] })
    expect(asManifest(await openTestArchive(path())).digest).toBe(artifact.content.digest)
  })
})

describe('artifacts with the media types of an image', () => {
  const TITLE = 'org.opencontainers.image.title'

  const artifact = (
    config: unknown,
    compression: 'none' | 'gzip',
    annotations: Record<string, string> | undefined = { [TITLE]: 'bundle.tar.gz' }
  ): TestImage => {
    const spec: ImageSpec = {
      layers: [Buffer.alloc(1024), { 'policy.rego': 'package a' }],
      compression,
      config: {
        architecture: undefined,
        os: undefined,
        config: undefined,
        history: undefined,
        ...(config as object)
      }
    }
    const manifest = JSON.parse(buildImage(spec).content.bytes.toString()) as {
      readonly layers: readonly object[]
    }
    const layers = manifest.layers.map((layer) => ({ ...layer, annotations }))
    return buildImage({ ...spec, manifest: { layers } })
  }

  // oras push --config config.json:application/vnd.oci.image.config.v1+json bundle.tar.gz:application/vnd.oci.image.layer.v1.tar+gzip
  test.each([
    ['{}', 'gzip', { rootfs: undefined }],
    ['{}', 'none', { rootfs: undefined }],
    ['{"rootfs":null}', 'gzip', { rootfs: null }],
    ['only a platform', 'none', { rootfs: undefined, os: 'linux', architecture: 'amd64' }]
  ] as const)(
    'are pushed as they are (config %s, layers with %s)',
    async (_name, compression, config) => {
      const bundle = artifact(config, compression)
      await writeOciArchive(path(), [bundle])
      const contents = await openTestArchive(path())
      expect(asManifest(contents)).toMatchObject({
        digest: bundle.content.digest,
        platform: undefined
      })
      expect(
        asManifest(contents).blobs.map(({ descriptor, diffId }) => [descriptor.digest, diffId])
      ).toEqual(
        [bundle.configDigest, ...bundle.layers.map(({ digest }) => digest)].map((digest) => [
          digest,
          undefined
        ])
      )
      expect(contents.warnings).toEqual([])
    }
  )

  test('can have files that are not tar archives', async () => {
    const text = buildBlob(Buffer.from('hi\n'), MEDIA_TYPES.ociLayer)
    const file = buildImage({
      config: { rootfs: undefined },
      manifest: { layers: [{ ...descriptorOf(text), annotations: { [TITLE]: 'a.txt' } }] }
    })
    await writeOciArchive(path(), [file], { blobs: [text.bytes] })
    expect(asManifest(await openTestArchive(path())).digest).toBe(file.content.digest)
  })

  test.each([
    [
      'other layers than a config without diff IDs',
      { rootfs: { type: 'layers' } },
      /lists 2 layers/
    ],
    ['a config with another type of rootfs', { rootfs: [] }, /is not an image config/]
  ])('are not images with %s', async (_name, config, message) => {
    await writeOciArchive(path(), [buildImage({ config })])
    await expect(openTestArchive(path())).rejects.toThrow(message)
  })

  test('are not images whose layers are not files of ORAS', async () => {
    await writeOciArchive(path(), [artifact({ rootfs: undefined }, 'gzip', {})])
    await expect(openTestArchive(path())).rejects.toThrow(/is not an image config|is invalid/)
  })

  test.each(['gzip', 'none'] as const)(
    'are not in an archive of docker save (%s)',
    async (compression) => {
      const damaged = artifact({ rootfs: undefined }, compression)
      await writeOciArchive(path(), [damaged], { manifestJson: true })
      await expect(openTestArchive(path())).rejects.toThrow(/The config of the image .* is invalid/)
    }
  )
})

describe('the platform of an image with other layer types', () => {
  const layer = (mediaType: string): TestBlob => buildBlob(Buffer.from('content'), mediaType)
  const open = async (spec: ImageSpec, mediaType: string): Promise<StoredManifest> => {
    const blob = layer(mediaType)
    const image = buildImage({ ...spec, manifest: { layers: [descriptorOf(blob)] } })
    await writeOciArchive(path(), [image], { blobs: [blob.bytes] })
    return asManifest(await openTestArchive(path()))
  }

  test.each([
    ['encrypted', `${MEDIA_TYPES.ociLayerGzip}+encrypted`],
    ['nydus', 'application/vnd.oci.image.layer.nydus.blob.v1'],
    ['squashfs', 'application/vnd.stacker.image.layer.squashfs+zstd'],
    ['WebAssembly', 'application/wasm']
  ])('is read from its config (%s)', async (_name, mediaType) => {
    const platform = { os: 'linux', architecture: 'arm64', variant: 'v8' }
    expect((await open({ platform }, mediaType)).platform).toMatchObject(platform)
  })

  test.each<[string, ImageSpec]>([
    ['of cosign', { platform: { os: '', architecture: '' } }],
    ['of BuildKit', { platform: { os: 'unknown', architecture: 'unknown' } }],
    ['that is not the config of an image', { config: { rootfs: undefined } }]
  ])('is missing for a config %s', async (_name, spec) => {
    expect((await open(spec, 'application/vnd.in-toto+json')).platform).toBeUndefined()
  })
})

describe('errors with the way to get the image', () => {
  test.each([
    [
      'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n',
      /It is a Git LFS pointer\. .*Set "lfs: true" in the step with actions\/checkout\./
    ],
    [
      '{"message":"Not Found"}',
      /is not a tar archive: ".*"\. It is JSON, such as the error message/
    ],
    [' \n<!DOCTYPE html><html>', /It is an HTML page/],
    ['<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', /It is XML/],
    ['[{"Config":"c.json"}]', /Use the archive or the directory that contains this file\./],
    ['{"schemaVersion":2}', /It is a JSON file of an image archive/],
    [`\x7fELF${'\0'.repeat(600)}`, /It is an executable\./],
    ['FROM scratch\n'.repeat(100), /It is text\./]
  ])('describes a file that is not an archive (%#)', async (content, message) => {
    await writeFile(path(), content, 'latin1')
    await expect(openTestArchive(path())).rejects.toThrow(message)
    await writeFile(path(), gzipSync(Buffer.from(content.padEnd(512), 'latin1')))
    await expect(openTestArchive(path())).rejects.toThrow(message)
  })

  test('names the archive in a directory', async () => {
    const art = join(directory(), 'art')
    await mkdir(art)
    await writeTar(join(art, 'x.tar'), dockerMembers([amd64], 'legacy'))
    await expect(openTestArchive(art)).rejects.toThrow(`Set "tar" to "${join(art, 'x.tar')}".`)
    await mkdir(join(art, 'amd64'))
    await rename(join(art, 'x.tar'), join(art, 'amd64', 'x.tar'))
    await expect(openTestArchive(art)).rejects.toThrow(join(art, 'amd64', 'x.tar'))
    await mkdir(join(art, 'arm64'))
    await writeTar(join(art, 'arm64', 'y.tar'), dockerMembers([amd64], 'legacy'))
    await expect(openTestArchive(art)).rejects.toThrow(
      `one of the 2 archives in the directory (amd64/x.tar, arm64/y.tar), or to "${join(art, '*/*.tar')}"`
    )
  })

  test('names the layouts and the .oci file in a directory', async () => {
    const art = join(directory(), 'art')
    await mkdir(art)
    await writeTar(join(art, 'run.oci'), ociMembers([amd64]))
    await expect(openTestArchive(art)).rejects.toThrow(`Set "tar" to "${join(art, 'run.oci')}".`)
    await rm(join(art, 'run.oci'))
    await writeOciDirectory(join(art, 'amd64'), [amd64], { manifestJson: true })
    await expect(openTestArchive(art)).rejects.toThrow(`Set "tar" to "${join(art, 'amd64')}".`)
    await writeOciDirectory(join(art, 'arm64'), [arm64])
    await expect(openTestArchive(art)).rejects.toThrow(
      `one of the 2 archives in the directory (amd64, arm64), or to "${join(art, '*')}"`
    )
  })

  test('shows the tar command for a layout with links that lead outside', async () => {
    const layout = join(directory(), "it's a layout")
    await writeOciDirectory(layout, [amd64], { without: [amd64.layers[0]!.digest] })
    const blob = amd64.layers[0]!
    await writeFile(join(directory(), 'layer'), blob.blob)
    await symlink('../../../layer', join(layout, 'blobs', 'sha256', blob.digest.slice(7)))
    await expect(openTestArchive(layout)).rejects.toThrow(
      `"tar -chf image.tar -C '${layout.replace("'", `'\\''`)}' ."`
    )
  })

  test.each([
    ['empty', Buffer.alloc(0), /The config of the image in .*archive\.tar is empty: "c\.json"/],
    [
      'not JSON',
      Buffer.from('{"a'),
      /is invalid: "c\.json"\. c\.json is not JSON\. .*Create the archive again/
    ]
  ])('names the file and the archive for a config that is %s', async (_name, config, message) => {
    await writeTar(path(), [
      { name: 'c.json', body: config },
      { name: '1.tar', body: amd64.layers[0]!.tar },
      { name: 'manifest.json', body: json([{ Config: 'c.json', Layers: ['1.tar'] }]) }
    ])
    await expect(openTestArchive(path())).rejects.toThrow(message)
  })

  test('names the archive in every error', async () => {
    await writeFile(path(), tarArchive(ociMembers([amd64], { index: { manifests: {} } })))
    await expect(openTestArchive(path())).rejects.toThrow(
      `In the archive ${path()}: index.json, manifests is not a list of descriptors.`
    )
  })
})

test('rejects an archive that decompresses to more than a hundred times its file', async () => {
  const bomb = tarArchive([{ name: '1.tar', body: Buffer.alloc(20_000_000) }])
  await writeFile(path(), gzipSync(bomb))
  await expect(
    openTestArchive(path(), undefined, { minRatioCheckBytes: 5_000_000 })
  ).rejects.toThrow(/The decompressed archive is too large for its file: .* at most 100 times/)
  // A smaller archive can have any ratio.
  await expect(openTestArchive(path())).rejects.toThrow(/does not contain an image/)
})

test.each([
  [
    'application/vnd.oci.artifact.manifest.v1+json',
    'The file index.json of the archive also lists artifact manifests (application/vnd.oci.artifact.manifest.v1+json). This content is not supported and not pushed. Create the artifact again with ORAS 1.1 or later, which writes OCI manifests.'
  ],
  [
    'application/xml',
    'The file index.json of the archive also lists content of another type (application/xml). This content is not supported and not pushed.'
  ]
])('warns about content of the type %s beside an image', async (mediaType, warning) => {
  await writeOciArchive(path(), [amd64], { extra: [buildBlob(json({}), mediaType)] })
  const contents = await openTestArchive(path())
  expect(asManifest(contents).digest).toBe(amd64.content.digest)
  expect(contents.warnings).toEqual([warning])
})

describe('archives of apko', () => {
  const platforms = [buildImage({ tags: [] }), arm64]
  const names = ['ex.com/app:latest-amd64', 'ex.com/app:latest-arm64']
  const hex = (digest: string): string => digest.slice('sha256:'.length)
  const spoil = (bytes: Buffer): Buffer =>
    Buffer.from(bytes.toString().replace('"layers"', '"Layers"'))

  async function writeApko(images: readonly TestImage[], damaged?: TestBlob): Promise<Buffer> {
    const layerName = (digest: string): string => `${hex(digest)}.tar.gz`
    const manifest = images.map(({ configDigest, layers }, at) => ({
      Config: configDigest,
      RepoTags: [names[at]],
      Layers: layers.map(({ digest }) => layerName(digest))
    }))
    const index = json({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.ociIndex,
      manifests: images.map(({ content, platform }) => ({ ...descriptorOf(content), platform }))
    })
    await writeTar(path(), [
      ...images.flatMap(({ config, configDigest, layers }) => [
        file(configDigest, config),
        ...layers.map(({ digest, blob }) => file(layerName(digest), blob))
      ]),
      file('manifest.json', json(manifest)),
      ...images.map(({ content }) =>
        file(content.digest, content === damaged ? spoil(content.bytes) : content.bytes)
      ),
      file('index.json', index)
    ])
    return index
  }

  test('are pushed as the index of all platforms', async () => {
    const index = await writeApko(platforms)
    const contents = await openTestArchive(path())
    expect(asIndex(contents).bytes).toEqual(index)
    expect(asIndex(contents).children.map(({ digest }) => digest)).toEqual(
      platforms.map(({ content }) => content.digest)
    )
    // The names are the names of the platform images.
    expect(contents).toMatchObject({ tags: [], warnings: [] })
  })

  test.each([0, 1])('contain each platform image by its name (%i)', async (at) => {
    await writeApko(platforms)
    const digest = platforms[at]!.content.digest
    for (const archiveImage of [names[at]!, digest, `ex.com/app@${digest}`]) {
      const contents = await openTestArchive(path(), archiveImage)
      expect(asManifest(contents).digest).toBe(digest)
      expect(contents.tags).toEqual([names[at]!.slice('ex.com/app:'.length)])
    }
  })

  test.each([undefined, names[0]])('are rejected if a manifest is damaged (%s)', async (name) => {
    await writeApko(platforms, arm64.content)
    await expect(openTestArchive(path(), name)).rejects.toThrow(
      `A file of the archive is damaged: "${arm64.content.digest}".`
    )
  })

  test('for one platform are pushed with the digest of the image', async () => {
    await writeApko(platforms.slice(0, 1))
    const contents = await openTestArchive(path())
    expect(asManifest(contents).digest).toBe(platforms[0]!.content.digest)
    expect(contents.tags).toEqual(['latest-amd64'])
  })
})
