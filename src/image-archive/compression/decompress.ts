import { Readable } from 'node:stream'
import type { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import zlib from 'node:zlib'
import { codeOf, messageOf, problem } from '../../runner/errors.js'
import type { ActionError } from '../../runner/errors.js'
import { splitZstdFrames } from './zstd-frames.js'

/** A decompressor of zlib. */
export type Decompressor = Transform & {
  /** The number of compressed bytes that have been decompressed. */
  readonly bytesWritten: number
}

/** Creates a decompressor with output chunks of this size. Returns `undefined` for zstd before Node.js 22.15. */
export function findDecompressor(
  compression: 'gzip' | 'zstd',
  chunkSize: number
): Decompressor | undefined {
  if (compression === 'gzip') return zlib.createGunzip({ chunkSize })
  // The type definitions are for a newer Node.js.
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition
  return zlib.createZstdDecompress?.({ chunkSize })
}

/** Decompresses a stream, all members or frames of it. `consume` reads the decompressed bytes. */
export async function decompress(
  compressed: AsyncIterable<Buffer>,
  compression: 'gzip' | 'zstd',
  decompressor: Decompressor,
  consume: (chunks: AsyncIterable<Buffer>) => Promise<void>,
  signal: AbortSignal
): Promise<void> {
  const source = Readable.from(compression === 'zstd' ? splitZstdFrames(compressed) : compressed)
  await pipeline(source, decompressor, consume, { signal })
}

/**
 * Creates the error for data that cannot be decompressed. Returns `undefined` for an error with any other cause.
 *
 * @param name the name of the file
 * @param windowFix how to fix data with a window that is too large, as a full sentence
 */
export function decompressionProblem(
  name: string,
  compression: 'gzip' | 'zstd',
  error: unknown,
  windowFix: string
): ActionError | undefined {
  const code = codeOf(error) ?? ''
  if (!/^(?:Z_|ZSTD_|ERR_)/.test(code)) return undefined
  if (isWindowError(error)) return windowProblem(name, windowFix, error)
  const isShort = /unexpected end/i.test(messageOf(error)) || code === 'Z_BUF_ERROR'
  return problem(
    {
      what: `The ${compression} data of the file are ${isShort ? 'truncated' : 'damaged'}`,
      value: name,
      fix: 'Create or download the archive again.'
    },
    error
  )
}

/** Returns `true` if the data need a larger window than Node.js allows. `zstd --long` uses windows of up to 2 GiB. */
export function isWindowError(error: unknown): boolean {
  return codeOf(error) === 'ZSTD_error_frameParameter_windowTooLarge'
}

/** Creates the error for zstd data with a window that is too large. */
export function windowProblem(name: string, fix: string, error: unknown): ActionError {
  return problem(
    {
      what: 'The zstd data require too much memory to decompress',
      value: name,
      expected: 'The maximum window size is 128 MiB (zstd --long=27).',
      fix
    },
    error
  )
}
