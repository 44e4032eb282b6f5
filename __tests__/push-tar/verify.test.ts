import zlib from 'node:zlib'
import { sha256Digest } from '../../src/oci/digest.js'
import { verifyLayer } from '../../src/push-tar/verify.js'
import type { ExpectedLayer } from '../../src/push-tar/verify.js'

const UNCOMPRESSED = Buffer.from('a layer')

/** Verifies a layer in chunks of three bytes and returns the bytes that were passed on. */
async function verify(
  compression: ExpectedLayer['compression'],
  bytes: Buffer,
  isRequired = true
): Promise<Buffer> {
  const read = async function* (): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += 3) {
      yield await Promise.resolve(bytes.subarray(at, at + 3))
    }
  }
  const content = { name: 'layer.tar', size: bytes.length, read }
  const expected = { diffId: sha256Digest(UNCOMPRESSED), compression, isRequired }
  const { signal } = new AbortController()
  const passed: Buffer[] = []
  for await (const chunk of verifyLayer(read(), content, expected, signal)) passed.push(chunk)
  return Buffer.concat(passed)
}

describe('verifyLayer', () => {
  it.each([
    ['none', UNCOMPRESSED],
    ['gzip', zlib.gzipSync(UNCOMPRESSED)],
    ['zstd', zlib.zstdCompressSync(UNCOMPRESSED)]
  ] as const)(
    'passes on a layer with compression %s and the right diff ID',
    async (compression, bytes) => {
      expect(await verify(compression, bytes)).toEqual(bytes)
    }
  )

  it.each([
    ['none', Buffer.from('another')],
    ['gzip', zlib.gzipSync('another')],
    ['zstd', zlib.zstdCompressSync('another')]
  ] as const)(
    'rejects a layer with compression %s and another diff ID',
    async (compression, bytes) => {
      await expect(verify(compression, bytes)).rejects.toThrow(
        /^A layer of the archive is damaged: "layer\.tar"\. Its diff ID is sha256:\w{64}, but .+ lists sha256:/
      )
    }
  )

  it.each([
    [
      'gzip',
      zlib.gzipSync(UNCOMPRESSED).subarray(0, -3),
      /^The gzip data of the file are truncated: "layer\.tar"/
    ],
    [
      'zstd',
      zlib.zstdCompressSync(UNCOMPRESSED).subarray(0, -3),
      /^The zstd data of the file are (?:truncated|damaged): "layer\.tar"/
    ],
    [
      'gzip',
      Buffer.concat([zlib.gzipSync(UNCOMPRESSED), Buffer.alloc(9)]),
      /It has \d other bytes after its gzip data|The gzip data of the file are damaged/
    ]
  ] as const)('rejects damaged %s data', async (compression, bytes, words) => {
    await expect(verify(compression, bytes)).rejects.toThrow(words)
  })

  it('does not report zstd data with an unsupported window size as damaged', async () => {
    // A frame with a window of 2 GiB, as written by `zstd --long=31`, and one empty block (RFC 8878, section 3.1.1).
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, (31 - 10) << 3, 0x01, 0x00, 0x00])
    await expect(verify('zstd', frame)).rejects.toThrow(
      /^The zstd data require too much memory .+: "layer\.tar"\. The maximum window size is 128 MiB/
    )
    // The digest of such a layer is verified in any case.
    expect(await verify('zstd', frame, false)).toEqual(frame)
  })

  it.each(['gzip', 'zstd'] as const)(
    'stops decompressing (%s) if the consumer stops reading',
    async (compression) => {
      const bytes =
        compression === 'gzip' ? zlib.gzipSync(UNCOMPRESSED) : zlib.zstdCompressSync(UNCOMPRESSED)
      let isClosed = false
      const read = async function* (): AsyncGenerator<Buffer> {
        try {
          for (;;) yield await Promise.resolve(bytes)
        } finally {
          isClosed = true
        }
      }
      const expected = { diffId: sha256Digest(UNCOMPRESSED), compression, isRequired: true }
      const { signal } = new AbortController()
      const content = { name: 'layer.tar', size: bytes.length, read }
      let chunks = 0
      for await (const chunk of verifyLayer(read(), content, expected, signal)) {
        expect(chunk).toEqual(bytes)
        if (++chunks === 3) break
      }
      expect(isClosed).toBe(true)
    }
  )
})
