import fc from 'fast-check'
import zlib from 'node:zlib'
import type {
  DockerImage,
  LayerFile,
  StoredBlob,
  StoredContent
} from '../../src/image-archive/contents.js'
import { sha256Digest } from '../../src/oci/digest.js'
import { MEDIA_TYPES } from '../../src/oci/media-types.js'
import { createCompressor } from '../../src/push-tar/compress/compressor.js'
import { createPartBuffers } from '../../src/push-tar/upload/part-buffers.js'
import type { PartBuffers } from '../../src/push-tar/upload/part-buffers.js'
import type { PushContext } from '../../src/push-tar/push-context.js'
import { beginLargestLayer } from '../../src/push-tar/begin-layer.js'
import type { BegunLayer } from '../../src/push-tar/begin-layer.js'
import type { UploadItem } from '../../src/push-tar/layer-source.js'
import { pushLayers } from '../../src/push-tar/push-layers.js'
import type { PushedLayers } from '../../src/push-tar/push-layers.js'
import { createFakeService } from './upload/fake-service.js'
import type { Fault, FakeService } from './upload/fake-service.js'
import { isSoak, SEED } from '../helpers/counts.js'
import { tarHeader, tarOfFiles } from '../helpers/tar-writer.js'
import { makeContext } from './make-context.js'

const MIB = 1024 * 1024
const RUNS = isSoak ? 400 : 12

const LAYER = tarOfFiles({ 'etc/os-release': 'ID=test\n' })

/** Incompressible bytes, so that the number of parts depends only on the size of a layer. */
const NOISE = Buffer.alloc(12 * MIB)
for (let at = 0, state = 1; at < NOISE.length; at += 4) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  NOISE.writeUInt32LE((state ^ (state >>> 13)) >>> 0, at)
}

interface TrackedBuffers extends PartBuffers {
  readonly inUse: ReadonlySet<Buffer>
}

/** Creates real buffers that throw an error if a buffer is acquired or released twice. */
function trackBuffers(count: number): TrackedBuffers {
  const buffers = createPartBuffers(count)
  const inUse = new Set<Buffer>()
  const taken = (buffer: Buffer): Buffer => {
    if (inUse.has(buffer)) throw new Error('A buffer was acquired twice')
    inUse.add(buffer)
    return buffer
  }
  return {
    inUse,
    acquire: async (...options) => taken(await buffers.acquire(...options)),
    tryAcquire: (...options) => {
      const buffer = buffers.tryAcquire(...options)
      return buffer === undefined ? undefined : taken(buffer)
    },
    release: (buffer) => {
      if (!inUse.delete(buffer)) throw new Error('A buffer was released twice')
      buffers.release(buffer)
    }
  }
}

/** @param failsAt the byte at which reading fails */
function contentOf(name: string, bytes: Buffer, failsAt?: number): StoredContent {
  return {
    name,
    size: bytes.length,
    read: async function* (memory) {
      for (let at = 0; at < bytes.length; at += MIB) {
        if (failsAt !== undefined && failsAt < at + MIB) {
          throw new Error('Disk error')
        }
        const size = Math.min(MIB, bytes.length - at)
        const chunk = memory?.allocate(size) ?? Buffer.allocUnsafe(size)
        bytes.copy(chunk, 0, at)
        yield await Promise.resolve(chunk)
      }
    }
  }
}

interface Shape {
  readonly kind: 'uncompressed' | 'gzip' | 'blob'
  readonly size: number
  readonly failsAt?: number | undefined
}

interface TestItem {
  readonly item: UploadItem
  /** Uncompressed. */
  readonly bytes: Buffer
}

function makeItem({ kind, size, failsAt }: Shape, at: number): TestItem {
  // Each item starts at another byte, so that all are different.
  const noise = NOISE.subarray(at * 101, at * 101 + size)
  const name = `layer ${at}`
  // Only the start of a compressed layer is checked when the layer is read.
  const bytes =
    kind === 'gzip'
      ? Buffer.concat([tarHeader({ name, size }), noise.subarray(512)])
      : Buffer.from(noise)
  const diffId = sha256Digest(bytes)
  if (kind === 'uncompressed') {
    const content = contentOf(name, bytes, failsAt)
    return { bytes, item: { kind: 'layer-file', diffId, compression: 'none', content } }
  }
  const stored = kind === 'gzip' ? zlib.gzipSync(bytes, { level: 1 }) : bytes
  const content = contentOf(name, stored, failsAt)
  if (kind === 'gzip') {
    return { bytes, item: { kind: 'layer-file', diffId, compression: 'gzip', content } }
  }
  const digest = sha256Digest(stored)
  const descriptor = { mediaType: MEDIA_TYPES.ociLayer, digest, size: stored.length }
  return { bytes, item: { descriptor, content } satisfies StoredBlob }
}

