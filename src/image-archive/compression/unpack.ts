import { randomUUID } from 'node:crypto'
import { open, rm, statfs } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import zlib from 'node:zlib'
import { ActionError, codeOf, messageOf, problem } from '../../runner/errors.js'
import { fileProblem, openLocalFile } from '../local-file.js'
import type { LocalFile } from '../local-file.js'
import { sniffCompression, unpackCommand } from './sniff.js'
import type { Compression } from './sniff.js'
import { storedSlices } from '../tar/stored-slices.js'
import { BLOCK_BYTES, decodeTarHeader } from '../tar/tar-header.js'
import { splitZstdFrames } from './zstd-frames.js'
import { isWindowError, windowProblem } from './zstd-window.js'

/** The most bytes that an archive is unpacked to: some images of as large layers as ECR Public takes. */
const MAX_UNPACKED_BYTES = 200 * 1024 ** 3

/** Free space that is left to others on the disk, in bytes. */
const RESERVED_BYTES = 256 * 1024 ** 2

/** After how many bytes the free space is looked at again. */
const FREE_SPACE_CHECK_BYTES = 64 * 1024 ** 2

/** Written at once: from 1 MiB on, Linux takes large pages, whose first use is slow in a virtual machine. */
const CHUNK_BYTES = 256 * 1024

/** Where an archive is unpacked to, and how far. */
export interface UnpackOptions {
  readonly temporaryDirectory: () => Promise<string>
  readonly signal: AbortSignal
  /** Told what takes long. */
  readonly info?: ((line: string) => void) | undefined
  readonly maxUnpackedBytes?: number | undefined
  /** The free space where a directory is, in bytes; asked of the file system by default. */
  readonly freeBytes?: ((directory: string) => Promise<number>) | undefined
}

/**
 * Unpacks an archive that is compressed as a whole to the temporary directory, so that its members can be read
 * in any order and more than once. What is not compressed is given back as it is.
 *
 * @throws ActionError where the compression is not read here, the data are damaged, do not hold a tar
 *   archive, or take more space than there is
 */
export async function unpack(file: LocalFile, options: UnpackOptions): Promise<LocalFile> {
  const compression = sniffCompression(await file.read(0, BLOCK_BYTES))
  if (compression === undefined) return file
  const decompressor = makeDecompressor(file, compression)
  const directory = await options.temporaryDirectory()
  const path = join(directory, `${randomUUID()}.tar`)
  try {
    await checkSpace(file, directory, options)
    options.info?.(`Unpacking ${file.path} (${compression}, ${file.size} bytes)`)
    await write(file, { path, directory, decompressor, compression }, options)
    await file.checkUnchanged()
    const unpacked = await openLocalFile(path, file.path)
    await file.close()
    return { ...unpacked, close: () => unpacked.close().then(() => rm(path, { force: true })) }
  } catch (error) {
    await rm(path, { force: true })
    options.signal.throwIfAborted()
    throw unpackProblem(file, compression, error)
  }
}

interface Target {
  readonly path: string
  readonly directory: string
  readonly decompressor: Transform
  readonly compression: Compression
}

async function write(file: LocalFile, target: Target, options: UnpackOptions): Promise<void> {
  const whole = [{ at: 0, position: 0, length: file.size }]
  const packed = storedSlices(file, file.path, file.size, whole).read()
  const source = Readable.from(target.compression === 'zstd' ? splitZstdFrames(packed) : packed)
  const handle = await open(target.path, 'wx', 0o600)
  try {
    await pipeline(
      source,
      target.decompressor,
      (chunks: AsyncIterable<Buffer>) =>
        writeChunks(file, chunks, { handle, ...target, ...options }),
      { signal: options.signal }
    )
  } finally {
    await handle.close()
  }
}

async function writeChunks(
  file: LocalFile,
  chunks: AsyncIterable<Buffer>,
  to: Target & UnpackOptions & { readonly handle: FileHandle }
): Promise<void> {
  const limit = to.maxUnpackedBytes ?? MAX_UNPACKED_BYTES
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
        what: `${file.path} unpacks to more than can be an image`,
        expected: `at most ${limit} bytes`
      })
    }
    await to.handle.writeFile(chunk)
    if (written >= nextCheck) {
      await checkSpace(file, to.directory, to)
      nextCheck = written + FREE_SPACE_CHECK_BYTES
    }
  }
}

/** Stops at the first block what is no archive, however much it would unpack to. */
function checkIsTar(file: LocalFile, start: Buffer, compression: Compression): void {
  if (decodeTarHeader(start.subarray(0, BLOCK_BYTES)) !== undefined) return
  throw problem({
    what: `The file is compressed with ${compression}, but holds no tar archive`,
    value: file.path
  })
}

async function checkSpace(
  file: LocalFile,
  directory: string,
  { freeBytes = freeBytesOf }: UnpackOptions
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
    what: `There is not enough space to unpack ${file.path}: ${free} bytes are free in`,
    value: directory,
    expected: `${RESERVED_BYTES} bytes are left to others`,
    fix: 'free some space, or set RUNNER_TEMP to a directory on a larger disk'
  })
}

function makeDecompressor(file: LocalFile, compression: Compression): Transform {
  if (compression === 'gzip') return zlib.createGunzip({ chunkSize: CHUNK_BYTES })
  // Node.js has it from 22.15 on.
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition
  if (compression === 'zstd' && zlib.createZstdDecompress !== undefined) {
    return zlib.createZstdDecompress({ chunkSize: CHUNK_BYTES })
  }
  throw problem({
    what: `The file is compressed with ${compression}, which is not read here`,
    value: file.path,
    expected: 'plain tar, gzip, or zstd from Node.js 22.15 on',
    fix: `unpack it first: ${unpackCommand(compression)} ${file.path}`
  })
}

function unpackProblem(file: LocalFile, compression: Compression, error: unknown): unknown {
  if (error instanceof ActionError) return error
  const code = codeOf(error) ?? ''
  if (code === 'ENOSPC') return fileProblem(file.path, error)
  if (!/^(?:Z_|ZSTD_|ERR_)/.test(code)) return fileProblem(file.path, error)
  if (isWindowError(error)) {
    return windowProblem(file.path, `unpack it first: zstd -d --long=31 ${file.path}`, error)
  }
  const isShort = /unexpected end/i.test(messageOf(error)) || code === 'Z_BUF_ERROR'
  return problem(
    {
      what: isShort
        ? `The ${compression} data of the file end early, at byte ${file.size}`
        : `The ${compression} data of the file are damaged`,
      value: file.path,
      fix: 'write or download the archive again'
    },
    error
  )
}
