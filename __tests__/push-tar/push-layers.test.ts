import fc from 'fast-check'
import zlib from 'node:zlib'
import type { LayerFile, StoredBlob, StoredContent } from '../../src/image-archive/contents.js'
import { sha256Digest } from '../../src/oci/digest.js'
import { MEDIA_TYPES } from '../../src/oci/media-types.js'
import { createCompressor } from '../../src/push-tar/compress/compressor.js'
import { createPartBuffers } from '../../src/push-tar/upload/part-buffers.js'
import type { PartBuffers } from '../../src/push-tar/upload/part-buffers.js'
import { pushLayers } from '../../src/push-tar/push-layers.js'
import type { LayerItem, LayerOutcomes, LayersContext } from '../../src/push-tar/push-layers.js'
import { createFakeService } from './upload/fake-service.js'
import type { Fault, FakeService } from './upload/fake-service.js'
import { isSoak, SEED } from '../helpers/counts.js'

const MIB = 1024 * 1024
const RUNS = isSoak ? 400 : 12

/** Bytes that do not shrink, so that layers take as many parts as they have bytes for. */
const NOISE = Buffer.alloc(12 * MIB)
for (let at = 0, state = 1; at < NOISE.length; at += 4) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  NOISE.writeUInt32LE((state ^ (state >>> 13)) >>> 0, at)
}

interface TrackedBuffers extends PartBuffers {
  readonly inUse: ReadonlySet<Buffer>
}

/** The real memory, with a list of what was taken; giving back what was not taken is an error. */
function trackBuffers(count: number): TrackedBuffers {
  const buffers = createPartBuffers(count)
  const inUse = new Set<Buffer>()
  const taken = (buffer: Buffer): Buffer => {
    if (inUse.has(buffer)) throw new Error('memory was given out twice')
    inUse.add(buffer)
    return buffer
  }
  return {
    inUse,
    acquire: async (atMost) => taken(await buffers.acquire(atMost)),
    tryAcquire: (atMost) => {
      const buffer = buffers.tryAcquire(atMost)
      return buffer === undefined ? undefined : taken(buffer)
    },
    release: (buffer) => {
      if (!inUse.delete(buffer)) throw new Error('memory was given back twice')
      buffers.release(buffer)
    }
  }
}

