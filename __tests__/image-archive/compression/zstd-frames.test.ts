import fc from 'fast-check'
import { Readable } from 'node:stream'
import { constants, createZstdDecompress, zstdCompressSync } from 'node:zlib'
import { splitZstdFrames } from '../../../src/image-archive/compression/zstd-frames.js'

const skippable = (bytes: Buffer): Buffer => {
  const header = Buffer.from('5f2a4d1800000000', 'hex')
  header.writeUInt32LE(bytes.length, 4)
  return Buffer.concat([header, bytes])
}

async function* inChunks(data: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < data.length; at += size) {
    yield await Promise.resolve(data.subarray(at, at + size))
  }
}

async function split(data: Buffer, size: number): Promise<Buffer[]> {
  const pieces: Buffer[] = []
  for await (const piece of splitZstdFrames(inChunks(data, size))) pieces.push(piece)
  return pieces
}

async function decompress(data: Buffer, size: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  const source = Readable.from(splitZstdFrames(inChunks(data, size)))
  for await (const chunk of source.pipe(createZstdDecompress())) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

const frame = fc
  .record({
    bytes: fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      // RLE blocks, and several blocks per frame.
      fc.integer({ min: 0, max: 400_000 }).map((length) => new Uint8Array(length).fill(7))
    ),
    isSkippable: fc.boolean(),
    hasChecksum: fc.boolean(),
    hasSize: fc.boolean()
  })
  .map(({ bytes, isSkippable, hasChecksum, hasSize }) => {
    const content = Buffer.from(bytes)
    if (isSkippable) {
      return { compressed: skippable(content.subarray(0, 500)), content: Buffer.alloc(0) }
    }
    const params = {
      [constants.ZSTD_c_checksumFlag]: Number(hasChecksum),
      [constants.ZSTD_c_contentSizeFlag]: Number(hasSize)
    }
    return { compressed: zstdCompressSync(content, { params }), content }
  })

test('splits data after each frame, independently of the chunks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(frame, { maxLength: 6 }),
      fc.integer({ min: 1, max: 5000 }),
      async (frames, size) => {
        const data = Buffer.concat(frames.map(({ compressed }) => compressed))
        const pieces = await split(data, data.length || 1)
        expect(pieces).toEqual(frames.map(({ compressed }) => compressed))
        expect(Buffer.concat(await split(data, size))).toEqual(data)
      }
    ),
    { numRuns: 50 }
  )
})

test('lets Node.js decompress all frames', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(frame, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 50, max: 100_000 }),
      async (frames, size) => {
        const data = Buffer.concat(frames.map(({ compressed }) => compressed))
        const content = Buffer.concat(frames.map((each) => each.content))
        expect((await decompress(data, size)).equals(content)).toBe(true)
      }
    ),
    { numRuns: 50 }
  )
})

test('passes invalid data to the decompressor, which rejects them', async () => {
  const data = Buffer.concat([zstdCompressSync(Buffer.from('x')), Buffer.from('garbage'.repeat(9))])
  expect(Buffer.concat(await split(data, 7))).toEqual(data)
  await expect(decompress(data, 1000)).rejects.toThrow()
})

test('rejects data with too many frames', async () => {
  const data = Buffer.alloc(8 * 1_000_001, skippable(Buffer.alloc(0)))
  const chunks = splitZstdFrames(inChunks(data, data.length))
  await expect(
    (async () => {
      let count = 0
      for await (const chunk of chunks) count += chunk.length
      return count
    })()
  ).rejects.toThrow(/The zstd data have too many frames\. The maximum is 1000000 frames\./)
})
