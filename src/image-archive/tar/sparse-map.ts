import { findPaxValue, parsePaxNumber } from './pax-records.js'
import type { PaxRecords } from './pax-records.js'
import { decodeTarNumber } from './tar-header.js'

/**
 * Sparse members: files with holes, of which the archive stores only the parts with data and a map of
 * them (https://www.gnu.org/software/tar/manual/html_node/Sparse-Formats.html).
 */

/** A part with data: where it lies in the whole file, in bytes. */
export interface SparsePart {
  readonly at: number
  readonly length: number
}

/** What a sparse member is when its holes are filled. */
export interface SparseMap {
  /** Size of the whole file in bytes. */
  readonly size: number
  readonly parts: readonly SparsePart[]
}

/** The most bytes that the holes of an archive may stand for; ten times what a layer may have. */
export const MAX_EXPANDED_BYTES = 100 * 1024 ** 3

/** Entries of an old GNU map: four in the header, then 21 in each block that follows it. */
const HEADER_MAP = { at: 386, entries: 4, more: 482, realSize: 483 } as const
const BLOCK_MAP = { at: 0, entries: 21, more: 504 } as const
const NUMBER_BYTES = 12

/** The parts that one block of an old GNU map lists, and whether another block follows. */
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

/** The size of the whole file in the header of an old GNU sparse member. */
export function readOldGnuSize(header: Buffer): number | undefined {
  return decodeTarNumber(header.subarray(HEADER_MAP.realSize, HEADER_MAP.realSize + NUMBER_BYTES))
}

/** Which of GNU's pax forms the records describe, if any. */
export function sparseFormat(records: PaxRecords): '0.0' | '0.1' | '1.0' | 'unknown' | undefined {
  const major = findPaxValue(records, 'GNU.sparse.major')
  const minor = findPaxValue(records, 'GNU.sparse.minor')
  if (major !== undefined || minor !== undefined) {
    return major === '1' && minor === '0' ? '1.0' : 'unknown'
  }
  if (findPaxValue(records, 'GNU.sparse.map') !== undefined) return '0.1'
  if (findPaxValue(records, 'GNU.sparse.size') !== undefined) return '0.0'
  // star's own form.
  return findPaxValue(records, 'SCHILY.realsize') === undefined ? undefined : 'unknown'
}

/** The map in the records themselves (formats 0.0 and 0.1); `undefined` where it is malformed. */
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
 * The map at the begin of the data (format 1.0): the number of parts, then offset and length of each, each
 * number on a line of its own. `undefined` where it is malformed or not whole.
 */
export function readDataMap(data: Buffer): { parts: SparsePart[]; bytes: number } | undefined {
  const numbers: (number | undefined)[] = []
  let at = 0
  let wanted = 1
  while (numbers.length < wanted) {
    const end = data.indexOf(0x0a, at)
    if (end === -1 || end - at > 20) return undefined
    numbers.push(parsePaxNumber(data.toString('latin1', at, end)))
    if (numbers.length === 1) wanted = 1 + 2 * (numbers[0] ?? Infinity)
    if (wanted > data.length) return undefined
    at = end + 1
  }
  const parts = pairs(numbers.slice(1))
  return parts === undefined ? undefined : { parts, bytes: at }
}

/** `true` for a map whose parts are in order, within the file, and as many bytes as are stored. */
export function isSoundMap(map: SparseMap, storedBytes: number): boolean {
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
