import type { ForeignLayer, LayerFile } from '../../src/image-archive/contents.js'
import { sha256Digest } from '../../src/oci/digest.js'
import type { Platform } from '../../src/oci/manifest.js'
import { MEDIA_TYPES } from '../../src/oci/media-types.js'
import { readKnownImages } from '../../src/push-tar/read-known-images.js'
import type { ImageToFind, KnownImages } from '../../src/push-tar/read-known-images.js'
import type { Registry } from '../../src/runner/deps.js'
import { json } from '../helpers/archives.js'

const PLATFORM: Platform = { os: 'linux', architecture: 'amd64' }
const digestOf = (text: string): string => sha256Digest(Buffer.from(text))

/** A registry that serves images by digest. */
class FakeRegistry {
  private readonly blobs = new Map<string, Buffer>()
  private readonly manifests = new Map<string, { bytes: Buffer; mediaType: string }>()

  /** Adds an image whose layers have these descriptor members and the diff IDs of their names. Returns its digest. */
  addImage(
    layers: Readonly<Record<string, object>>,
    { diffIds = Object.keys(layers), manifest = {} } = {}
  ): string {
    const config = configOf(diffIds)
    this.blobs.set(sha256Digest(config), config)
    return this.put(
      {
        schemaVersion: 2,
        mediaType: MEDIA_TYPES.ociManifest,
        config: {
          mediaType: MEDIA_TYPES.ociConfig,
          digest: sha256Digest(config),
          size: config.length
        },
        layers: Object.entries(layers).map(([name, members]) => ({
          mediaType: MEDIA_TYPES.ociLayerGzip,
          digest: digestOf(`compressed ${name}`),
          size: 7,
          ...members
        })),
        ...manifest
      },
      MEDIA_TYPES.ociManifest
    )
  }

  addIndex(manifests: readonly object[]): string {
    const mediaType = MEDIA_TYPES.ociIndex
    return this.put({ schemaVersion: 2, mediaType, manifests }, mediaType)
  }

  get client(): Registry {
    return {
      host: 'registry.example',
      findManifest: (_repository, digest) => {
        const found = this.manifests.get(digest)
        return Promise.resolve(found === undefined ? undefined : { ...found, digest })
      },
      getBlob: (_repository, digest) => Promise.resolve(this.blobs.get(digest)!),
      streamBlob: () => {
        throw new Error('A search does not read layers')
      },
      findReferrers: () => Promise.resolve([])
    }
  }

  private put(value: object, mediaType: string): string {
    const bytes = json(value)
    this.manifests.set(sha256Digest(bytes), { bytes, mediaType })
    return sha256Digest(bytes)
  }
}

function configOf(names: readonly string[]): Buffer {
  return json({ rootfs: { type: 'layers', diff_ids: names.map(digestOf) } })
}

/** A layer of the archive with the diff ID of its name. */
function layer(name: string, compression: LayerFile['compression'] = 'none'): LayerFile {
  const read = async function* (): AsyncGenerator<Buffer> {
    yield await Promise.reject(new Error('Layers must not be read'))
  }
  const content = { name, size: 0, read }
  return { kind: 'layer-file', diffId: digestOf(name), compression, content }
}

function foreignLayer(name: string): ForeignLayer {
  const descriptor = {
    mediaType: MEDIA_TYPES.dockerForeignLayerGzip,
    digest: digestOf(`compressed ${name}`),
    size: 7,
    urls: ['https://example.com/base']
  }
  return { kind: 'foreign-layer', diffId: digestOf(name), descriptor }
}

/** Searches for an image whose layers are `base` and `app` by default. */
async function search(
  fake: FakeRegistry,
  candidates: readonly string[] | AsyncIterable<string>,
  image: Partial<ImageToFind> = {},
  source: { readonly registry?: Registry; readonly searchSignal?: AbortSignal } = {}
): Promise<KnownImages & { readonly names: readonly string[]; readonly lines: string[] }> {
  const layers = image.layers ?? [layer('base'), layer('app')]
  const lines: string[] = []
  const signal = new AbortController().signal
  const log = { info: (line: string) => void lines.push(line) }
  const tagged = Symbol.asyncIterator in candidates ? [] : candidates
  const known = await readKnownImages(
    (async function* () {
      yield* candidates
    })(),
    {
      configDigest: digestOf('another config'),
      platform: PLATFORM,
      tagged: new Set(tagged),
      compression: 'gzip',
      ...image,
      layers
    },
    {
      log: log as never,
      signal,
      registry: fake.client,
      path: 'a/b',
      check: () => Promise.resolve(new Map()),
      searchSignal: signal,
      ...source
    }
  )
  const names = layers.flatMap((each) =>
    known.layers.has(each.diffId) && each.kind === 'layer-file' ? each.content.name : []
  )
  return { ...known, names, lines }
}

