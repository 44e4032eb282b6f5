import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import zlib from 'node:zlib'
import { createBlockMemory } from '../../../src/push-tar/compress/block-memory.js'
import { splitIntoBlocks } from '../../../src/push-tar/compress/split-into-blocks.js'
import { createCompressor } from '../../../src/push-tar/compress/compressor.js'
import {
  BLOCK_SIZE_BYTES,
  createDeflateCompressor,
  gzip
} from '../../../src/push-tar/compress/gzip.js'
import { mapAhead } from '../../../src/push-tar/map-ahead.js'
import { createPrioritySlots } from '../../../src/push-tar/priority-slots.js'
import {
  createZstdCompressor,
  FRAME_SIZE_BYTES,
  zstd
} from '../../../src/push-tar/compress/zstd.js'

async function* chunked(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0
  for (let n = 0; at < bytes.length; n++) {
    const size = Math.max(1, sizes[n % Math.max(1, sizes.length)] ?? 1000)
    yield await Promise.resolve(bytes.subarray(at, at + size))
    at += size
  }
}

/** Returns the bytes of a stream whose chunks are freed when the next one is requested. */
async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = []
  for await (const chunk of chunks) all.push(Buffer.from(chunk))
  return Buffer.concat(all)
}

/** Returns bytes that compress about as well as files do: words and noise. */
function mixed(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length)
  let state = seed >>> 0
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[at] = (at >> 10) % 3 === 0 ? state >>> 24 : 'the quick brown fox '.charCodeAt(at % 20)
  }
  return bytes
}

/** Returns the gzip options of one test. */
function deflating(level: number, blocksAhead: number): Parameters<typeof gzip>[1] {
  const compressor = createDeflateCompressor(level, blocksAhead)
  return {
    compressor,
    blocksAhead: () => blocksAhead,
    memory: createBlockMemory(BLOCK_SIZE_BYTES),
    slots: createPrioritySlots(blocksAhead + 1),
    priority: () => 0
  }
}

const sizes = fc.array(fc.integer({ min: 1, max: 1_500_000 }), { minLength: 1, maxLength: 5 })
const lengths = fc.oneof(
  fc.constantFrom(0, 1, 32 * 1024, 1024 * 1024 - 1, 1024 * 1024, 1024 * 1024 + 1, 2 * 1024 * 1024),
  fc.integer({ min: 0, max: 2_500_000 })
)

describe('gzip in parallel blocks', () => {
  it('decompresses to the original bytes regardless of the chunk sizes', async () => {
    await fc.assert(
      fc.asyncProperty(
        lengths,
        fc.nat(),
        sizes,
        fc.integer({ min: 1, max: 9 }),
        async (length, seed, cut, level) => {
          const bytes = mixed(length, seed)
          const compressed = await collect(gzip(chunked(bytes, cut), deflating(level, 3)))
          expect(zlib.gunzipSync(compressed).equals(bytes)).toBe(true)
        }
      ),
      { numRuns: 8 }
    )
  })

  it('produces the same bytes regardless of the chunk sizes and of concurrency', async () => {
    const bytes = mixed(5_300_000, 7)
    const results = await Promise.all(
      [1, 2, 16].map((blocksAhead) =>
        collect(gzip(chunked(bytes, [blocksAhead * 77_777]), deflating(4, blocksAhead)))
      )
    )
    expect(results[1]?.equals(results[0] ?? Buffer.alloc(0))).toBe(true)
    expect(results[2]?.equals(results[0] ?? Buffer.alloc(0))).toBe(true)
  })

  it('writes a header without time, operating system and file name', async () => {
    const compressed = await collect(gzip(chunked(Buffer.from('x'), [1]), deflating(1, 2)))
    expect([...compressed.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])
  })

  it('compresses an empty stream to a complete gzip member', async () => {
    const compressed = await collect(gzip(chunked(Buffer.alloc(0), []), deflating(4, 2)))
    expect(compressed).toHaveLength(20)
    expect(zlib.gunzipSync(compressed)).toHaveLength(0)
  })

  it('fails with the error of its source', async () => {
    const broken = async function* (): AsyncGenerator<Buffer> {
      yield await Promise.resolve(Buffer.alloc(3_000_000))
      throw new Error('Disk error')
    }
    await expect(collect(gzip(broken(), deflating(1, 4)))).rejects.toThrow('Disk error')
  })
})

describe('zstd in parallel frames', () => {
  it('decompresses to the original bytes', async () => {
    await fc.assert(
      fc.asyncProperty(lengths, fc.nat(), sizes, async (length, seed, cut) => {
        const bytes = mixed(length, seed)
        const compressed = await collect(
          zstd(chunked(bytes, cut), {
            compressor: createZstdCompressor(3, 3),
            blocksAhead: () => 3,
            memory: createBlockMemory(FRAME_SIZE_BYTES),
            slots: createPrioritySlots(4),
            priority: () => 0
          })
        )
        expect(zlib.zstdDecompressSync(compressed).equals(bytes)).toBe(true)
      }),
      { numRuns: 6 }
    )
  })
})

