import { problem } from '../../runner/errors.js'
import type { ActionError } from '../../runner/errors.js'
import type { LocalFile } from '../local-file.js'
import { normalizeName } from './member-name.js'
import { findPaxValue, parsePaxNumber, parsePaxRecords } from './pax-records.js'
import type { PaxRecords } from './pax-records.js'
import { readSparseMember } from './sparse-member.js'
import type { Stored } from './sparse-member.js'
import type { Slice } from './stored-slices.js'
import { BLOCK_BYTES, decodeTarHeader, isZeroBlock, text } from './tar-header.js'
import type { TarHeader } from './tar-header.js'
import { checkFits, endsEarly, padded, startWalk } from './tar-walk.js'
import type { MemberHeader, Walk } from './tar-walk.js'

/** A member of a tar archive. */
export interface TarMember {
  /** As `normalizeName` writes it. */
  readonly name: string
  readonly kind: 'file' | 'hard-link' | 'symbolic-link' | 'directory' | 'other'
  /** In bytes, holes filled. */
  readonly size: number
  readonly slices: readonly Slice[]
  readonly linkName: string
}

/** What a tar archive holds. */
export interface TarIndex {
  /** In the archive's order; those whose name leads out of the archive can never be asked for and are left out. */
  readonly members: readonly TarMember[]
  /** `false` where the blocks of zeros are missing that end an archive, as where it was cut between two members. */
  readonly hasEnd: boolean
}

/** The most members that are indexed: an archive of images has some hundred, that of a root file system many more. */
export const MAX_MEMBERS = 100_000

/** The pax records that matter here. */
const PAX_KEYWORDS = /^(?:path|linkpath|size|GNU\.sparse\..+|SCHILY\.realsize)$/

/** The most extension headers before one member; GNU tar writes at most three. */
const MAX_EXTENSIONS = 16

/** What extension headers say of the member that follows them. */
interface Extensions {
  readonly count: number
  readonly longName?: string
  readonly longLink?: string
  readonly pax: PaxRecords
}

const NO_EXTENSIONS: Extensions = { count: 0, pax: [] }

/**
 * Lists the members of a tar archive by their headers; contents are skipped, never read. Reads POSIX, pax,
 * GNU and old (v7) archives. As with GNU tar, what follows the first block of zeros is not looked at, and
 * an archive without such blocks is taken as it is.
 *
 * @throws ActionError, naming byte and member, where the file ends early or is no tar archive
 */
export async function indexTar(file: LocalFile, signal: AbortSignal): Promise<TarIndex> {
  const members: TarMember[] = []
  const walk = startWalk(file)
  let extensions = NO_EXTENSIONS
  for (let count = 0; ; count += 1) {
    signal.throwIfAborted()
    const block = await walk.readBlock(walk.position)
    if (isZeroBlock(block)) return { members, hasEnd: block.length > 0 }
    const header = getHeader(walk, block)
    if (count >= MAX_MEMBERS) throw tooManyMembers(file)
    const start = walk.position + BLOCK_BYTES
    if (isExtension(header.type)) {
      extensions = await readExtension(walk, header, extensions)
      walk.position = start + padded(header.size)
    } else {
      const member = await readMember(walk, { header, block, extensions })
      if (member !== undefined) members.push(member)
      extensions = NO_EXTENSIONS
    }
  }
}

function getHeader(walk: Walk, block: Buffer): TarHeader {
  if (block.length < BLOCK_BYTES) throw endsEarly(walk, 'inside a header', walk.lastName)
  const header = decodeTarHeader(block)
  if (header !== undefined) return header
  if (walk.position === 0) {
    throw problem({
      what: 'The file is no tar archive',
      value: walk.file.path,
      expected:
        'a tar archive, plain or compressed with gzip or zstd, or the directory of an OCI layout'
    })
  }
  throw problem({
    what: `${walk.file.path} is damaged at byte ${walk.position}, where a tar header should be, after`,
    value: walk.lastName
  })
}

function isExtension(type: string): boolean {
  return type === 'L' || type === 'K' || type === 'x' || type === 'X' || type === 'g'
}