describe('the layers of an image in the repository', () => {
  it('are found by their diff IDs if the image needs them', async () => {
    const registry = new FakeRegistry()
    const digest = registry.addImage({ base: {}, unneeded: {} })
    const known = await search(registry, [digest])
    expect(known.names).toEqual(['base'])
    expect(known.layers.size).toBe(1)
    expect([...known.compared]).toEqual([digest])
    expect(known.same).toBeUndefined()
  })

  it.each<[string, object]>([
    ['is stored outside the registry', { urls: ['https://example.com/base'] }],
    ['must not be stored in registries', { mediaType: MEDIA_TYPES.dockerForeignLayerGzip }],
    ['is encrypted', { mediaType: `${MEDIA_TYPES.ociLayerGzip}+encrypted` }],
    ['belongs to an artifact', { mediaType: 'application/vnd.example.layer.v1.tar+gzip' }],
    ['is uncompressed', { mediaType: MEDIA_TYPES.ociLayer }],
    ['is compressed with zstd', { mediaType: MEDIA_TYPES.ociLayerZstd }]
  ])('are not reused if the layer %s', async (_name, members) => {
    const registry = new FakeRegistry()
    const known = await search(registry, [registry.addImage({ base: members, app: {} })])
    expect(known.names).toEqual(['app'])
  })

  it.each<['zstd' | 'none', string]>([
    ['zstd', MEDIA_TYPES.ociLayerZstd],
    ['none', MEDIA_TYPES.dockerLayer]
  ])('are reused with compression %s if it is requested', async (compression, mediaType) => {
    const registry = new FakeRegistry()
    const digest = registry.addImage({ base: { mediaType }, app: {} })
    expect((await search(registry, [digest], { compression })).names).toEqual(['base', 'app'])
  })

  it('are reused with zstd if the archive has them with zstd', async () => {
    const registry = new FakeRegistry()
    const digest = registry.addImage({ base: { mediaType: MEDIA_TYPES.ociLayerZstd }, app: {} })
    const layers = [layer('base', 'zstd'), layer('app')]
    expect((await search(registry, [digest], { layers })).names).toEqual(['base', 'app'])
  })

  it('are not reused if the image has fewer diff IDs than layers', async () => {
    const registry = new FakeRegistry()
    const digest = registry.addImage({ base: {}, app: {} }, { diffIds: ['base'] })
    expect((await search(registry, [digest])).names).toEqual([])
  })

  it('are reused without an empty list of URLs', async () => {
    const registry = new FakeRegistry()
    const known = await search(registry, [registry.addImage({ base: { urls: [] } })])
    expect([...known.layers.values()]).toMatchObject([{ urls: undefined }])
  })

  it('are found in an index by platform, or by another variant or version of the platform', async () => {
    const registry = new FakeRegistry()
    const child = (name: string, platform: object): object => ({
      mediaType: MEDIA_TYPES.ociManifest,
      digest: registry.addImage({ [name]: {} }),
      size: 1,
      platform
    })
    const index = registry.addIndex([
      child('other', { os: 'linux', architecture: 's390x' }),
      child('app', { os: 'linux', architecture: 'arm64', variant: 'v9' }),
      child('base', { os: 'linux', architecture: 'arm64', variant: 'v8' })
    ])
    const arm = { os: 'linux', architecture: 'arm64' }
    expect(
      (await search(registry, [index], { platform: { ...arm, variant: 'v8' } })).names
    ).toEqual(['base'])
    // The variant of arm64 is v8 if it is missing.
    expect((await search(registry, [index], { platform: arm })).names).toEqual(['base'])
    const v7 = { ...arm, variant: 'v7' }
    expect((await search(registry, [index], { platform: v7 })).names).toEqual(['app'])
    const soci = {
      ...child('other', { ...arm, variant: 'v8' }),
      artifactType: 'application/soci',
      annotations: { 'com.amazon.soci.image-manifest-digest': `sha256:${'0'.repeat(64)}` }
    }
    const indexed = registry.addIndex([soci, child('base', { ...arm, variant: 'v8' })])
    expect((await search(registry, [indexed], { platform: arm })).names).toEqual(['base'])
    const windows = (osVersion: string): Platform => ({
      os: 'windows',
      architecture: 'amd64',
      osVersion
    })
    const versions = registry.addIndex([
      child('base', { os: 'windows', architecture: 'amd64', 'os.version': '10.0.17763.1' }),
      child('app', { os: 'windows', architecture: 'amd64', 'os.version': '10.0.20348.1' })
    ])
    for (const [version, name] of [
      ['10.0.17763.1', 'base'],
      ['10.0.20348.1', 'app'],
      ['10.0.26100.1', 'base']
    ] as const) {
      const { names } = await search(registry, [versions], { platform: windows(version) })
      expect(names).toEqual([name])
    }
  })
})

