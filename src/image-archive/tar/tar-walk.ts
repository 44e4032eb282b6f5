import { problem } from '../../runner/errors.js'
import type { ActionError } from '../../runner/errors.js'
import { createBlockReader } from './block-reader.js'
import type { ReadBlock } from './block-reader.js'
import type { LocalFile } from '../local-file.js'
import type { PaxRecords } from './pax-records.js'
import { BLOCK_BYTES } from './tar-header.js'
import type { TarHeader } from './tar-header.js'

/** The most bytes of one extension header (long names, pax records, sparse maps). */
const MAX_EXTENSION_BYTES = 8 * 1024 ** 2

/** The most bytes of all extension headers, which bounds the memory that an index takes. */
const MAX_EXTENSIONS_BYTES = 16 * 1024 ** 2

/** Where the walk through an archive is. */
export interface Walk {
  readonly file: LocalFile
  readonly readBlock: ReadBlock
  /** Of the next header. */
  position: number
  /** Of the last member with a name, for errors. */
  lastName: string
  /** The bytes of all holes of sparse members so far. */
  holes: number
  /** Takes bytes of the budget of extension headers. @throws ActionError where it is used up */
  readonly spend: (bytes: number) => void
}

/** A header with the block that it is in and what extension headers add to it. */
export interface MemberHeader {
  readonly header: TarHeader
  readonly block: Buffer
  readonly extensions: { readonly pax: PaxRecords }
}

/** The begin of a walk through an archive. */
export function startWalk(file: LocalFile): Walk {
  let left = MAX_EXTENSIONS_BYTES
  return {
    file,
    readBlock: createBlockReader(file),
    position: 0,
    lastName: '',
    holes: 0,
    spend: (bytes) => {
      left -= bytes
      if (bytes <= MAX_EXTENSION_BYTES && left >= 0) return
      throw problem({
        what: `The extension headers of ${file.path} are too large to be those of an image archive`,
        expected: `at most ${MAX_EXTENSION_BYTES} bytes for a member and ${MAX_EXTENSIONS_BYTES} in all`
      })
    }
  }
}

/** @throws ActionError where the file ends before `size` bytes from `start` on, naming what they belong to */
export function checkFits(walk: Walk, start: number, size: number, name: string): void {
  if (start + size > walk.file.size) throw endsEarly(walk, 'inside', name)
}

/** What is wrong with a file that is cut, `inside` or `inside a header`, and where. */
export function endsEarly(walk: Walk, place: string, name: string): ActionError {
  const where = place === 'inside' ? 'inside' : `${place} after`
  return problem({
    what: `${walk.file.path} ends early, at byte ${walk.file.size} ${where}`,
    value: name,
    fix: 'write or download the archive again'
  })
}

/** The bytes that so many take in an archive, which is made of whole blocks. */
export function padded(size: number): number {
  return Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES
}
