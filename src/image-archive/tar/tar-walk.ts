import { problem } from '../../runner/errors.js'
import type { ActionError } from '../../runner/errors.js'
import { createBlockReader } from './block-reader.js'
import type { ReadBlock } from './block-reader.js'
import type { LocalFile } from '../local-file.js'
import type { PaxRecords } from './pax-records.js'
import { BLOCK_BYTES } from './tar-header.js'
import type { TarHeader } from './tar-header.js'

/** The maximum size of an extension header (long name, pax records, sparse map) in bytes. */
const MAX_EXTENSION_BYTES = 8 * 1024 ** 2

/** The maximum size of all extension headers in bytes, which limits the memory of an index. */
const MAX_EXTENSIONS_BYTES = 16 * 1024 ** 2

/** The state of reading the headers of an archive. */
export interface Walk {
  readonly file: LocalFile
  readonly readBlock: ReadBlock
  /** The position of the next header. */
  position: number
  /** The name of the last member, for errors. */
  lastName: string
  /** The number of zeros that sparse members have added so far. */
  sparseBytes: number
  /** Counts bytes of extension headers. @throws ActionError if a maximum is exceeded */
  readonly spend: (bytes: number) => void
}

/** A header with its block and its extension headers. */
export interface MemberHeader {
  readonly header: TarHeader
  readonly block: Buffer
  readonly extensions: { readonly pax: PaxRecords }
}

/** Starts reading the headers of an archive. */
export function startWalk(file: LocalFile): Walk {
  let left = MAX_EXTENSIONS_BYTES
  return {
    file,
    readBlock: createBlockReader(file),
    position: 0,
    lastName: '',
    sparseBytes: 0,
    spend: (bytes) => {
      left -= bytes
      if (bytes <= MAX_EXTENSION_BYTES && left >= 0) return
      throw problem({
        what: 'The extension headers of the archive are too large',
        value: file.path,
        expected: `The maximum is ${MAX_EXTENSION_BYTES} bytes per member and ${MAX_EXTENSIONS_BYTES} bytes in total.`
      })
    }
  }
}

/** @throws ActionError if the file ends before `size` bytes from `start` */
export function checkFits(walk: Walk, start: number, size: number, name: string): void {
  if (start + size > walk.file.size) throw truncatedProblem(walk, 'in the member', name)
}

/** Creates the error for a truncated archive. `position` describes the end of the file: `in the member`. */
export function truncatedProblem(walk: Walk, position: string, name: string): ActionError {
  return problem({
    what: `${walk.file.path} is truncated at byte ${walk.file.size}, ${position}`,
    value: name,
    fix: 'Create or download the archive again.'
  })
}

/** Rounds a size up to whole blocks. */
export function padded(size: number): number {
  return Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES
}