/** Creates a context in which a part is sent at most four times. */
function contextOf(
  service: FakeService,
  options: Pick<PushContext, 'buffers' | 'concurrency' | 'signal'> & {
    readonly compression: 'gzip' | 'zstd' | 'none'
  }
): PushContext {
  const { compression, buffers, concurrency, signal } = options
  const compressor = createCompressor(compression, 1)
  return makeContext(service, { buffers, concurrency, signal, compressor, partAttempts: 4 })
}

/** Begins the largest layer of an image with these items and a new tag. */
function begin(items: readonly UploadItem[], context: PushContext): BegunLayer | undefined {
  return beginLargestLayer([imageOf(items)], [{ tag: '1', digest: undefined }], context)
}

function imageOf(items: readonly UploadItem[]): DockerImage {
  const layers = items.filter((item): item is LayerFile => 'kind' in item)
  return { kind: 'docker-image', layers } as Partial<DockerImage> as DockerImage
}

const options = { dryRun: false, looksUpFirst: false }

/** Returns the uncompressed bytes of a pushed layer. */
function decompress(blob: Buffer, mediaType: string): Buffer {
  if (mediaType.endsWith('gzip')) return zlib.gunzipSync(blob)
  return mediaType.endsWith('zstd') ? zlib.zstdDecompressSync(blob) : blob
}

function checkPushed(items: readonly TestItem[], pushed: PushedLayers, api: FakeService): void {
  for (const { item, bytes } of items) {
    const { descriptor } = pushed.get(item)!
    const blob = api.blobs.get(descriptor.digest)
    expect(blob).toHaveLength(descriptor.size)
    expect(decompress(blob!, descriptor.mediaType).equals(bytes)).toBe(true)
  }
}

const sizes = fc.oneof(
  fc.constantFrom(1, 200_000, 5 * MIB, 5 * MIB - 1),
  fc.integer({ min: 1, max: 2 * MIB }),
  fc.integer({ min: 5 * MIB, max: 11 * MIB })
)
const shape = fc.record({
  kind: fc.constantFrom<Shape['kind']>('uncompressed', 'uncompressed', 'gzip', 'blob'),
  size: sizes
})
const push = fc.record({
  shapes: fc.array(shape, { minLength: 1, maxLength: 7 }),
  concurrency: fc.integer({ min: 1, max: 16 }),
  buffers: fc.integer({ min: 1, max: 4 }),
  compression: fc.constantFrom<'gzip' | 'zstd' | 'none'>('gzip', 'zstd', 'none'),
  looksUpFirst: fc.boolean(),
  begins: fc.boolean(),
  /** The faults of the first calls. */
  faults: fc.array(
    fc.constantFrom<Fault>('none', 'none', 'none', 'before', 'after', 'throttle', 'lost'),
    { maxLength: 30 }
  ),
  /** The layer that cannot be read, and the byte at which reading fails. No layer if `at` is too large. */
  broken: fc.record({ at: fc.integer({ min: 0, max: 20 }), byte: fc.nat({ max: 11 * MIB }) }),
  /** The number of the call at which the run is cancelled. */
  cancelledAt: fc.integer({ min: 1, max: 60 })
})