describe('the compressor', () => {
  it.each(['gzip', 'zstd', 'none'] as const)('preserves the bytes with %s', async (compression) => {
    const bytes = mixed(2_500_000, 3)
    const compressed = await collect(
      createCompressor(compression).compress(() => chunked(bytes, [99_999]))
    )
    const decompressed =
      compression === 'gzip'
        ? zlib.gunzipSync(compressed)
        : compression === 'zstd'
          ? zlib.zstdDecompressSync(compressed)
          : compressed
    expect(decompressed.equals(bytes)).toBe(true)
  })

  it('produces smaller output at a higher level', async () => {
    const bytes = mixed(2_000_000, 5)
    const at = async (level: number): Promise<number> =>
      (await collect(createCompressor('gzip', level).compress(() => chunked(bytes, [65_536]))))
        .length
    expect(await at(9)).toBeLessThan(await at(1))
  })
})

describe('the compressor of several layers', () => {
  it.each(['gzip', 'zstd'] as const)(
    'frees the output of %s while it is read',
    async (compression) => {
      const program = readFileSync(process.execPath).subarray(0, 24 * BLOCK_SIZE_BYTES)
      const chunks: Buffer[] = []
      const stream = createCompressor(compression).compress(() =>
        chunked(program, [BLOCK_SIZE_BYTES])
      )
      for await (const chunk of stream) chunks.push(chunk)
      const remaining = chunks.filter(({ length }) => length > 0)
      expect(chunks.length).toBeGreaterThan(24)
      expect(remaining.length).toBeLessThan(chunks.length / 2)
    }
  )

  it('compresses the blocks of the layer with the highest priority before the blocks of others', async () => {
    const compressor = createCompressor('gzip')
    const order: string[] = []
    const layer = async function* (name: string): AsyncGenerator<Buffer> {
      for (let block = 0; block < 8; block++) {
        order.push(name)
        yield await Promise.resolve(mixed(BLOCK_SIZE_BYTES, block))
      }
    }
    const large = compressor.compress(() => layer('large'), 2)
    const small = compressor.compress(() => layer('small'), 1)
    await Promise.all([large, small].map(collect))
    expect(order.slice(0, 8)).toEqual(Array(8).fill('large'))
  })

  it('compresses the blocks of other layers while the first one is not read', async () => {
    const compressor = createCompressor('gzip')
    const bytes = mixed(8 * BLOCK_SIZE_BYTES, 1)
    const large = compressor.compress(() => chunked(bytes, [BLOCK_SIZE_BYTES]), 2)
    const reader = large[Symbol.asyncIterator]()
    await reader.next()
    const others = [1, 1].map((priority) =>
      collect(compressor.compress(() => chunked(bytes, [BLOCK_SIZE_BYTES]), priority))
    )
    const [first, second] = await Promise.all(others)
    expect(first?.equals(second ?? Buffer.alloc(0))).toBe(true)
    await reader.return?.()
  })
})

describe('splitIntoBlocks', () => {
  it('splits chunks of any size into blocks of one size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }),
        fc.integer({ min: 1, max: 64 }),
        async (array, cut, size) => {
          const bytes = Buffer.from(array)
          const blocks: Buffer[] = []
          for await (const block of splitIntoBlocks(chunked(bytes, cut), createBlockMemory(size)))
            blocks.push(block)
          expect(Buffer.concat(blocks).equals(bytes)).toBe(true)
          expect(blocks.slice(0, -1).every((block) => block.length === size)).toBe(true)
          expect(blocks).toHaveLength(Math.max(1, Math.ceil(bytes.length / size)))
        }
      )
    )
  })
})

describe('mapAhead', () => {
  it('preserves the order and limits the concurrency', async () => {
    let running = 0
    let most = 0
    const items = chunked(Buffer.from([5, 1, 4, 2, 3, 0]), [1])
    const results: number[] = []
    const mapped = mapAhead(
      items,
      () => 3,
      async (item) => {
        most = Math.max(most, ++running)
        for (let turn = 0; turn < (item[0] ?? 0); turn++) await Promise.resolve()
        running--
        return item[0] ?? -1
      }
    )
    for await (const result of mapped) results.push(result)
    expect(results).toEqual([5, 1, 4, 2, 3, 0])
    expect(most).toBeLessThanOrEqual(3)
  })

  it('fails with the first error in order', async () => {
    const mapped = mapAhead(
      chunked(Buffer.from([0, 1, 2]), [1]),
      () => 3,
      (item) =>
        item[0] === 0 ? Promise.resolve(0) : Promise.reject(new Error(`no ${String(item[0])}`))
    )
    await expect(
      (async () => {
        for await (const result of mapped) expect(result).toBe(0)
      })()
    ).rejects.toThrow('no 1')
  })
})
