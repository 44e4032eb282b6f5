import zlib from 'node:zlib'
import { sha256Digest } from '../../src/oci/digest.js'
import { verifyLayer } from '../../src/push-tar/verify.js'
import type { ExpectedLayer } from '../../src/push-tar/verify.js'
import { tarOfFiles } from '../helpers/tar-writer.js'

const UNCOMPRESSED = tarOfFiles({ 'etc/os-release': 'ID=test\n' })
const ANOTHER = tarOfFiles({ another: '' })

/** Verifies a layer in chunks of three bytes and returns the bytes that were passed on. */
async function verify(
  compression: ExpectedLayer['compression'],
  bytes: Buffer,
  isRequired = true,
  uncompressed = UNCOMPRESSED
): Promise<Buffer> {
  const read = async function* (): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += 3) {
      yield await Promise.resolve(bytes.subarray(at, at + 3))
    }
  }
  const expected = { diffId: sha256Digest(uncompressed), compression, isRequired }
  const { signal } = new AbortController()
  const passed: Buffer[] = []
  for await (const chunk of verifyLayer(read(), 'layer.tar', expected, signal)) passed.push(chunk)
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
    ['none', ANOTHER],
    ['gzip', zlib.gzipSync(ANOTHER)],
    ['zstd', zlib.zstdCompressSync(ANOTHER)]
  ] as const)(
    'rejects a layer with compression %s and another diff ID',
    async (compression, bytes) => {
      await expect(verify(compression, bytes)).rejects.toThrow(
        /^A layer of the archive is damaged: "layer\.tar"\. Its diff ID is sha256:\w{64}, but .+ lists sha256:/
      )
    }
  )

  describe.each([
    ['gzip', zlib.gzipSync],
    ['zstd', zlib.zstdCompressSync]
  ] as const)('compression %s', (compression, compress) => {
    it.each([
      ['text', Buffer.from('a layer'), /It is text/],
      ['an HTML page', Buffer.from('<html></html>'.padEnd(2000)), /It is an HTML page/],
      ['the start of a header', UNCOMPRESSED.subarray(0, 511), /layer\.tar/]
    ])('rejects %s with the right diff ID', async (_name, bytes, words) => {
      const verified = verify(compression, compress(bytes), true, bytes)
      await expect(verified).rejects.toThrow(/^A layer is not a tar archive: "layer\.tar"/)
      await expect(verified).rejects.toThrow(words)
    })

    it.each([
      ['zeros', Buffer.alloc(1024)],
      ['no bytes', Buffer.alloc(0)]
    ])('accepts an empty layer of %s', async (_name, bytes) => {
      const stored = compress(bytes)
      expect(await verify(compression, stored, true, bytes)).toEqual(stored)
    })
  })

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
      let chunks = 0
      for await (const chunk of verifyLayer(read(), 'layer.tar', expected, signal)) {
        expect(chunk).toEqual(bytes)
        if (++chunks === 3) break
      }
      expect(isClosed).toBe(true)
    }
  )
})