it(`pushes layers or fails with one error, and releases all buffers (SEED=${SEED})`, async () => {
  let succeeded = 0
  await fc.assert(
    fc.asyncProperty(push, async (run) => {
      const { at, byte } = run.broken
      const items = run.shapes.map((each, index) =>
        makeItem({ ...each, failsAt: index === at ? byte : undefined }, index)
      )
      const cancellation = new AbortController()
      const buffers = trackBuffers(run.buffers)
      let calls = 0
      const api = createFakeService(() => {
        if (++calls === run.cancelledAt) cancellation.abort(new Error('The run was cancelled'))
        return run.faults[calls] ?? 'none'
      })
      const context = contextOf(api, { ...run, buffers, signal: cancellation.signal })
      const all = items.map(({ item }) => item)
      const { looksUpFirst } = run
      const begun = run.begins ? begin(all, context) : undefined
      const result = await pushLayers(all, { ...options, looksUpFirst, begun }, context)
        .then((outcomes) => ({ outcomes }))
        .catch((error: unknown) => ({ error }))
        .finally(() => begun?.close())
      expect([...buffers.inUse]).toEqual([])
      if ('error' in result) {
        expect(String(result.error)).toMatch(
          /cancelled|Disk error|hang up|Throttling|failed 3 times/
        )
        return
      }
      succeeded++
      checkPushed(items, result.outcomes, api)
    }),
    { numRuns: RUNS }
  )
  expect(succeeded).toBeGreaterThan(0)
}, 600_000)

it.each(['gzip', 'zstd', 'none'] as const)(
  'produces the same layers regardless of concurrency and buffers (%s)',
  async (compression) => {
    const shapes: Shape[] = [6 * MIB, 300_000, MIB, 0].map((size) => ({
      kind: 'uncompressed',
      size
    }))
    const digests = async (concurrency: number, count: number): Promise<string[]> => {
      const items = shapes.map(makeItem)
      const api = createFakeService(() => 'none')
      const { signal } = new AbortController()
      const buffers = trackBuffers(count)
      const context = contextOf(api, { concurrency, compression, signal, buffers })
      const all = items.map(({ item }) => item)
      const outcomes = await pushLayers(all, options, context)
      checkPushed(items, outcomes, api)
      return all.map((item) => outcomes.get(item)!.descriptor.digest)
    }
    expect(await digests(16, 6)).toEqual(await digests(1, 1))
  }
)

/** Counts how often each byte of a content is read. */
function countReads(item: UploadItem): { item: UploadItem; reads: () => number } {
  let bytes = 0
  const { content } = item
  const read: StoredContent['read'] = async function* (memory) {
    for await (const chunk of content.read(memory)) {
      bytes += chunk.length
      yield chunk
    }
  }
  return {
    item: { ...item, content: { ...content, read } },
    reads: () => bytes / content.size
  }
}

function contextWith(service: FakeService, buffers: PartBuffers): PushContext {
  const { signal } = new AbortController()
  return contextOf(service, { concurrency: 4, compression: 'gzip', signal, buffers })
}

const kinds = ['uncompressed', 'gzip', 'blob'] as const
const layers = kinds.flatMap((kind) => [
  { kind, size: 300_000, dryRun: false },
  { kind, size: 300_000, dryRun: true },
  { kind, size: 11 * MIB, dryRun: false },
  { kind, size: 11 * MIB, dryRun: true }
])

it.each(layers)(
  'reads each byte of a layer once ($kind, $size bytes, dry run: $dryRun)',
  async ({ kind, size, dryRun }) => {
    const { item, reads } = countReads(makeItem({ kind, size }, 0).item)
    // The smallest pool, so that the larger layer does not fit in memory.
    const buffers = trackBuffers(1)
    const api = createFakeService(() => 'none')
    await pushLayers([item], { ...options, dryRun }, contextWith(api, buffers))
    expect(reads()).toBe(1)
    expect(api.blobs.size).toBe(dryRun ? 0 : 1)
    expect([...buffers.inUse]).toEqual([])
  }
)

