import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import zlib from 'node:zlib'
import type { LayerFile, StoredBlob, StoredContent } from '../image-archive/contents.js'
import { splitZstdFrames } from '../image-archive/compression/zstd-frames.js'
import { isWindowError, windowProblem } from '../image-archive/compression/decompress.js'
import { codeOf, problem } from '../runner/errors.js'
import { createChunkRing } from './compress/block-memory.js'
import { readAhead } from './read-ahead.js'

/** The digest of bytes as they are stored, and how many they are. */
export interface Verified {
  readonly digest: string
  /** In bytes. */
  readonly size: number
}

/** The most that a layer may unpack to, in bytes: what does is no image, but made to keep machines busy. */
const MAX_UNPACKED_BYTES = 256 * 1024 ** 3

const CHUNK_BYTES = 1024 * 1024

/**
 * Reads a blob once.
 *
 * @throws ActionError where its bytes do not hash to its digest
 */
export async function verifyBlob(blob: StoredBlob, signal: AbortSignal): Promise<Verified> {
  const { digest, size } = blob.descriptor
  const verified = await hashOf(blob.content, signal)
  if (verified.digest !== digest || verified.size !== size) {
    throw damaged(blob.content, 'its bytes hash to another digest than the one that names it', {
      value: verified.digest,
      expected: digest
    })
  }
  return verified
}

/**
 * Reads a layer file once, unpacking it where it is compressed: the registry would take any bytes.
 *
 * @throws ActionError where it is no layer with this diff ID
 */
export async function verifyLayerFile(layer: LayerFile, signal: AbortSignal): Promise<Verified> {
  const { content, diffId, compression } = layer
  const unpacked = createHash('sha256')
  const stored =
    compression === 'none'
      ? await hashOf(content, signal)
      : await unpack(content, compression, signal, (chunk) => unpacked.update(chunk))
  const actual = compression === 'none' ? stored.digest : `sha256:${unpacked.digest('hex')}`
  if (actual === diffId) return stored
  throw damaged(content, 'the layer is another than the one that the config of the image names', {
    value: actual,
    expected: diffId
  })
}

async function hashOf(content: StoredContent, signal: AbortSignal): Promise<Verified> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of readAhead(content.read(createChunkRing(2)))) {
    signal.throwIfAborted()
    hash.update(chunk)
    size += chunk.length
  }
  return { digest: `sha256:${hash.digest('hex')}`, size }
}

async function unpack(
  content: StoredContent,
  compression: 'gzip' | 'zstd',
  signal: AbortSignal,
  take: (chunk: Buffer) => void
): Promise<Verified> {
  const hash = createHash('sha256')
  let size = 0
  let unpacked = 0
  const hashed = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of content.read()) {
      hash.update(chunk)
      size += chunk.length
      yield chunk
    }
  }
  const check = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) {
      unpacked += chunk.length
      checkUnpackedSize(content, unpacked)
      take(chunk)
    }
  }
  const decompressor = makeDecompressor(compression)
  try {
    const stored = compression === 'zstd' ? splitZstdFrames(hashed()) : hashed()
    await pipeline(Readable.from(stored), decompressor, check, { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw unpackProblem(content, compression, error)
  }
  // Node.js ends without an error at zeros, which no client that is written in Go takes.
  if (decompressor.bytesWritten !== size) {
    throw damaged(content, `something follows its ${compression} data`, {
      value: `${size - decompressor.bytesWritten} bytes`
    })
  }
  return { digest: `sha256:${hash.digest('hex')}`, size }
}

function unpackProblem(content: StoredContent, compression: string, error: unknown): unknown {
  if (!isDataError(error)) return error
  if (isWindowError(error)) {
    return windowProblem(content.name, 'build the image with the default window of zstd', error)
  }
  return damaged(content, `its ${compression} data cannot be unpacked`, {}, error)
}

function checkUnpackedSize(content: StoredContent, bytes: number): void {
  if (bytes <= MAX_UNPACKED_BYTES) return
  throw damaged(content, 'the layer unpacks to more than can be an image', {
    expected: `at most ${MAX_UNPACKED_BYTES} bytes`
  })
}

/** A decompressor of zlib, with how many bytes of what was written to it are unpacked. */
type Decompressor = Transform & { readonly bytesWritten: number }

function makeDecompressor(compression: 'gzip' | 'zstd'): Decompressor {
  if (compression === 'gzip') return zlib.createGunzip({ chunkSize: CHUNK_BYTES })
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- older than the types
  if (zlib.createZstdDecompress !== undefined) {
    return zlib.createZstdDecompress({ chunkSize: CHUNK_BYTES })
  }
  throw problem({
    what: 'The archive has a layer that is compressed with zstd, which this Node.js cannot read',
    value: `Node.js ${process.versions.node}`,
    expected: 'Node.js 22.15 or newer'
  })
}

/** `true` for what zlib says of bytes that are not what they should be, or where it ended before them. */
function isDataError(error: unknown): boolean {
  return /^(?:Z_|ZSTD_|ERR_STREAM_PREMATURE_CLOSE$)/.test(codeOf(error) ?? '')
}

function damaged(
  content: StoredContent,
  why: string,
  parts: { readonly value?: string; readonly expected?: string },
  cause?: unknown
): Error {
  return problem(
    {
      what: `${content.name} is damaged: ${why}`,
      ...parts,
      fix: 'write or download the archive again'
    },
    cause
  )
}
