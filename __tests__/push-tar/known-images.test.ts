import type { ForeignLayer, LayerFile } from '../../src/image-archive/contents.js'
import { sha256Digest } from '../../src/oci/digest.js'
import type { Platform } from '../../src/oci/manifest.js'
import { MEDIA_TYPES } from '../../src/oci/media-types.js'
import { readKnownImages } from '../../src/push-tar/known-images.js'
import type { KnownImages, WantedImage } from '../../src/push-tar/known-images.js'
import type { Registry } from '../../src/runner/deps.js'
import { json } from '../helpers/archives.js'

const PLATFORM: Platform = { os: 'linux', architecture: 'amd64' }
const digestOf = (text: string): string => sha256Digest(Buffer.from(text))

/** What a registry serves, by digest. */
class Served {
  private readonly blobs = new Map<string, Buffer>()
  private readonly manifests = new Map<string, { bytes: Buffer; mediaType: string }>()

  /** An image of layers of these types, with the diff IDs of their names; gives its digest. */
  image(
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

  index(manifests: readonly object[]): string {
    const mediaType = MEDIA_TYPES.ociIndex
    return this.put({ schemaVersion: 2, mediaType, manifests }, mediaType)
  }

  get registry(): Registry {
    return {
      host: 'registry.example',
      findManifest: (_repository, digest) => {
        const found = this.manifests.get(digest)
        return Promise.resolve(found === undefined ? undefined : { ...found, digest })
      },
      getBlob: (_repository, digest) => Promise.resolve(this.blobs.get(digest)!),
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

/** A layer of the archive, whose diff ID is that of its name. */
function layer(name: string, compression: LayerFile['compression'] = 'none'): LayerFile {
  const read = async function* (): AsyncGenerator<Buffer> {
    yield await Promise.reject(new Error('layers are not read'))
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

async function look(
  served: Served,
  candidates: readonly string[] | AsyncIterable<string>,
  wanted: Partial<WantedImage> = {},
  compression: 'gzip' | 'zstd' | 'none' = 'gzip',
  source: { readonly registry?: Registry; readonly signal?: AbortSignal } = {}
): Promise<KnownImages & { readonly names: readonly string[]; readonly lines: string[] }> {
  const layers = wanted.layers ?? [layer('base'), layer('app')]
  const lines: string[] = []
  const signal = new AbortController().signal
  const log = { info: (line: string) => void lines.push(line) }
  const named = Symbol.asyncIterator in candidates ? [] : candidates
  const known = await readKnownImages(
    (async function* () {
      yield* candidates
    })(),
    {
      configDigest: digestOf('another config'),
      platform: PLATFORM,
      namedNow: new Set(named),
      ...wanted,
      layers
    },
    {
      deps: { log, signal } as never,
      registry: served.registry,
      path: 'a/b',
      compression,
      signal,
      ...source
    }
  )
  const names = layers.flatMap((each) =>
    known.layers.has(each.diffId) && each.kind === 'layer-file' ? each.content.name : []
  )
  return { ...known, names, lines }
}

describe('layers of the images in the repository', () => {
  it('are known by their diff IDs, as far as the image needs them', async () => {
    const served = new Served()
    const digest = served.image({ base: {}, unneeded: {} })
    const known = await look(served, [digest])
    expect(known.names).toEqual(['base'])
    expect(known.layers.size).toBe(1)
    expect([...known.judged]).toEqual([digest])
    expect(known.same).toBeUndefined()
  })

  it.each<[string, object]>([
    ['lies elsewhere', { urls: ['https://example.com/base'] }],
    ['may not be stored in registries', { mediaType: MEDIA_TYPES.dockerForeignLayerGzip }],
    ['is encrypted', { mediaType: `${MEDIA_TYPES.ociLayerGzip}+encrypted` }],
    ['is of an artifact', { mediaType: 'application/vnd.example.layer.v1.tar+gzip' }],
    ['is plain', { mediaType: MEDIA_TYPES.ociLayer }],
    ['is zstd', { mediaType: MEDIA_TYPES.ociLayerZstd }]
  ])('are not reused where one %s', async (_name, members) => {
    const served = new Served()
    const known = await look(served, [served.image({ base: members, app: {} })])
    expect(known.names).toEqual(['app'])
  })

  it.each<['zstd' | 'none', string]>([
    ['zstd', MEDIA_TYPES.ociLayerZstd],
    ['none', MEDIA_TYPES.dockerLayer]
  ])('are reused as %s where that is asked for', async (compression, mediaType) => {
    const served = new Served()
    const digest = served.image({ base: { mediaType }, app: {} })
    expect((await look(served, [digest], {}, compression)).names).toEqual(['base', 'app'])
  })

  it('are reused as zstd where the archive has them so', async () => {
    const served = new Served()
    const digest = served.image({ base: { mediaType: MEDIA_TYPES.ociLayerZstd }, app: {} })
    const layers = [layer('base', 'zstd'), layer('app')]
    expect((await look(served, [digest], { layers })).names).toEqual(['base', 'app'])
  })

  it('are not believed of an image with fewer diff IDs than layers', async () => {
    const served = new Served()
    const digest = served.image({ base: {}, app: {} }, { diffIds: ['base'] })
    expect((await look(served, [digest])).names).toEqual([])
  })

  it('carry no empty list of URLs along, with which they would pass for foreign ones', async () => {
    const served = new Served()
    const known = await look(served, [served.image({ base: { urls: [] } })])
    expect([...known.layers.values()]).toMatchObject([{ urls: undefined }])
  })

  it('are found in an index by platform, if need be by that of another variant', async () => {
    const served = new Served()
    const child = (name: string, platform: object): object => ({
      mediaType: MEDIA_TYPES.ociManifest,
      digest: served.image({ [name]: {} }),
      size: 1,
      platform
    })
    const index = served.index([
      child('other', { os: 'linux', architecture: 's390x' }),
      child('app', { os: 'linux', architecture: 'arm64', variant: 'v9' }),
      child('base', { os: 'linux', architecture: 'arm64', variant: 'v8' })
    ])
    const arm = { os: 'linux', architecture: 'arm64' }
    expect((await look(served, [index], { platform: { ...arm, variant: 'v8' } })).names).toEqual([
      'base'
    ])
    expect((await look(served, [index], { platform: arm })).names).toEqual(['app'])
  })
})

describe('an image in the repository', () => {
  const configDigest = sha256Digest(configOf(['base', 'app']))

  it('is the wanted one where it has its config and layers that would do', async () => {
    const served = new Served()
    const digest = served.image({ base: {}, app: { mediaType: MEDIA_TYPES.dockerLayerGzip } })
    expect((await look(served, [digest], { configDigest })).same?.served.digest).toBe(digest)
  })

  it.each<[string, object]>([
    ['lies elsewhere', { urls: ['https://example.com/base'] }],
    ['is compressed otherwise than wanted', { mediaType: MEDIA_TYPES.ociLayerZstd }]
  ])('is another one where a layer %s', async (_name, members) => {
    const served = new Served()
    const digest = served.image({ base: members, app: {} })
    const known = await look(served, [digest], { configDigest })
    expect(known.same).toBeUndefined()
    expect([...known.judged]).toEqual([digest])
  })

  it('is the wanted one only with the same foreign layers', async () => {
    const served = new Served()
    const wanted: Partial<WantedImage> = {
      configDigest,
      layers: [foreignLayer('base'), layer('app')]
    }
    const right = served.image({ base: { urls: ['https://example.com/base'] }, app: {} })
    const wrong = served.image({
      base: {
        urls: ['https://example.com/base'],
        digest: digestOf('wrong')
      },
      app: {}
    })
    expect((await look(served, [right], wanted)).same?.served.digest).toBe(right)
    expect((await look(served, [wrong], wanted)).same).toBeUndefined()
  })

  it('is the wanted one only with its annotations', async () => {
    const served = new Served()
    const annotations = { b: '2', a: '1' }
    const bare = served.image({ base: {}, app: {} })
    const annotated = served.image(
      { base: {}, app: {} },
      { manifest: { annotations: { a: '1', b: '2' } } }
    )
    const known = await look(served, [bare, annotated], { configDigest, annotations })
    expect(known.same?.served.digest).toBe(annotated)
  })

  it('that the registry does not serve yet is not said to be another one', async () => {
    const known = await look(new Served(), [digestOf('pushed just now')])
    expect([...known.judged]).toEqual([])
    expect(known.lines).toEqual([expect.stringMatching(/does not serve it/)])
  })
})

describe('a search that takes too long', () => {
  const never = new Promise<never>(() => undefined)

  it('ends with its signal, and what was learned until then counts', async () => {
    const served = new Served()
    const digest = served.image({ base: {} })
    const search = new AbortController()
    const { registry } = served
    const slow: Registry = {
      ...registry,
      findManifest: (repository, reference) => {
        if (reference === digest) return registry.findManifest(repository, reference)
        search.abort()
        return never
      }
    }
    const known = await look(served, [digest, digestOf('slow')], {}, 'gzip', {
      registry: slow,
      signal: search.signal
    })
    expect(known.names).toEqual(['base'])
    expect([...known.judged]).toEqual([digest])
  })

  it('ends, too, where the images are still being listed', async () => {
    const search = new AbortController()
    const listing = (async function* (): AsyncGenerator<string> {
      search.abort()
      yield await never
    })()
    const { signal } = search
    expect((await look(new Served(), listing, {}, 'gzip', { signal })).names).toEqual([])
  })
})
