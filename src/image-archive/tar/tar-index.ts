import { problem } from '../../runner/errors.js'
import type { ActionError } from '../../runner/errors.js'
import { describeFile } from '../describe-file.js'
import type { LocalFile } from '../local-file.js'
import { normalizeName } from './member-name.js'
import { findPaxValue, parsePaxNumber, parsePaxRecords } from './pax-records.js'
import type { PaxRecords } from './pax-records.js'
import { readSparseMember } from './sparse-member.js'
import type { MemberContent } from './sparse-member.js'
import type { Slice } from './stored-slices.js'
import { BLOCK_BYTES, decodeTarHeader, isZeroBlock, text } from './tar-header.js'
import type { TarHeader } from './tar-header.js'
import { checkFits, padded, startWalk, truncatedProblem } from './tar-walk.js'
import type { MemberHeader, Walk } from './tar-walk.js'

/** A member of a tar archive. */
export interface TarMember {
  /** The normalized name. */
  readonly name: string
  readonly kind: 'file' | 'hard-link' | 'symbolic-link' | 'directory' | 'other'
  /** In bytes, including the zeros of a sparse file. */
  readonly size: number
  readonly slices: readonly Slice[]
  readonly linkName: string
}

/** The members of a tar archive. */
export interface TarIndex {
  /** The members in order, without those whose name points outside the archive. */
  readonly members: readonly TarMember[]
  /** `false` if the archive does not end with a block of zeros, because it was truncated between two members. */
  readonly hasEnd: boolean
}

/** The maximum number of members. An image archive has a few hundred, a root file system has many more. */
export const MAX_MEMBERS = 100_000

/** The pax records that this project uses. */
const PAX_KEYWORDS = /^(?:path|linkpath|size|GNU\.sparse\..+|SCHILY\.realsize)$/

/** The maximum number of extension headers per member. GNU tar writes at most three. */
const MAX_EXTENSIONS = 16

/** The extension headers of the next member. */
interface Extensions {
  readonly count: number
  readonly longName?: string
  readonly longLink?: string
  readonly pax: PaxRecords
}

const NO_EXTENSIONS: Extensions = { count: 0, pax: [] }

/**
 * Lists the members of a tar archive without reading their contents. Supports POSIX, pax, GNU and old (v7) archives.
 * As in GNU tar, the archive ends at the first block of zeros or at the end of the file.
 *
 * @throws ActionError if the file is truncated or is not a tar archive
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
  const header = block.length < BLOCK_BYTES ? undefined : decodeTarHeader(block)
  if (header !== undefined) return header
  if (walk.position === 0) {
    throw problem({
      what: 'The file is not a tar archive',
      value: walk.file.path,
      expected:
        'Use a tar archive (uncompressed, gzip or zstd) or the directory of an OCI image layout.',
      ...describeFile(block)
    })
  }
  if (block.length < BLOCK_BYTES) {
    throw truncatedProblem(walk, 'in a header after the member', walk.lastName)
  }
  throw problem({
    what: `${walk.file.path} is damaged: the tar header at byte ${walk.position} is invalid after the member`,
    value: walk.lastName,
    fix: 'Create or download the archive again.'
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
  // Global records are ignored, as Docker does with Go's archive/tar. git writes a comment there.
  checkFits(walk, walk.position + BLOCK_BYTES, header.size, header.name)
  if (header.type === 'g') return extensions
  walk.spend(extensions.count > MAX_EXTENSIONS ? Infinity : header.size)
  const bytes = await walk.file.read(walk.position + BLOCK_BYTES, header.size)
  if (header.type === 'L') return { ...extensions, longName: text(bytes) }
  if (header.type === 'K') return { ...extensions, longLink: text(bytes) }
  const records = parsePaxRecords(bytes)?.filter(([keyword]) => PAX_KEYWORDS.test(keyword))
  if (records !== undefined) return { ...extensions, pax: extensions.pax.concat(records) }
  throw problem({
    what: `${walk.file.path} has a malformed pax header at byte ${walk.position} after the member`,
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
): Promise<MemberContent & { readonly end: number }> {
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
    what: `The size of the member ${walk.lastName} in ${walk.file.path} is invalid`,
    value,
    expected: 'The size must be a decimal number of bytes.'
  })
}

function kindOf(header: TarHeader, name: string): TarMember['kind'] {
  if (header.type === '1') return 'hard-link'
  if (header.type === '2') return 'symbolic-link'
  // In old archives, only the trailing slash marks a directory.
  if (header.type === '5' || (header.type === '0' && name.endsWith('/'))) return 'directory'
  if (header.type === '0' || header.type === '7') return 'file'
  if (header.type === 'S' && header.isGnu) return 'file'
  return 'other'
}

/** As in GNU tar, links and directories never have a content, even if their size is not 0. */
function hasContent(kind: TarMember['kind']): boolean {
  return kind === 'file' || kind === 'other'
}

function tooManyMembers(file: LocalFile): ActionError {
  return problem({
    what: 'The archive contains too many files for an image archive',
    value: file.path,
    expected: `The maximum is ${MAX_MEMBERS} files.`,
    fix: 'If it is a root file system ("docker export"), use "docker save" instead.'
  })
}
