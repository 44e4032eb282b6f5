import { randomUUID } from 'node:crypto'
import { open, rm, statfs } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { ActionError, problem } from '../../runner/errors.js'
import { describeFile } from '../describe-file.js'
import { fileProblem, openLocalFile } from '../local-file.js'
import type { LocalFile } from '../local-file.js'
import { decompress, decompressionProblem, findDecompressor } from './decompress.js'
import type { Decompressor } from './decompress.js'
import { decompressCommand, detectCompression, MAGIC_BYTES } from './detect-compression.js'
import type { CompressionFormat } from './detect-compression.js'
import { storedSlices } from '../tar/stored-slices.js'
import { BLOCK_BYTES, decodeTarHeader } from '../tar/tar-header.js'

/** The maximum size of a decompressed archive in bytes: about 20 layers of the maximum size. */
const MAX_DECOMPRESSED_BYTES = 200 * 1024 ** 3

/** A smaller archive is not rejected for its compression ratio, in bytes. */
const MIN_RATIO_CHECK_BYTES = 256_000_000

/** The maximum ratio of the decompressed size to the size of the file. Image archives have a ratio of 2 to 20. */
const MAX_RATIO = 100

/** The disk space that remains free for other programs, in bytes. */
const RESERVED_BYTES = 256 * 1024 ** 2

/** The number of written bytes between two checks of the free space. */
const FREE_SPACE_CHECK_BYTES = 64 * 1024 ** 2

/** Linux allocates chunks of 1 MiB or more in huge pages, which is slow in a virtual machine. */
const CHUNK_BYTES = 256 * 1024

/** How an archive is decompressed. */
export interface DecompressArchiveOptions {
  readonly temporaryDirectory: () => Promise<string>
  readonly signal: AbortSignal
  /** Logs the start of the decompression, which can take long. */
  readonly info?: ((line: string) => void) | undefined
  readonly maxDecompressedBytes?: number | undefined
  /** The decompressed size from which the compression ratio is checked, in bytes. */
  readonly minRatioCheckBytes?: number | undefined
  /** Returns the free space of the disk with a directory, in bytes. Defaults to `statfs`. */
  readonly freeBytes?: ((directory: string) => Promise<number>) | undefined
}

/**
 * Decompresses an archive to the temporary directory, so that its members can be read in any order and more than once.
 * Returns a file that is not compressed unchanged.
 *
 * @throws ActionError if the compression is not supported, if the data are damaged or are not a tar archive, or if the
 *   disk does not have enough space
 */
export async function decompressArchive(
  file: LocalFile,
  options: DecompressArchiveOptions
): Promise<LocalFile> {
  const compression = detectCompression(await file.read(0, MAGIC_BYTES))
  if (compression === undefined) return file
  const decompressor = getDecompressor(file, compression)
  const directory = await options.temporaryDirectory()
  const path = join(directory, `${randomUUID()}.tar`)
  try {
    await checkSpace(file, directory, options)
    options.info?.(`Decompressing ${file.path} (${compression}, ${file.size} bytes)`)
    await write(file, { path, directory, ...decompressor }, options)
    await file.checkUnchanged()
    const decompressed = await openLocalFile(path, file.path)
    await file.close()
    return {
      ...decompressed,
      close: () => decompressed.close().then(() => rm(path, { force: true }))
    }
  } catch (error) {
    await rm(path, { force: true })
    options.signal.throwIfAborted()
    throw archiveProblem(file, decompressor.compression, error)
  }
}

interface Target {
  readonly path: string
  readonly directory: string
  readonly decompressor: Decompressor
  readonly compression: 'gzip' | 'zstd'
}

async function write(
  file: LocalFile,
  target: Target,
  options: DecompressArchiveOptions
): Promise<void> {
  const whole = [{ at: 0, position: 0, length: file.size }]
  const compressed = storedSlices(file, file.path, file.size, whole).read()
  const handle = await open(target.path, 'wx', 0o600)
  try {
    await decompress(
      compressed,
      target.compression,
      target.decompressor,
      (chunks) => writeChunks(file, chunks, { handle, ...target, ...options }),
      options.signal
    )
  } finally {
    await handle.close()
  }
}