describe('the layer that is begun', () => {
  const largest = (items: readonly UploadItem[]): number => {
    const begun = begin(
      items,
      contextWith(
        createFakeService(() => 'none'),
        trackBuffers(1)
      )
    )
    return begun === undefined ? -1 : items.indexOf(begun.item)
  }

  it('is the largest one that the push compresses', () => {
    const of = (...shapes: Shape[]): number => largest(shapes.map(makeItem).map(({ item }) => item))
    const [small, large]: Shape[] = [MIB, 2 * MIB].map((size) => ({ kind: 'uncompressed', size }))
    const [compressed, blob]: Shape[] = [
      { kind: 'gzip', size: 3 * MIB },
      { kind: 'blob', size: 3 * MIB }
    ]
    expect(of(compressed!, small!, large!, blob!)).toBe(2)
    expect(of(compressed!, blob!)).toBe(-1)
  })

  it('can be a layer of any image of an index', () => {
    const [first, second] = [MIB, 2 * MIB].map(
      (size, at) => makeItem({ kind: 'uncompressed', size }, at).item
    )
    const context = contextWith(
      createFakeService(() => 'none'),
      trackBuffers(1)
    )
    const tags = [{ tag: '1', digest: undefined }]
    const begun = beginLargestLayer([imageOf([first!]), imageOf([second!])], tags, context)
    expect(begun?.item).toBe(second)
  })

  it.each([
    { title: 'no tags', digests: [] },
    { title: 'an existing tag', digests: [undefined, sha256Digest(LAYER)] }
  ])('is none with $title', ({ digests }) => {
    const { item, reads } = countReads(makeItem({ kind: 'uncompressed', size: MIB }, 0).item)
    const context = contextWith(
      createFakeService(() => 'none'),
      trackBuffers(1)
    )
    const tags = digests.map((digest, at) => ({ tag: `v${at}`, digest }))
    expect(beginLargestLayer([imageOf([item])], tags, context)).toBeUndefined()
    expect(reads()).toBe(0)
  })

  it.each([300_000, 11 * MIB, 16 * MIB])(
    'is read once and becomes the same layer (%s bytes)',
    async (size) => {
      const digests: string[] = []
      for (const begins of [true, false]) {
        const { item, reads } = countReads(makeItem({ kind: 'uncompressed', size }, 0).item)
        const buffers = trackBuffers(2)
        const context = contextWith(
          createFakeService(() => 'none'),
          buffers
        )
        const begun = begins ? begin([item], context) : undefined
        const pushed = await pushLayers([item], { ...options, begun }, context)
        await begun?.close()
        expect(reads()).toBe(1)
        expect([...buffers.inUse]).toEqual([])
        digests.push(pushed.get(item)!.descriptor.digest)
      }
      expect(digests[0]).toBe(digests[1])
    }
  )

  it.each([
    [true, 12],
    [false, 12],
    // Larger than the memory, so that it is not read to its end before the upload is restarted.
    [true, 36],
    [false, 36]
  ])(
    'is complete in the progress line if its upload is restarted (begun: %p, %i MiB)',
    async (begins, mebibytes) => {
      const bytes = Buffer.concat(Array<Buffer>(mebibytes / 12).fill(NOISE))
      const content = contentOf('layer', bytes)
      const diffId = sha256Digest(bytes)
      const { item, reads } = countReads({
        kind: 'layer-file',
        diffId,
        compression: 'none',
        content
      })
      let parts = 0
      const service = createFakeService((operation) =>
        operation === 'part' && ++parts === 2 ? 'lost' : 'none'
      )
      const counted = { expected: 0, read: 0, layers: 0 }
      const base = contextWith(service, trackBuffers(2))
      const progress: PushContext['progress'] = {
        ...base.progress,
        expect: (bytes, count) => {
          counted.expected += bytes
          counted.layers += count
        },
        read: (bytes) => void (counted.read += bytes)
      }
      const context = { ...base, progress }
      const begun = begins ? begin([item], context) : undefined
      await pushLayers([item], { ...options, begun }, context)
      const read = reads() * item.content.size
      expect(reads()).toBeGreaterThan(1)
      expect(counted).toEqual({ expected: read, read, layers: 1 })
      await begun?.close()
    }
  )

  it('is released if it is not pushed, and does not count for the progress', async () => {
    const { item, reads } = countReads(makeItem({ kind: 'uncompressed', size: 11 * MIB }, 0).item)
    const buffers = trackBuffers(2)
    const context = contextWith(
      createFakeService(() => 'none'),
      buffers
    )
    let progress = 0
    const read = (bytes: number): void => void (progress += bytes)
    const begun = begin([item], { ...context, progress: { ...context.progress, read } })!
    await begun.parts.prepare()
    expect(buffers.inUse.size).toBe(1)
    expect(progress).toBeGreaterThan(5 * MIB)
    await begun.close()
    await begun.close()
    expect([...buffers.inUse]).toEqual([])
    expect(progress).toBe(0)
    expect(reads()).toBeLessThan(1)
  })

  it('releases its buffer for the layers that are pushed if it is not one of them', async () => {
    const [other, large] = [2 * MIB, 11 * MIB].map(
      (size, at) => makeItem({ kind: 'uncompressed', size }, at).item
    )
    const buffers = trackBuffers(1)
    const context = contextWith(
      createFakeService(() => 'none'),
      buffers
    )
    const begun = begin([large!], context)!
    await begun.parts.prepare()
    const pushed = await pushLayers([other!], { ...options, begun }, context)
    expect([...pushed.keys()]).toEqual([other])
    expect([...buffers.inUse]).toEqual([])
  })

  it('stops when it is closed while its first part is being built', async () => {
    const { item, reads } = countReads(makeItem({ kind: 'uncompressed', size: 11 * MIB }, 0).item)
    const buffers = trackBuffers(2)
    const begun = begin(
      [item],
      contextWith(
        createFakeService(() => 'none'),
        buffers
      )
    )!
    await begun.close()
    expect([...buffers.inUse]).toEqual([])
    expect(reads()).toBeLessThan(0.3)
    await expect(begun.parts.prepare()).rejects.toThrow(/aborted/)
  })

  it('is uploaded first, so that its buffer is free for larger layers', async () => {
    const items = [
      { kind: 'blob' as const, size: 9 * MIB },
      { kind: 'gzip' as const, size: 8 * MIB },
      { kind: 'uncompressed' as const, size: 7 * MIB }
    ].map((shape, at) => makeItem(shape, at).item)
    const buffers = trackBuffers(1)
    const { signal } = new AbortController()
    const service = createFakeService(() => 'none')
    const context = contextOf(service, { concurrency: 1, compression: 'gzip', signal, buffers })
    const begun = begin(items, context)
    const pushed = await pushLayers(items, { ...options, begun }, context)
    expect([...pushed.keys()][0]).toBe(items[2])
    expect(pushed.size).toBe(3)
  })

  it('is not read further if another layer fails', async () => {
    const zeros = Buffer.alloc(64 * MIB)
    const content = contentOf('zeros', zeros)
    const { item, reads } = countReads({
      kind: 'layer-file',
      diffId: sha256Digest(zeros),
      compression: 'none',
      content
    })
    const broken = makeItem({ kind: 'blob', size: 200_000, failsAt: 0 }, 0).item
    const buffers = trackBuffers(2)
    const context = contextWith(
      createFakeService(() => 'none'),
      buffers
    )
    const begun = begin([item], context)!
    await expect(pushLayers([item, broken], { ...options, begun }, context)).rejects.toThrow(
      'Disk error'
    )
    await begun.close()
    expect(reads()).toBeLessThan(0.5)
    expect([...buffers.inUse]).toEqual([])
  })

  it('is not read further if the run is cancelled', async () => {
    const { item, reads } = countReads(makeItem({ kind: 'uncompressed', size: 11 * MIB }, 0).item)
    const cancellation = new AbortController()
    const { signal } = cancellation
    const buffers = trackBuffers(2)
    const service = createFakeService(() => 'none')
    const context = contextOf(service, { concurrency: 4, compression: 'gzip', signal, buffers })
    const begun = begin([item], context)!
    cancellation.abort(new Error('The run was cancelled'))
    await expect(begun.parts.prepare()).rejects.toThrow('The run was cancelled')
    expect(reads()).toBeLessThan(0.3)
    await begun.close()
    expect([...buffers.inUse]).toEqual([])
  })

  it('can be closed although its file cannot be closed', async () => {
    const { item } = makeItem({ kind: 'uncompressed', size: 11 * MIB }, 0)
    const { content } = item
    const read: StoredContent['read'] = async function* (memory) {
      try {
        yield* content.read(memory)
      } finally {
        // eslint-disable-next-line no-unsafe-finally
        throw new Error('Close failed')
      }
    }
    const buffers = trackBuffers(2)
    const context = contextWith(
      createFakeService(() => 'none'),
      buffers
    )
    const begun = begin([{ ...item, content: { ...content, read } }], context)!
    await begun.parts.prepare()
    await begun.close()
    expect([...buffers.inUse]).toEqual([])
  })
})