/** @param failsAt the byte at which reading it fails, every time or in the second reading */
function contentOf(name: string, bytes: Buffer, failsAt?: number): StoredContent {
  let readings = 0
  return {
    name,
    size: bytes.length,
    read: async function* (memory) {
      readings++
      for (let at = 0; at < bytes.length; at += MIB) {
        if (failsAt !== undefined && failsAt < at + MIB && readings > 1) {
          throw new Error('the disk is gone')
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
  readonly kind: 'plain' | 'gzip' | 'blob'
  readonly size: number
  readonly failsAt?: number | undefined
}

interface TestItem {
  readonly item: LayerItem
  /** Uncompressed. */
  readonly bytes: Buffer
}

function makeItem({ kind, size, failsAt }: Shape, at: number): TestItem {
  // From a place of its own, so that no two are the same.
  const bytes = Buffer.from(NOISE.subarray(at * 101, at * 101 + size))
  const name = `layer ${at}`
  const diffId = sha256Digest(bytes)
  if (kind === 'plain') {
    const content = contentOf(name, bytes, failsAt)
    return { bytes, item: { kind: 'layer-file', diffId, compression: 'none', content } }
  }
  const packed = kind === 'gzip' ? zlib.gzipSync(bytes, { level: 1 }) : bytes
  const content = contentOf(name, packed, failsAt)
  if (kind === 'gzip') {
    return { bytes, item: { kind: 'layer-file', diffId, compression: 'gzip', content } }
  }
  const digest = sha256Digest(packed)
  const descriptor = { mediaType: MEDIA_TYPES.ociLayer, digest, size: packed.length }
  return { bytes, item: { descriptor, content } satisfies StoredBlob }
}

function contextOf(
  api: FakeService,
  overrides: Pick<LayersContext, 'buffers' | 'concurrency' | 'signal'> & {
    readonly compression: 'gzip' | 'zstd' | 'none'
  }
): LayersContext {
  const { compression, ...others } = overrides
  const silent = (): undefined => undefined
  return {
    deps: {
      log: {
        info: silent,
        notice: silent,
        warning: silent,
        debug: silent,
        group: (_title, body) => body()
      },
      now: () => new Date(0),
      random: () => 0.5,
      sleep: () => Promise.resolve()
    },
    api,
    compressor: createCompressor(compression, 1),
    progress: { expect: silent, read: silent, sent: silent, layerDone: silent },
    partAttempts: 4,
    ...others
  }
}

const policy = { repository: { repositoryName: 'team/app' }, writes: true, looksUpFirst: false }

/** The layer as it was pushed, unpacked. */
function unpack(blob: Buffer, mediaType: string): Buffer {
  if (mediaType.endsWith('gzip')) return zlib.gunzipSync(blob)
  return mediaType.endsWith('zstd') ? zlib.zstdDecompressSync(blob) : blob
}

function checkPushed(items: readonly TestItem[], outcomes: LayerOutcomes, api: FakeService): void {
  for (const { item, bytes } of items) {
    const { descriptor } = outcomes.get(item)!
    const blob = api.blobs.get(descriptor.digest)
    expect(blob).toHaveLength(descriptor.size)
    expect(unpack(blob!, descriptor.mediaType).equals(bytes)).toBe(true)
  }
}

const sizes = fc.oneof(
  fc.constantFrom(1, 200_000, 5 * MIB, 5 * MIB - 1),
  fc.integer({ min: 1, max: 2 * MIB }),
  fc.integer({ min: 5 * MIB, max: 11 * MIB })
)
const shape = fc.record({
  kind: fc.constantFrom<Shape['kind']>('plain', 'plain', 'gzip', 'blob'),
  size: sizes
})
const push = fc.record({
  shapes: fc.array(shape, { minLength: 1, maxLength: 7 }),
  concurrency: fc.integer({ min: 1, max: 16 }),
  buffers: fc.integer({ min: 1, max: 4 }),
  compression: fc.constantFrom<'gzip' | 'zstd' | 'none'>('gzip', 'zstd', 'none'),
  looksUpFirst: fc.boolean(),
  /** What goes wrong with the first calls. */
  faults: fc.array(
    fc.constantFrom<Fault>('none', 'none', 'none', 'before', 'after', 'throttle', 'lost'),
    { maxLength: 30 }
  ),
  /** Which layer cannot be read, and from where on; beyond the last one: none. */
  broken: fc.record({ at: fc.integer({ min: 0, max: 20 }), byte: fc.nat({ max: 11 * MIB }) }),
  /** At which call the run is cancelled, if there are so many. */
  cancelledAt: fc.integer({ min: 1, max: 60 })
})

it(`layers always end, pushed or in one error, and give all memory back (SEED=${SEED})`, async () => {
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
        if (++calls === run.cancelledAt) cancellation.abort(new Error('the run is cancelled'))
        return run.faults[calls] ?? 'none'
      })
      const context = contextOf(api, { ...run, buffers, signal: cancellation.signal })
      const all = items.map(({ item }) => item)
      const result = await pushLayers(all, { ...policy, looksUpFirst: run.looksUpFirst }, context)
        .then((outcomes) => ({ outcomes }))
        .catch((error: unknown) => ({ error }))
      expect([...buffers.inUse]).toEqual([])
      if ('error' in result) {
        expect(String(result.error)).toMatch(
          /cancelled|disk is gone|hang up|Throttling|begun 3 times/
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
  'layers come out the same whatever runs at once (%s)',
  async (compression) => {
    const shapes: Shape[] = [6 * MIB, 300_000, MIB, 0].map((size) => ({ kind: 'plain', size }))
    const digests = async (concurrency: number, count: number): Promise<string[]> => {
      const items = shapes.map(makeItem)
      const api = createFakeService(() => 'none')
      const { signal } = new AbortController()
      const buffers = trackBuffers(count)
      const context = contextOf(api, { concurrency, compression, signal, buffers })
      const all = items.map(({ item }) => item)
      const outcomes = await pushLayers(all, policy, context)
      checkPushed(items, outcomes, api)
      return all.map((item) => outcomes.get(item)!.descriptor.digest)
    }
    expect(await digests(16, 6)).toEqual(await digests(1, 1))
  }
)

it('a layer that is damaged ends the push before anything is written, though others are ready', async () => {
  const good = makeItem({ kind: 'plain', size: 300_000 }, 0).item as LayerFile
  const bad = makeItem({ kind: 'plain', size: 200_000 }, 1).item as LayerFile
  const api = createFakeService(() => 'none')
  const buffers = trackBuffers(2)
  const { signal } = new AbortController()
  const context = contextOf(api, { concurrency: 4, compression: 'gzip', signal, buffers })
  await expect(
    pushLayers([good, { ...bad, diffId: good.diffId }], policy, context)
  ).rejects.toThrow(/layer 1 is damaged/)
  expect(api.begun).toBe(0)
  expect([...buffers.inUse]).toEqual([])
})