async function writeChunks(
  file: LocalFile,
  chunks: AsyncIterable<Buffer>,
  to: Target & DecompressArchiveOptions & { readonly handle: FileHandle }
): Promise<void> {
  const limit = to.maxDecompressedBytes ?? MAX_DECOMPRESSED_BYTES
  let written = 0
  let nextCheck = FREE_SPACE_CHECK_BYTES
  let start: Buffer | undefined = Buffer.alloc(0)
  for await (const chunk of chunks) {
    if (start !== undefined) {
      start = Buffer.concat([start, chunk])
      if (start.length >= BLOCK_BYTES) {
        checkIsTar(file, start, to.compression)
        start = undefined
      }
    }
    written += chunk.length
    if (written > limit) {
      throw problem({
        what: 'The decompressed archive is too large',
        value: file.path,
        expected: `The maximum size is ${limit} bytes.`,
        fix: 'Save fewer images in one archive.'
      })
    }
    checkRatio(file, written, to)
    await to.handle.writeFile(chunk)
    if (written >= nextCheck) {
      await checkSpace(file, to.directory, to)
      nextCheck = written + FREE_SPACE_CHECK_BYTES
    }
  }
}

/** Rejects an archive that is made to fill the disk. */
function checkRatio(
  file: LocalFile,
  written: number,
  { minRatioCheckBytes = MIN_RATIO_CHECK_BYTES }: DecompressArchiveOptions
): void {
  if (written <= minRatioCheckBytes || written <= MAX_RATIO * file.size) return
  throw problem({
    what: 'The decompressed archive is too large for its file',
    value: file.path,
    reason: `The file has ${file.size} bytes and contains more than ${written - 1} bytes.`,
    expected: `An archive of more than ${minRatioCheckBytes} bytes can be at most ${MAX_RATIO} times as large as its file.`,
    fix: 'If the archive is correct, decompress it first.'
  })
}

/** Checks the first block, so that large files that are not archives are not decompressed to their end. */
function checkIsTar(file: LocalFile, start: Buffer, compression: CompressionFormat): void {
  if (decodeTarHeader(start.subarray(0, BLOCK_BYTES)) !== undefined) return
  const inner = detectCompression(start)
  const again =
    inner === undefined
      ? { fix: 'Save the image again, for example with "docker save".' }
      : {
          reason: `Its content is compressed again, with ${inner}.`,
          fix: 'Compress the archive only once.'
        }
  throw problem({
    what: `The file is compressed with ${compression}, but it is not a tar archive`,
    value: file.path,
    ...again,
    ...describeFile(start)
  })
}

async function checkSpace(
  file: LocalFile,
  directory: string,
  { freeBytes = freeBytesOf }: DecompressArchiveOptions
): Promise<void> {
  const free = await freeBytes(directory)
  if (free < RESERVED_BYTES) throw noSpace(file, free, directory)
}

async function freeBytesOf(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory)
  return bavail * bsize
}

function noSpace(file: LocalFile, free: number, directory: string): ActionError {
  return problem({
    what: `The disk does not have enough space to decompress ${file.path}`,
    value: directory,
    reason: `${free} bytes are free, and ${RESERVED_BYTES} bytes must remain free.`,
    fix: 'Free some space, or set RUNNER_TEMP to a directory on a larger disk.'
  })
}

function getDecompressor(
  file: LocalFile,
  compression: CompressionFormat
): Pick<Target, 'compression' | 'decompressor'> {
  if (compression === 'gzip' || compression === 'zstd') {
    const decompressor = findDecompressor(compression, CHUNK_BYTES)
    if (decompressor !== undefined) return { compression, decompressor }
  }
  throw problem({
    what: `The archive is compressed with ${compression}, which is not supported`,
    value: file.path,
    expected: 'Use an uncompressed tar file, gzip, or (with Node.js 22.15 or later) zstd.',
    fix: `Decompress the file first with "${decompressCommand(compression)} ${file.path}".`
  })
}

function archiveProblem(file: LocalFile, compression: 'gzip' | 'zstd', error: unknown): unknown {
  if (error instanceof ActionError) return error
  const windowFix = `Decompress the file first with "zstd -d --long=31 ${file.path}".`
  return (
    decompressionProblem(file.path, compression, error, windowFix) ?? fileProblem(file.path, error)
  )
}
