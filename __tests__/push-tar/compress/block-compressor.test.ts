import { readFileSync } from 'node:fs'
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
