import { readFileSync } from 'node:fs'
import type { Transform } from 'node:stream'
import { PassThrough } from 'node:stream'
import { createBlockCompressor } from '../../../src/push-tar/compress/block-compressor.js'
import { createDeflateCompressor } from '../../../src/push-tar/compress/gzip.js'

const LEVEL = 2

it.each([20_000, 50_000, 70_000])(
  'compresses a block of %d bytes the same after any other block',
  async (size) => {
    const bytes = readFileSync(process.execPath)
    const blockAt = (at: number): Buffer => bytes.subarray(at * size, (at + 1) * size)
    const compressor = createDeflateCompressor(LEVEL, 1)
    for (let at = 0; at < 300; at++) {
      await compressor.compress(bytes.subarray(at * 90_000, at * 90_000 + 66_000 + at * 100))
      const [block, fresh] = [blockAt(at), createDeflateCompressor(LEVEL, 1)]
      const compressed = Buffer.concat(await compressor.compress(block))
      expect(Buffer.concat(await fresh.compress(block)).equals(compressed)).toBe(true)
    }
  }
)

it.each([
  ['fails', (done: (error: Error) => void) => done(new Error('out of memory'))],
  ['is destroyed', (_: unknown, stream: Transform) => stream.destroy(new Error('out of memory'))]
])('rejects a block whose compressor %s', async (_, fail) => {
  const create = (): Transform =>
    new PassThrough({
      transform(this: Transform, block: Buffer, __, done) {
        this.push(block.subarray(1))
        fail(done, this)
      }
    })
  const compressor = createBlockCompressor({ create, threads: 1 })
  await expect(compressor.compress(Buffer.from('block'))).rejects.toThrow('out of memory')
})