describe('an image in the repository', () => {
  const configDigest = sha256Digest(configOf(['base', 'app']))

  it('is the same image if it has the same config and reusable layers', async () => {
    const registry = new FakeRegistry()
    const digest = registry.addImage({ base: {}, app: { mediaType: MEDIA_TYPES.dockerLayerGzip } })
    expect((await search(registry, [digest], { configDigest })).same?.served.digest).toBe(digest)
  })

  it.each<[string, object]>([
    ['is stored outside the registry', { urls: ['https://example.com/base'] }],
    ['has another compression', { mediaType: MEDIA_TYPES.ociLayerZstd }]
  ])('is another image if a layer %s', async (_name, members) => {
    const registry = new FakeRegistry()
    const digest = registry.addImage({ base: members, app: {} })
    const known = await search(registry, [digest], { configDigest })
    expect(known.same).toBeUndefined()
    expect([...known.compared]).toEqual([digest])
  })

  it('is the same image only with the same foreign layers', async () => {
    const registry = new FakeRegistry()
    const image: Partial<ImageToFind> = {
      configDigest,
      layers: [foreignLayer('base'), layer('app')]
    }
    const right = registry.addImage({ base: { urls: ['https://example.com/base'] }, app: {} })
    const wrong = registry.addImage({
      base: {
        urls: ['https://example.com/base'],
        digest: digestOf('wrong')
      },
      app: {}
    })
    expect((await search(registry, [right], image)).same?.served.digest).toBe(right)
    expect((await search(registry, [wrong], image)).same).toBeUndefined()
  })

  it('is the same image only with the same annotations', async () => {
    const registry = new FakeRegistry()
    const annotations = { b: '2', a: '1' }
    const bare = registry.addImage({ base: {}, app: {} })
    const annotated = registry.addImage(
      { base: {}, app: {} },
      { manifest: { annotations: { a: '1', b: '2' } } }
    )
    const known = await search(registry, [bare, annotated], { configDigest, annotations })
    expect(known.same?.served.digest).toBe(annotated)
  })

  it('is not compared if the registry does not serve it yet', async () => {
    const known = await search(new FakeRegistry(), [digestOf('pushed just now')])
    expect([...known.compared]).toEqual([])
    expect(known.lines).toEqual([expect.stringMatching(/does not have this manifest/)])
  })
})

describe('a search that takes too long', () => {
  const never = new Promise<never>(() => undefined)

  it('ends when its signal aborts and returns the layers found so far', async () => {
    const registry = new FakeRegistry()
    const digest = registry.addImage({ base: {} })
    const controller = new AbortController()
    const { client } = registry
    const slow: Registry = {
      ...client,
      findManifest: (repository, reference) => {
        if (reference === digest) return client.findManifest(repository, reference)
        controller.abort()
        return never
      }
    }
    const known = await search(
      registry,
      [digest, digestOf('slow')],
      {},
      {
        registry: slow,
        searchSignal: controller.signal
      }
    )
    expect(known.names).toEqual(['base'])
    expect([...known.compared]).toEqual([digest])
  })

  it('ends when its signal aborts while images are listed', async () => {
    const controller = new AbortController()
    const listing = (async function* (): AsyncGenerator<string> {
      controller.abort()
      yield await never
    })()
    const { signal: searchSignal } = controller
    expect((await search(new FakeRegistry(), listing, {}, { searchSignal })).names).toEqual([])
  })
})