/** Returns the item with an expected digest that its bytes do not have. */
function damaged(item: UploadItem): UploadItem {
  const other = sha256Digest(Buffer.from('other'))
  return 'kind' in item
    ? { ...item, diffId: other }
    : { ...item, descriptor: { ...item.descriptor, digest: other } }
}

it.each(layers)(
  'does not complete a damaged layer ($kind, $size bytes, dry run: $dryRun)',
  async ({ kind, size, dryRun }) => {
    const bad = damaged(makeItem({ kind, size }, 1).item)
    const buffers = trackBuffers(2)
    const api = createFakeService(() => 'none')
    await expect(
      pushLayers([bad], { ...options, dryRun }, contextWith(api, buffers))
    ).rejects.toThrow(/A layer of the archive is damaged: "layer 1"/)
    expect(api.blobs.size).toBe(0)
    if (dryRun) expect(api.started).toBe(0)
    expect([...buffers.inUse]).toEqual([])
  }
)

it('verifies the diff ID of a layer with a known digest', async () => {
  const bytes = zlib.gzipSync(LAYER)
  const descriptor = {
    mediaType: MEDIA_TYPES.ociLayerGzip,
    digest: sha256Digest(bytes),
    size: bytes.length
  }
  const blob = (diffId: string): StoredBlob => ({
    descriptor,
    diffId,
    content: contentOf('layer.tar.gz', bytes)
  })
  const api = createFakeService(() => 'none')
  const context = contextWith(api, createPartBuffers(2))
  await expect(
    pushLayers([blob(sha256Digest(Buffer.from('other')))], options, context)
  ).rejects.toThrow(/"layer.tar.gz"\. Its diff ID is /)
  expect(api.blobs.size).toBe(0)
  await pushLayers([blob(sha256Digest(LAYER))], options, context)
  expect([...api.blobs.keys()]).toEqual([descriptor.digest])
})

