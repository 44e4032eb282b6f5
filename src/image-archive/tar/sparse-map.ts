import { findPaxValue, parsePaxNumber } from './pax-records.js'
import type { PaxRecords } from './pax-records.js'
import { decodeTarNumber } from './tar-header.js'

/** A part of a sparse file that contains data. */
export interface SparsePart {
  /** The offset in the file, in bytes. */
  readonly at: number
  /** In bytes. */
  readonly length: number
}

/**
 * The map of a sparse file, of which the archive stores only the parts with data
 * (https://www.gnu.org/software/tar/manual/html_node/Sparse-Formats.html). The rest of the file is zeros.
 */
export interface SparseMap {
  /** The size of the file in bytes, including the zeros. */
  readonly size: number
  readonly parts: readonly SparsePart[]
}

/** The maximum number of zeros that sparse members of an archive can add, in bytes: ten times the size of a layer. */
export const MAX_EXPANDED_BYTES = 100 * 1024 ** 3

/** The old GNU format has four map entries in the header and 21 entries in each following block. */
const HEADER_MAP = { at: 386, entries: 4, more: 482, realSize: 483 } as const
const BLOCK_MAP = { at: 0, entries: 21, more: 504 } as const
const NUMBER_BYTES = 12

/** Reads one block of a map in the old GNU format. Returns `undefined` if it is malformed. */
export function readOldGnuMap(
  block: Buffer,
  layout: 'header' | 'block'
): { readonly parts: readonly SparsePart[]; readonly hasMore: boolean } | undefined {
  const { at, entries, more } = layout === 'header' ? HEADER_MAP : BLOCK_MAP
  const parts: SparsePart[] = []
  for (let entry = 0; entry < entries; entry += 1) {
    const start = at + entry * 2 * NUMBER_BYTES
    if (block[start + NUMBER_BYTES] === 0) break
    const part = {
      at: decodeTarNumber(block.subarray(start, start + NUMBER_BYTES)),
      length: decodeTarNumber(block.subarray(start + NUMBER_BYTES, start + 2 * NUMBER_BYTES))
    }
    if (part.at === undefined || part.length === undefined) return undefined
    parts.push({ at: part.at, length: part.length })
  }
  return { parts, hasMore: block[more] !== 0 }
}

/** Reads the size of the file from a header in the old GNU format. */
export function readOldGnuSize(header: Buffer): number | undefined {
  return decodeTarNumber(header.subarray(HEADER_MAP.realSize, HEADER_MAP.realSize + NUMBER_BYTES))
}

/** Returns the sparse format that the pax records use, or `undefined` if the member is not sparse. */
export function sparseFormat(records: PaxRecords): '0.0' | '0.1' | '1.0' | 'unknown' | undefined {
  const major = findPaxValue(records, 'GNU.sparse.major')
  const minor = findPaxValue(records, 'GNU.sparse.minor')
  if (major !== undefined || minor !== undefined) {
    return major === '1' && minor === '0' ? '1.0' : 'unknown'
  }
  if (findPaxValue(records, 'GNU.sparse.map') !== undefined) return '0.1'
  if (findPaxValue(records, 'GNU.sparse.size') !== undefined) return '0.0'
  // The format of star.
  return findPaxValue(records, 'SCHILY.realsize') === undefined ? undefined : 'unknown'
}

/** Reads a map in pax records (formats 0.0 and 0.1). Returns `undefined` if it is malformed. */
export function readPaxMap(records: PaxRecords, format: '0.0' | '0.1'): SparseMap | undefined {
  const size = parsePaxNumber(findPaxValue(records, 'GNU.sparse.size'))
  const numbers =
    format === '0.1'
      ? (findPaxValue(records, 'GNU.sparse.map') ?? '').split(',').filter((item) => item !== '')
      : records
          .filter(([key]) => key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes')
          .map(([, value]) => value)
  const parts = pairs(numbers.map(parsePaxNumber))
  return size === undefined || parts === undefined ? undefined : { size, parts }
}

/**
 * Reads a map at the beginning of the data (format 1.0): the number of parts, then the offset and the length of each
 * part, one number per line. Returns `undefined` if it is malformed or truncated.
 */
export function readDataMap(data: Buffer): { parts: SparsePart[]; bytes: number } | undefined {
  const numbers: (number | undefined)[] = []
  let at = 0
  let count = 1
  while (numbers.length < count) {
    const end = data.indexOf(0x0a, at)
    if (end === -1 || end - at > 20) return undefined
    numbers.push(parsePaxNumber(data.toString('latin1', at, end)))
    if (numbers.length === 1) count = 1 + 2 * (numbers[0] ?? Infinity)
    if (count > data.length) return undefined
    at = end + 1
  }
  const parts = pairs(numbers.slice(1))
  return parts === undefined ? undefined : { parts, bytes: at }
}

/** Returns `true` if the parts are in order, inside the file, and have as many bytes as the archive stores. */
export function isValidMap(map: SparseMap, storedBytes: number): boolean {
  let end = 0
  let sum = 0
  for (const part of map.parts) {
    if (part.at < end) return false
    end = part.at + part.length
    sum += part.length
  }
  return end <= map.size && sum === storedBytes && map.size <= MAX_EXPANDED_BYTES
}

function pairs(numbers: readonly (number | undefined)[]): SparsePart[] | undefined {
  if (numbers.length % 2 !== 0) return undefined
  const parts: SparsePart[] = []
  for (let at = 0; at < numbers.length; at += 2) {
    const [offset, length] = [numbers[at], numbers[at + 1]]
    if (offset === undefined || length === undefined) return undefined
    parts.push({ at: offset, length })
  }
  return parts
}
