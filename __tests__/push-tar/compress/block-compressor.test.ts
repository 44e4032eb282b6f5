import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Transform } from 'node:stream'
import {
  createBlockCompressor,
  OUTPUT_BUFFER_BYTES
} from '../../../src/push-tar/compress/block-compressor.js'
import type { BlockCompressor } from '../../../src/push-tar/compress/block-compressor.js'
import { createDeflateCompressor } from '../../../src/push-tar/compress/gzip.js'
import { freeOutput } from '../../../src/push-tar/compress/output-memory.js'
import { createZstdCompressor } from '../../../src/push-tar/compress/zstd.js'

const LEVEL = 2
const PROGRAM = readFileSync(process.execPath)

async function compress(compressor: BlockCompressor, block: Buffer): Promise<Buffer> {
  return Buffer.concat(await compressor.compress(block))
}

it.each([20_000, 50_000, 70_000])(
  'compresses a block of %d bytes the same after any other block',
  async (size) => {
    const blockAt = (at: number): Buffer => PROGRAM.subarray(at * size, (at + 1) * size)
    const compressor = createDeflateCompressor(LEVEL, 1)
    for (let at = 0; at < 300; at++) {
      await compressor.compress(PROGRAM.subarray(at * 90_000, at * 90_000 + 66_000 + at * 100))
      const [block, fresh] = [blockAt(at), createDeflateCompressor(LEVEL, 1)]
      const compressed = await compress(compressor, block)
      expect((await compress(fresh, block)).equals(compressed)).toBe(true)
    }
  }
)

it.each([100_000, 300_000, 450_000, OUTPUT_BUFFER_BYTES, 700_000, 1_048_576])(
  'compresses a block of %d bytes to the same zstd frame after any other block',
  async (size) => {
    const level = 1
    const compressor = createZstdCompressor(level, 1)
    for (let at = 0; at < 60; at++) {
      await compressor.compress(PROGRAM.subarray(at * 90_000, at * 90_000 + 600_000 + at * 10_000))
      const block = PROGRAM.subarray(at * size, (at + 1) * size)
      const compressed = await compress(compressor, block)
      expect((await compress(createZstdCompressor(level, 1), block)).equals(compressed)).toBe(true)
    }
  }
)

/** Returns bytes that deflate does not shrink. */
const noise = (bytes: number): Buffer =>
  createHash('shake256', { outputLength: bytes }).update('noise').digest()

it.each([-1, 0, 1, 2, 3, 4, 5])(
  'compresses a block the same if it ends %d bytes after the output buffer',
  async (excess) => {
    const compressor = createDeflateCompressor(LEVEL, 1)
    const sizeOf = async (block: Buffer): Promise<number> =>
      (await compress(createDeflateCompressor(LEVEL, 1), block)).length
    const block = PROGRAM.subarray(0, 70_000)
    const fresh = await compress(createDeflateCompressor(LEVEL, 1), block)
    let available = OUTPUT_BUFFER_BYTES + excess - fresh.length
    for (let fills = 4; fills > 0; fills--) {
      available -= (await compress(compressor, noise(100_000))).length
    }
    const overhead = (await sizeOf(noise(available))) - available
    available -= (await compress(compressor, noise(available - overhead))).length
    expect(available).toBe(0)
    expect((await compress(compressor, block)).equals(fresh)).toBe(true)
  }
)

describe('freeing a piece', () => {
  const BLOCK_BYTES = 300_000
  const blockAt = (at: number): Buffer => PROGRAM.subarray(at * BLOCK_BYTES, (at + 1) * BLOCK_BYTES)
  let compressor: BlockCompressor
  beforeEach(() => {
    compressor = createZstdCompressor(1, 1)
  })

  /** Compresses blocks until the compressor uses another output buffer. Returns the pieces of the first one. */
  async function fillOutput(): Promise<Buffer[]> {
    const pieces: Buffer[] = []
    for (let at = 0; pieces.at(-1)?.buffer === pieces[0]?.buffer; at++) {
      pieces.push(...(await compressor.compress(blockAt(at))))
    }
    return pieces.filter(({ buffer }) => buffer === pieces[0]?.buffer)
  }

  it('frees the output buffer with its last piece', async () => {
    const [first, ...others] = await fillOutput()
    if (first === undefined) throw new Error('The compressor did not write anything')
    const bytes = Buffer.from(first)
    expect(others).not.toEqual([])
    for (const piece of others) freeOutput(piece)
    expect(first.equals(bytes)).toBe(true)
    freeOutput(first)
    expect([first, ...others].every(({ length }) => length === 0)).toBe(true)
  })

  it('frees an output buffer that is in use only when the compressor has the next one', async () => {
    const pieces: Buffer[] = []
    for (let at = 0; pieces.at(-1)?.buffer === pieces[0]?.buffer; at++) {
      const compressed = await compressor.compress(blockAt(at))
      const fresh = await compress(createZstdCompressor(1, 1), blockAt(at))
      expect(Buffer.concat(compressed).equals(fresh)).toBe(true)
      for (const piece of compressed) freeOutput(piece)
      pieces.push(...compressed)
    }
    expect(pieces[0]?.length).toBe(0)
    expect(pieces.at(-1)?.length).not.toBe(0)
  })

  it('frees data that deflate stores', async () => {
    const deflate = createDeflateCompressor(LEVEL, 1)
    const pieces = await deflate.compress(noise(2 * 128 * 1024))
    expect(pieces.every(({ length }) => length > 0)).toBe(true)
    for (const piece of pieces) freeOutput(piece)
    expect(pieces.every(({ length }) => length === 0)).toBe(true)
  })

  it('does not free the memory of other buffers', () => {
    const other = Buffer.from('other')
    freeOutput(other)
    expect(other.toString()).toBe('other')
  })
})

it.each([
  ['fails', (done: (error: Error) => void) => done(new Error('out of memory'))],
  ['is destroyed', (_: unknown, stream: Transform) => stream.destroy(new Error('out of memory'))]
])('rejects a block whose compressor %s', async (_, end) => {
  const create = (): Transform =>
    new Transform({
      transform(this: Transform, _block, _encoding, done) {
        this.push(Buffer.from('partial'))
        end(done, this)
      }
    })
  const compressor = createBlockCompressor({
    create,
    write: (stream, block, done) => void stream.write(block, done),
    threads: 1
  })
  await expect(compressor.compress(Buffer.from('block'))).rejects.toThrow('out of memory')
})
