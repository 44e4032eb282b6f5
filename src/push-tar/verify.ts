import {
  decompress,
  decompressionProblem,
  findDecompressor,
  isWindowError
} from '../image-archive/compression/decompress.js'
import type { Decompressor } from '../image-archive/compression/decompress.js'
import { checkIsTar } from '../image-archive/check-is-tar.js'
import { BLOCK_BYTES } from '../image-archive/tar/tar-header.js'
import { createStreamHash } from '../oci/digest.js'
import type { StreamDigest } from '../oci/digest.js'
import { problem } from '../runner/errors.js'
import type { ActionError } from '../runner/errors.js'
import { HandOver } from './hand-over.js'

/** The maximum size of a decompressed layer in bytes, to stop early at data that is made to expand without end. */
const MAX_UNCOMPRESSED_BYTES = 256 * 1024 ** 3

/** The size of decompressed chunks. Larger ones need more memory until they are garbage collected. */
const CHUNK_BYTES = 256 * 1024

/** The diff ID that a stored layer must have. */
export interface ExpectedLayer {
  readonly diffId: string
  /** The compression of the stored bytes. */
  readonly compression: 'none' | 'gzip' | 'zstd'
  /**
   * `true` if the layer must not be pushed without verifying its diff ID. Otherwise, its digest is known, and zstd data
   * that this version of Node.js cannot decompress are accepted.
   */
  readonly isRequired: boolean
}

/**
 * Yields the stored bytes of a layer and verifies its diff ID on the way. The registry does not check it and would
 * accept any bytes. The consumer must not use the bytes before the last one was read without an error.
 *
 * @param chunks the bytes of the layer. Their memory must not be reused
 * @param name the name of the layer, for errors
 * @throws ActionError after the last chunk at the latest, if the layer cannot be decompressed or has another diff ID
 */
export function verifyLayer(
  chunks: AsyncIterable<Buffer>,
  name: string,
  expected: ExpectedLayer,
  signal: AbortSignal
): AsyncIterable<Buffer> {
  const { compression, diffId, isRequired } = expected
  if (compression === 'none') return verifyUncompressed(chunks, name, diffId)
  const decompressor = findDecompressor(compression, CHUNK_BYTES)
  if (decompressor !== undefined) {
    return verifyCompressed(chunks, name, { ...expected, compression, decompressor }, signal)
  }
  if (isRequired) throw zstdNotSupported(name)
  return chunks
}

async function* verifyUncompressed(
  chunks: AsyncIterable<Buffer>,
  name: string,
  diffId: string
): AsyncGenerator<Buffer, void, undefined> {
  const hash = createStreamHash()
  for await (const chunk of chunks) {
    hash.update(chunk)
    yield chunk
  }
  checkDiffId(name, hash.result().digest, diffId)
}

interface CompressedLayer extends ExpectedLayer {
  readonly compression: 'gzip' | 'zstd'
  readonly decompressor: Decompressor
}

async function* verifyCompressed(
  chunks: AsyncIterable<Buffer>,
  name: string,
  expected: CompressedLayer,
  signal: AbortSignal
): AsyncGenerator<Buffer, void, undefined> {
  const stop = new AbortController()
  const handOver = new HandOver()
  const ended = AbortSignal.any([signal, stop.signal])
  const verified = hashDecompressed(handOver.read(), name, expected, ended)
  // An error is thrown with the next chunk. A race with this promise for each chunk would keep all of them in memory.
  const stopReading = (): void => handOver.stop()
  verified.then(stopReading, stopReading)
  let size = 0
  try {
    for await (const chunk of chunks) {
      size += chunk.length
      await handOver.give(chunk)
      if (handOver.isStopped) await verified
      yield chunk
    }
    handOver.end()
    const diffId = await verified
    if (diffId === undefined) return
    checkEnd(name, expected.compression, size - expected.decompressor.bytesWritten)
    checkDiffId(name, diffId, expected.diffId)
  } finally {
    stop.abort()
    handOver.end()
    await verified.catch(() => undefined)
  }
}

/** Returns the diff ID of compressed bytes, or `undefined` if it cannot be found and is not required. */
async function hashDecompressed(
  compressed: AsyncIterable<Buffer>,
  name: string,
  { compression, decompressor, isRequired }: CompressedLayer,
  signal: AbortSignal
): Promise<string | undefined> {
  const hash = createStreamHash()
  let size = 0
  const hashChunks = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of checkTarStart(chunks, name)) {
      size += chunk.length
      if (size > MAX_UNCOMPRESSED_BYTES) throw tooLarge(name)
      hash.update(chunk)
    }
  }
  try {
    await decompress(compressed, compression, decompressor, hashChunks, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (!isRequired && isWindowError(error)) return undefined
    const fix = 'Build the image with the default window size of zstd.'
    throw decompressionProblem(name, compression, error, fix) ?? error
  }
  return hash.result().digest
}

/** Yields the bytes of a layer and checks the first of them, because clients can extract only a tar archive. */
async function* checkTarStart(
  chunks: AsyncIterable<Buffer>,
  name: string
): AsyncGenerator<Buffer, void, undefined> {
  let start: Buffer | undefined = Buffer.alloc(0)
  for await (const chunk of chunks) {
    if (start !== undefined) {
      start = Buffer.concat([start, chunk.subarray(0, BLOCK_BYTES)])
      if (start.length >= BLOCK_BYTES) {
        checkIsTar(name, start)
        start = undefined
      }
    }
    yield chunk
  }
  if (start !== undefined) checkIsTar(name, start)
}

/** Node.js ignores zeros after compressed data, but clients that are written in Go reject them. */
function checkEnd(name: string, compression: string, extraBytes: number): void {
  if (extraBytes === 0) return
  throw damagedLayer(name, `It has ${extraBytes} other bytes after its ${compression} data.`)
}

function checkDiffId(name: string, actual: string, expected: string): void {
  if (actual === expected) return
  throw damagedLayer(
    name,
    `Its diff ID is ${actual}, but the config of the image lists ${expected}.`
  )
}

function tooLarge(name: string): Error {
  return problem({
    what: 'A layer of the archive is too large after decompression',
    value: name,
    expected: `The maximum size is ${MAX_UNCOMPRESSED_BYTES} bytes.`
  })
}

function zstdNotSupported(name: string): Error {
  return problem({
    what: 'The archive has a layer with zstd compression',
    value: name,
    reason: `Node.js ${process.versions.node} does not support zstd.`,
    expected: 'Node.js 22.15 or newer is required.'
  })
}

/**
 * Checks the digest of a layer or config.
 *
 * @param expected its name for errors, and its digest if it is known
 * @throws ActionError if the bytes have another digest
 */
export function checkDigest(
  { name, digest }: { readonly name: string; readonly digest?: string | undefined },
  actual: StreamDigest
): void {
  if (digest === undefined || digest === actual.digest) return
  throw damagedLayer(name, `Its digest is ${actual.digest} instead of ${digest}.`)
}

function damagedLayer(name: string, reason: string): ActionError {
  return problem({
    what: 'A layer of the archive is damaged',
    value: name,
    reason,
    fix: 'Create or download the archive again.'
  })
}
