import { problem } from '../../runner/errors.js'
import type { ActionError } from '../../runner/errors.js'
import { findPaxValue, parsePaxNumber } from './pax-records.js'
import {
  isValidMap,
  MAX_EXPANDED_BYTES,
  readDataMap,
  readOldGnuMap,
  readOldGnuSize,
  readPaxMap,
  sparseFormat
} from './sparse-map.js'
import type { SparseMap, SparsePart } from './sparse-map.js'
import type { Slice } from './stored-slices.js'
import { BLOCK_BYTES } from './tar-header.js'
import type { MemberHeader, Walk } from './tar-walk.js'

/** The content of a member. */
export interface MemberContent {
  /** In bytes, including the zeros of a sparse file. */
  readonly size: number
  readonly slices: readonly Slice[]
  /** `true` for an unknown sparse format, in which the stored bytes are not the content. */
  readonly isUnknownSparse: boolean
}

/** The maximum size of a map at the beginning of the data, in bytes. */
const MAX_DATA_MAP_BYTES = 4 * 1024 ** 2

/** The approximate memory of a part in bytes. It counts towards the maximum size of extension headers. */
const PART_COST_BYTES = 64

/**
 * Reads the map of a sparse member in one of the four formats of GNU tar. Returns `undefined` if the member is not
 * sparse. `start` is the position of the stored bytes.
 *
 * @throws ActionError if the map is malformed or does not match the stored bytes
 */
export async function readSparseMember(
  walk: Walk,
  given: MemberHeader,
  storedBytes: number
): Promise<(MemberContent & { readonly start: number }) | undefined> {
  const start = walk.position + BLOCK_BYTES
  if (given.header.type === 'S') return readOldGnu(walk, given.block, storedBytes)
  const { pax } = given.extensions
  const format = sparseFormat(pax)
  if (format === undefined) return undefined
  if (format === 'unknown') return { size: 0, slices: [], isUnknownSparse: true, start }
  if (format === '1.0') return readInData(walk, given, storedBytes)
  const map = readPaxMap(pax, format)
  if (map === undefined) throw malformed(walk)
  return { ...toContent(walk, map, { position: start, storedBytes }), start }
}

async function readOldGnu(
  walk: Walk,
  header: Buffer,
  storedBytes: number
): Promise<MemberContent & { readonly start: number }> {
  const size = readOldGnuSize(header)
  const first = readOldGnuMap(header, 'header')
  if (size === undefined || first === undefined) throw malformed(walk)
  const parts: SparsePart[] = [...first.parts]
  let position = walk.position + BLOCK_BYTES
  for (let hasMore = first.hasMore; hasMore; position += BLOCK_BYTES) {
    walk.spend(BLOCK_BYTES)
    const block = await walk.readBlock(position)
    const more = block.length < BLOCK_BYTES ? undefined : readOldGnuMap(block, 'block')
    if (more === undefined) throw malformed(walk)
    parts.push(...more.parts)
    hasMore = more.hasMore
  }
  return { ...toContent(walk, { size, parts }, { position, storedBytes }), start: position }
}

async function readInData(
  walk: Walk,
  given: MemberHeader,
  storedBytes: number
): Promise<MemberContent & { readonly start: number }> {
  const start = walk.position + BLOCK_BYTES
  const size = parsePaxNumber(findPaxValue(given.extensions.pax, 'GNU.sparse.realsize'))
  const data = await walk.file.read(start, Math.min(storedBytes, MAX_DATA_MAP_BYTES))
  const map = readDataMap(data)
  if (size === undefined || map === undefined) throw malformed(walk)
  walk.spend(map.bytes)
  const mapBytes = Math.ceil(map.bytes / BLOCK_BYTES) * BLOCK_BYTES
  const stored = { position: start + mapBytes, storedBytes: storedBytes - mapBytes }
  return { ...toContent(walk, { size, parts: map.parts }, stored), start }
}

/** Assigns the stored bytes to the parts of the map. */
function toContent(
  walk: Walk,
  map: SparseMap,
  stored: { readonly position: number; readonly storedBytes: number }
): MemberContent {
  if (!isValidMap(map, stored.storedBytes)) throw malformed(walk)
  walk.spend(Math.min(map.parts.length * PART_COST_BYTES, MAX_DATA_MAP_BYTES))
  walk.sparseBytes += map.size - stored.storedBytes
  if (walk.sparseBytes > MAX_EXPANDED_BYTES) throw malformed(walk)
  let { position } = stored
  const slices = map.parts
    .filter((part) => part.length > 0)
    .map((part) => {
      const slice = { at: part.at, position, length: part.length }
      position += part.length
      return slice
    })
  return { size: map.size, slices, isUnknownSparse: false }
}

function malformed(walk: Walk): ActionError {
  return problem({
    what: `${walk.file.path} has a sparse member with an invalid map at byte ${walk.position}`,
    value: walk.lastName,
    fix: 'Create the archive without sparse members (tar without the option -S).'
  })
}