it('does not verify the digest of a compressed layer as its diff ID', async () => {
  const bytes = zlib.gzipSync(LAYER)
  const digest = sha256Digest(bytes)
  const descriptor = { mediaType: MEDIA_TYPES.ociLayerGzip, digest, size: bytes.length }
  const blob = { descriptor, diffId: digest, content: contentOf('layer.tar.gz', bytes) }
  const api = createFakeService(() => 'none')
  await expect(pushLayers([blob], options, contextWith(api, createPartBuffers(2)))).rejects.toThrow(
    /"layer.tar.gz"\. Its diff ID is /
  )
  expect(api.blobs.size).toBe(0)
})

describe('a compressed layer whose file is named by its digest', () => {
  const bytes = zlib.gzipSync(LAYER)
  const digest = sha256Digest(bytes)
  const layerNamed = (hex: string): LayerFile => ({
    kind: 'layer-file',
    diffId: sha256Digest(LAYER),
    compression: 'gzip',
    content: contentOf(`${hex}.tar.gz`, bytes)
  })

  it('is read once and not uploaded if the repository has it', async () => {
    const api = createFakeService(() => 'none')
    await pushLayers([layerNamed('a')], options, contextWith(api, createPartBuffers(1)))
    const { item, reads } = countReads(layerNamed(digest.slice(7)))
    const pushed = await pushLayers([item], options, contextWith(api, createPartBuffers(1)))
    expect(pushed.get(item)).toMatchObject({ result: 'found', descriptor: { digest } })
    expect(reads()).toBe(1)
    expect(api.started).toBe(1)
  })

  it('is uploaded if its name is the digest of another layer in the repository', async () => {
    const api = createFakeService(() => 'none')
    const other = Buffer.alloc(bytes.length)
    const descriptor = {
      mediaType: MEDIA_TYPES.ociLayer,
      digest: sha256Digest(other),
      size: other.length
    }
    const blob = { descriptor, content: contentOf('other', other) }
    await pushLayers([blob], options, contextWith(api, createPartBuffers(1)))
    const item = layerNamed(descriptor.digest.slice(7))
    const pushed = await pushLayers([item], options, contextWith(api, createPartBuffers(1)))
    expect(pushed.get(item)).toMatchObject({ result: 'uploaded', descriptor: { digest } })
    expect(api.blobs.get(digest)).toEqual(bytes)
  })
})
