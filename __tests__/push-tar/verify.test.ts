import zlib from 'node:zlib'
import type { LayerFile } from '../../src/image-archive/contents.js'
import { sha256Digest } from '../../src/oci/digest.js'
import { verifyLayerFile } from '../../src/push-tar/verify.js'

const PLAIN = Buffer.from('a layer')

function layer(compression: LayerFile['compression'], bytes: Buffer): LayerFile {
  const read = async function* (): AsyncGenerator<Buffer> {
    yield await Promise.resolve(bytes)
  }
  const content = { name: 'layer.tar', size: bytes.length, read }
  return { kind: 'layer-file', diffId: sha256Digest(PLAIN), compression, content }
}

const verify = (file: LayerFile): Promise<unknown> =>
  verifyLayerFile(file, new AbortController().signal)

describe('a layer file', () => {
  it.each([
    ['none', PLAIN],
    ['gzip', zlib.gzipSync(PLAIN)],
    ['zstd', zlib.zstdCompressSync(PLAIN)]
  ] as const)('with compression %s is what its diff ID says', async (compression, bytes) => {
    const digest = sha256Digest(bytes)
    expect(await verify(layer(compression, bytes))).toEqual({ digest, size: bytes.length })
  })

  it.each([
    ['none', Buffer.from('another')],
    ['gzip', zlib.gzipSync('another')],
    ['zstd', zlib.zstdCompressSync('another')]
  ] as const)('with compression %s is refused where it is another', async (compression, bytes) => {
    await expect(verify(layer(compression, bytes))).rejects.toThrow(
      /^layer\.tar is damaged: the layer is another .+ – sha256:/
    )
  })

  it.each([
    ['gzip', zlib.gzipSync(PLAIN).subarray(0, -3), /its gzip data cannot be unpacked/],
    ['zstd', zlib.zstdCompressSync(PLAIN).subarray(0, -3), /its zstd data cannot be unpacked/],
    [
      'gzip',
      Buffer.concat([zlib.gzipSync(PLAIN), Buffer.alloc(9)]),
      /something follows its gzip data – .9 bytes./
    ]
  ] as const)('whose %s data are not whole is damaged', async (compression, bytes, words) => {
    await expect(verify(layer(compression, bytes))).rejects.toThrow(words)
  })

  it('that looks back further than Node.js does is not called damaged', async () => {
    // A frame with a window of 2 GiB, as zstd --long=31 writes it, and one empty block (RFC 8878, 3.1.1).
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, (31 - 10) << 3, 0x01, 0x00, 0x00])
    await expect(verify(layer('zstd', frame))).rejects.toThrow(
      /^The zstd data take more memory to unpack .+ – .layer\.tar. – a window of at most 128 MiB/
    )
  })
})