async function readExtension(
  walk: Walk,
  header: TarHeader,
  before: Extensions
): Promise<Extensions> {
  const extensions = { ...before, count: before.count + 1 }
  // Global records are left out, as Go's archive/tar does, which Docker reads with: git puts a comment there.
  checkFits(walk, walk.position + BLOCK_BYTES, header.size, header.name)
  if (header.type === 'g') return extensions
  walk.spend(extensions.count > MAX_EXTENSIONS ? Infinity : header.size)
  const bytes = await walk.file.read(walk.position + BLOCK_BYTES, header.size)
  if (header.type === 'L') return { ...extensions, longName: text(bytes) }
  if (header.type === 'K') return { ...extensions, longLink: text(bytes) }
  const records = parsePaxRecords(bytes)?.filter(([keyword]) => PAX_KEYWORDS.test(keyword))
  if (records !== undefined) return { ...extensions, pax: extensions.pax.concat(records) }
  throw problem({
    what: `${walk.file.path} has a malformed pax header at byte ${walk.position}, after`,
    value: walk.lastName
  })
}

async function readMember(
  walk: Walk,
  given: MemberHeader & { readonly extensions: Extensions }
): Promise<TarMember | undefined> {
  const { header, extensions } = given
  const { pax } = extensions
  const rawName =
    findPaxValue(pax, 'GNU.sparse.name') ??
    findPaxValue(pax, 'path') ??
    extensions.longName ??
    header.name
  const kind = kindOf(header, rawName)
  walk.lastName = rawName
  const storedBytes = hasContent(kind) ? getSize(walk, header, pax) : 0
  const stored = await readStored(walk, given, kind, storedBytes)
  walk.position = stored.end
  const name = normalizeName(rawName)
  if (name === undefined) return undefined
  return {
    name,
    kind: stored.isUnknownSparse ? 'other' : kind,
    size: stored.size,
    slices: stored.slices,
    linkName: findPaxValue(pax, 'linkpath') ?? extensions.longLink ?? header.linkName
  }
}

async function readStored(
  walk: Walk,
  given: MemberHeader,
  kind: TarMember['kind'],
  storedBytes: number
): Promise<Stored & { readonly end: number }> {
  const start = walk.position + BLOCK_BYTES
  if (kind === 'file') {
    const sparse = await readSparseMember(walk, given, storedBytes)
    if (sparse !== undefined) {
      const end = sparse.start + padded(storedBytes)
      checkFits(walk, sparse.start, storedBytes, walk.lastName)
      return { ...sparse, end }
    }
  }
  checkFits(walk, start, storedBytes, walk.lastName)
  return {
    size: storedBytes,
    slices: [{ at: 0, position: start, length: storedBytes }],
    isUnknownSparse: false,
    end: start + padded(storedBytes)
  }
}

function getSize(walk: Walk, header: TarHeader, pax: PaxRecords): number {
  const value = findPaxValue(pax, 'size')
  if (value === undefined) return header.size
  const size = parsePaxNumber(value)
  if (size !== undefined) return size
  throw problem({
    what: `${walk.file.path} gives ${walk.lastName} a size that is no number of bytes`,
    value
  })
}

function kindOf(header: TarHeader, name: string): TarMember['kind'] {
  if (header.type === '1') return 'hard-link'
  if (header.type === '2') return 'symbolic-link'
  // Old archives have no type for directories: only the slash tells.
  if (header.type === '5' || (header.type === '0' && name.endsWith('/'))) return 'directory'
  if (header.type === '0' || header.type === '7') return 'file'
  if (header.type === 'S' && header.isGnu) return 'file'
  return 'other'
}

/** Links and directories may carry a size without having a content, as GNU tar reads them. */
function hasContent(kind: TarMember['kind']): boolean {
  return kind === 'file' || kind === 'other'
}

function tooManyMembers(file: LocalFile): ActionError {
  return problem({
    what: `${file.path} holds too many files to be an image archive`,
    expected: `at most ${MAX_MEMBERS}`,
    fix: 'a root file system ("docker export") is no image; write the archive with "docker save"'
  })
}
