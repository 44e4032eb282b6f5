import zlib from 'node:zlib'
import type { LayerFile } from '../../src/image-archive/contents.js'
import { sha256Digest } from '../../src/oci/digest.js'
import { verifyLayerFile } from '../../src/push-tar/verify.js'

const UNCOMPRESSED = Buffer.from('a layer')

function layer(compression: LayerFile['compression'], bytes: Buffer): LayerFile {
  const read = async function* (): AsyncGenerator<Buffer> {
    yield await Promise.resolve(bytes)
  }
  const content = { name: 'layer.tar', size: bytes.length, read }
  return { kind: 'layer-file', diffId: sha256Digest(UNCOMPRESSED), compression, content }
}

const verify = (file: LayerFile): Promise<unknown> =>
  verifyLayerFile(file, new AbortController().signal)

describe('verifyLayerFile', () => {
  it.each([
    ['none', UNCOMPRESSED],
    ['gzip', zlib.gzipSync(UNCOMPRESSED)],
    ['zstd', zlib.zstdCompressSync(UNCOMPRESSED)]
  ] as const)(
    'accepts a layer with compression %s and the right diff ID',
    async (compression, bytes) => {
      const digest = sha256Digest(bytes)
      expect(await verify(layer(compression, bytes))).toEqual({ digest, size: bytes.length })
    }
  )

  it.each([
    ['none', Buffer.from('another')],
    ['gzip', zlib.gzipSync('another')],
    ['zstd', zlib.zstdCompressSync('another')]
  ] as const)(
    'rejects a layer with compression %s and another diff ID',
    async (compression, bytes) => {
      await expect(verify(layer(compression, bytes))).rejects.toThrow(
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
      /It has 9 other bytes after its gzip data/
    ]
  ] as const)('rejects damaged %s data', async (compression, bytes, words) => {
    await expect(verify(layer(compression, bytes))).rejects.toThrow(words)
  })

  it('does not report zstd data with an unsupported window size as damaged', async () => {
    // A frame with a window of 2 GiB, as written by `zstd --long=31`, and one empty block (RFC 8878, section 3.1.1).
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, (31 - 10) << 3, 0x01, 0x00, 0x00])
    await expect(verify(layer('zstd', frame))).rejects.toThrow(
      /^The zstd data require too much memory .+: "layer\.tar"\. The maximum window size is 128 MiB/
    )
  })
})
