import fc from 'fast-check'
import { createCipheriv } from 'node:crypto'
import zlib from 'node:zlib'
import { createBlockMemory } from '../../../src/push-tar/compress/block-memory.js'
import {
  BLOCK_SIZE_BYTES,
  createDeflateCompressor,
  gzip
} from '../../../src/push-tar/compress/gzip.js'
import { createPrioritySlots } from '../../../src/push-tar/priority-slots.js'
import { splitByCompressibility } from '../../../src/push-tar/compress/split-by-compressibility.js'

const KIB = 1024
const PIECE_BYTES = 128 * KIB

/** Returns incompressible bytes that depend on the seed. */
function noise(length: number, seed: number): Buffer {
  const key = Buffer.alloc(16)
  key.writeUInt32LE(seed >>> 0)
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length))
}

const text = (length: number): Buffer => Buffer.alloc(length, 'the quick brown fox ')

describe('splitByCompressibility', () => {
  it('returns incompressible bytes as a run of their own', () => {
    const block = Buffer.concat([
      text(PIECE_BYTES),
      noise(2 * PIECE_BYTES, 1),
      text(PIECE_BYTES + 7)
    ])
    const runs = splitByCompressibility(block).map(({ bytes, isIncompressible }) => [
      bytes.length,
      isIncompressible
    ])
    expect(runs).toEqual([
      [PIECE_BYTES, false],
      [2 * PIECE_BYTES, true],
      [PIECE_BYTES + 7, false]
    ])
  })

  it.each([
    ['text', text(PIECE_BYTES)],
    ['zeros', Buffer.alloc(PIECE_BYTES)],
    [
      'random letters and digits',
      Buffer.from(noise(PIECE_BYTES, 2).toString('base64')).subarray(0, PIECE_BYTES)
    ],
    ['random bytes that repeat after 30 KiB', Buffer.alloc(PIECE_BYTES, noise(30 * KIB, 3))],
    [
      'all byte values in order',
      Buffer.from(Array.from({ length: PIECE_BYTES }, (_, at) => at % 256))
    ],
    ['fewer random bytes than a piece has', noise(PIECE_BYTES - 1, 4)],
    ['an empty block', Buffer.alloc(0)]
  ])('does not return %s as incompressible', (_, bytes) => {
    expect(
      splitByCompressibility(bytes).filter(({ isIncompressible }) => isIncompressible)
    ).toEqual([])
  })

  it('returns bytes as incompressible only if deflate saves less than 2 %', () => {
    const share = fc.integer({ min: 0, max: 16 })
    fc.assert(
      fc.property(share, fc.nat(), (sixteenths, seed) => {
        const unit = PIECE_BYTES / 16
        const piece = Buffer.concat([
          text(sixteenths * unit),
          noise(PIECE_BYTES - sixteenths * unit, seed)
        ])
        const [run] = splitByCompressibility(piece)
        const compressedBytes = zlib.deflateRawSync(piece, { level: 2 }).length
        if (run?.isIncompressible === true)
          expect(compressedBytes).toBeGreaterThan(0.98 * piece.length)
      }),
      { numRuns: 40 }
    )
  })

  it('stores incompressible bytes without compression at any level', async () => {
    const parts = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 700 * KIB })), {
      minLength: 1,
      maxLength: 6
    })
    await fc.assert(
      fc.asyncProperty(parts, fc.integer({ min: 1, max: 9 }), async (given, level) => {
        const bytes = Buffer.concat(
          given.map(([isNoise, length]) => (isNoise ? noise(length, length) : text(length)))
        )
        const chunks = async function* (): AsyncGenerator<Buffer> {
          for (let at = 0; at < bytes.length; at += 300_000)
            yield await Promise.resolve(bytes.subarray(at, at + 300_000))
        }
        const compressed: Buffer[] = []
        const compressor = createDeflateCompressor(level, 3)
        const memory = createBlockMemory(BLOCK_SIZE_BYTES)
        const slots = createPrioritySlots(4)
        const options = { compressor, memory, slots, priority: () => 0, blocksAhead: () => 3 }
        for await (const piece of gzip(chunks(), options)) compressed.push(Buffer.from(piece))
        expect(zlib.gunzipSync(Buffer.concat(compressed)).equals(bytes)).toBe(true)
      }),
      { numRuns: 10 }
    )
    const compressor = createDeflateCompressor(9, 1)
    const stored = Buffer.concat(await compressor.compress(noise(PIECE_BYTES, 5)))
    await compressor.compress(text(PIECE_BYTES))
    expect(Buffer.concat(await compressor.compress(noise(PIECE_BYTES, 5))).equals(stored)).toBe(
      true
    )
    expect(stored.indexOf(noise(PIECE_BYTES, 5).subarray(0, 1000))).toBe(5)
    expect(stored.length).toBeLessThan(PIECE_BYTES + 100)
  })
})
