import {
  decompress,
  decompressionProblem,
  findDecompressor
} from '../image-archive/compression/decompress.js'
import type { LayerFile, StoredBlob, StoredContent } from '../image-archive/contents.js'
import { createStreamHash, hashStream } from '../oci/digest.js'
import type { StreamDigest } from '../oci/digest.js'
import { problem } from '../runner/errors.js'
import { createChunkRing } from './compress/block-memory.js'
import { readAhead } from './read-ahead.js'

/** The maximum size of a decompressed layer in bytes, to stop early at data that is made to expand without end. */
const MAX_UNCOMPRESSED_BYTES = 256 * 1024 ** 3

const CHUNK_BYTES = 1024 * 1024

/**
 * Reads a blob and checks its digest.
 *
 * @throws ActionError if its bytes have another digest or size
 */
export async function verifyBlob(
  { descriptor, content }: StoredBlob,
  signal: AbortSignal
): Promise<StreamDigest> {
  const stored = await hashContent(content, signal)
  if (stored.digest !== descriptor.digest || stored.size !== descriptor.size) {
    throw damaged(content, `Its digest is ${stored.digest} instead of ${descriptor.digest}.`)
  }
  return stored
}

/**
 * Checks the diff ID of a layer. The registry does not check it and would accept any bytes.
 *
 * @returns the digest and size of the layer as it is stored
 * @throws ActionError if it cannot be decompressed or has another diff ID
 */
export async function verifyLayerFile(
  { content, diffId, compression }: LayerFile,
  signal: AbortSignal
): Promise<StreamDigest> {
  const { stored, uncompressed } =
    compression === 'none'
      ? await hashUncompressed(content, signal)
      : await hashCompressed(content, compression, signal)
  if (uncompressed.digest === diffId) return stored
  throw damaged(
    content,
    `Its diff ID is ${uncompressed.digest}, but the config of the image lists ${diffId}.`
  )
}

interface LayerDigests {
  readonly stored: StreamDigest
  readonly uncompressed: StreamDigest
}

function hashContent(content: StoredContent, signal: AbortSignal): Promise<StreamDigest> {
  return hashStream(readAhead(content.read(createChunkRing(2))), signal)
}

async function hashUncompressed(
  content: StoredContent,
  signal: AbortSignal
): Promise<LayerDigests> {
  const stored = await hashContent(content, signal)
  return { stored, uncompressed: stored }
}

async function hashCompressed(
  content: StoredContent,
  compression: 'gzip' | 'zstd',
  signal: AbortSignal
): Promise<LayerDigests> {
  const decompressor = findDecompressor(compression, CHUNK_BYTES)
  if (decompressor === undefined) throw zstdNotSupported(content)
  const storedHash = createStreamHash()
  const readStored = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of content.read()) {
      storedHash.update(chunk)
      yield chunk
    }
  }
  const uncompressedHash = createStreamHash()
  let size = 0
  const hashChunks = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) {
      size += chunk.length
      if (size > MAX_UNCOMPRESSED_BYTES) throw tooLarge(content)
      uncompressedHash.update(chunk)
    }
  }
  try {
    await decompress(readStored(), compression, decompressor, hashChunks, signal)
  } catch (error) {
    signal.throwIfAborted()
    const fix = 'Build the image with the default window size of zstd.'
    throw decompressionProblem(content.name, compression, error, fix) ?? error
  }
  const stored = storedHash.result()
  checkEnd(content, compression, stored.size - decompressor.bytesWritten)
  return { stored, uncompressed: uncompressedHash.result() }
}

/** Node.js ignores zeros after compressed data, but clients that are written in Go reject them. */
function checkEnd(content: StoredContent, compression: string, extraBytes: number): void {
  if (extraBytes === 0) return
  throw damaged(content, `It has ${extraBytes} other bytes after its ${compression} data.`)
}

function tooLarge({ name }: StoredContent): Error {
  return problem({
    what: 'A layer of the archive is too large after decompression',
    value: name,
    expected: `The maximum size is ${MAX_UNCOMPRESSED_BYTES} bytes.`
  })
}

function zstdNotSupported({ name }: StoredContent): Error {
  return problem({
    what: 'The archive has a layer with zstd compression',
    value: name,
    reason: `Node.js ${process.versions.node} does not support zstd.`,
    expected: 'Node.js 22.15 or newer is required.'
  })
}

function damaged({ name }: StoredContent, reason: string): Error {
  return problem({
    what: 'A layer of the archive is damaged',
    value: name,
    reason,
    fix: 'Create or download the archive again.'
  })
}
