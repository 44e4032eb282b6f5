import zlib from 'node:zlib'
import { createBlockCompressor } from '../../../src/push-tar/compress/block-compressor.js'

it('discards the first output of a new stream, which zlib may compress differently', async () => {
  const sizes: number[] = []
  const compressor = createBlockCompressor({
    create: () => {
      const stream = zlib.createDeflateRaw()
      const write = stream._transform.bind(stream)
      stream._transform = (chunk: Buffer, encoding, done) => {
        if (chunk.length > 0) sizes.push(chunk.length)
        write(chunk, encoding, done)
      }
      return stream
    },
    restart: (stream) => stream.reset(),
    flush: zlib.constants.Z_SYNC_FLUSH,
    threads: 1
  })
  const blocks = [Buffer.alloc(1000, 'first'), Buffer.alloc(1000, 'second')]
  for (const block of blocks) {
    const compressed = Buffer.concat(await compressor.compress(block))
    const end = Buffer.from([0x03, 0x00])
    expect(zlib.inflateRawSync(Buffer.concat([compressed, end])).equals(block)).toBe(true)
  }
  expect(sizes).toEqual([1, 1000, 1000])
})
