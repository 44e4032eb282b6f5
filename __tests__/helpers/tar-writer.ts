import { open } from 'node:fs/promises'

/** A member of a tar archive to write. It can be malformed. */
export interface TarMember {
  readonly name: string
  readonly body?: Uint8Array | undefined
  /** The POSIX type flag. Defaults to `0` (a file). */
  readonly type?: string
  readonly linkName?: string
  /** The size in the header. Defaults to the length of the body. */
  readonly size?: number
  /** The bytes of the size field, instead of `size`. */
  readonly rawSize?: Buffer
  /** `ustar` (POSIX), `gnu`, or `v7` (no magic). */
  readonly format?: 'ustar' | 'gnu' | 'v7'
  /** The records of a pax header before the member, in order. Keys can repeat. */
  readonly pax?: readonly (readonly [string, string])[]
  /** The records of a global pax header before the member. */
  readonly globalPax?: readonly (readonly [string, string])[]
  /** Writes the name in a GNU `L` member, and only its first 100 bytes in the header. */
  readonly gnuLongName?: boolean
  /** Writes the link name in a GNU `K` member. */
  readonly gnuLongLink?: boolean
  /** Changes the header before its checksum is written. */
  readonly patch?: (header: Buffer) => void
  /** Blocks between the header and the body (old GNU sparse extensions). */
  readonly extension?: Buffer
  /** Writes a wrong checksum. */
  readonly badChecksum?: boolean
}

const BLOCK = 512

/** Returns the bytes of a member with its extension headers, padded to whole blocks. */
export function tarMember(member: TarMember): Buffer {
  const parts: Buffer[] = []
  const format = member.format ?? 'ustar'
  if (member.globalPax !== undefined) parts.push(paxMember('g', member.globalPax))
  if (member.pax !== undefined) parts.push(paxMember('x', member.pax))
  if (member.gnuLongName === true) parts.push(gnuMember('L', member.name))
  if (member.gnuLongLink === true) parts.push(gnuMember('K', member.linkName ?? ''))
  parts.push(tarHeader(member, format))
  if (member.extension !== undefined) parts.push(member.extension)
  if (member.body !== undefined) parts.push(padded(member.body))
  return Buffer.concat(parts)
}

/** Returns the header block of a member. */
export function tarHeader(member: TarMember, format: 'ustar' | 'gnu' | 'v7' = 'ustar'): Buffer {
  const header = Buffer.alloc(BLOCK)
  const [prefix, name] = splitName(Buffer.from(member.name), format, member.gnuLongName === true)
  name.copy(header, 0)
  octal(header, 100, 8, 0o644)
  octal(header, 108, 8, 0)
  octal(header, 116, 8, 0)
  if (member.rawSize !== undefined) member.rawSize.copy(header, 124, 0, 12)
  else sizeField(header, member.size ?? member.body?.length ?? 0)
  octal(header, 136, 12, 0)
  header.write(member.type ?? '0', 156, 1, 'latin1')
  Buffer.from(member.linkName ?? '').copy(header, 157, 0, 100)
  if (format === 'ustar') {
    header.write('ustar\u000000', 257, 'latin1')
    prefix.copy(header, 345)
  }
  if (format === 'gnu') header.write('ustar  \u0000', 257, 'latin1')
  member.patch?.(header)
  writeChecksum(header)
  if (member.badChecksum === true) header[0] = (header[0] ?? 0) ^ 0xff
  return header
}

/** Writes the checksum of a header. */
export function writeChecksum(header: Buffer): void {
  header.fill(0x20, 148, 156)
  let sum = 0
  for (const byte of header) sum += byte
  header.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148, 'latin1')
}

/** Encodes a size in the base-256 format of GNU tar. */
export function base256(size: bigint): Buffer {
  const field = Buffer.alloc(12)
  let rest = size
  for (let at = 11; at > 0; at -= 1) {
    field[at] = Number(rest & 0xffn)
    rest >>= 8n
  }
  field[0] = 0x80
  return field
}

/** Encodes pax records. */
export function paxRecords(records: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(
    records.map(([key, value]) => {
      const rest = Buffer.from(` ${key}=${value}\n`)
      let length = rest.length + 1
      while (String(length).length + rest.length !== length) length += 1
      return Buffer.concat([Buffer.from(String(length)), rest])
    })
  )
}

/** Returns an archive. `end: false` omits the two blocks of zeros at the end. */
export function tarArchive(
  members: readonly TarMember[],
  options: { readonly end?: boolean } = {}
): Buffer {
  const end = options.end === false ? Buffer.alloc(0) : Buffer.alloc(2 * BLOCK)
  return Buffer.concat([...members.map(tarMember), end])
}

/** Returns an archive of regular files, such as a layer. */
export function tarOfFiles(files: Readonly<Record<string, string | Uint8Array>>): Buffer {
  return tarArchive(
    Object.entries(files).map(([name, content]) => ({ name, body: Buffer.from(content) }))
  )
}

/** Writes an archive member by member, so that it can be larger than the memory. */
export async function writeTar(path: string, members: Iterable<TarMember>): Promise<void> {
  const file = await open(path, 'w')
  try {
    for (const member of members) await file.write(tarMember(member))
    await file.write(Buffer.alloc(2 * BLOCK))
  } finally {
    await file.close()
  }
}

function paxMember(type: 'x' | 'g', records: readonly (readonly [string, string])[]): Buffer {
  return tarMember({ name: `PaxHeaders/${type}`, type, body: paxRecords(records) })
}

function gnuMember(type: 'L' | 'K', text: string): Buffer {
  const body = Buffer.from(`${text}\u0000`)
  return tarMember({ name: '././@LongLink', type, body, format: 'gnu' })
}

function splitName(
  name: Buffer,
  format: 'ustar' | 'gnu' | 'v7',
  isCut: boolean
): [prefix: Buffer, name: Buffer] {
  if (name.length <= 100) return [Buffer.alloc(0), name]
  if (isCut || format !== 'ustar') return [Buffer.alloc(0), name.subarray(0, 100)]
  for (let at = Math.min(155, name.length); at > 0; at -= 1) {
    if (name[at] === 0x2f && name.length - at - 1 <= 100) {
      return [name.subarray(0, at), name.subarray(at + 1)]
    }
  }
  return [Buffer.alloc(0), name.subarray(0, 100)]
}

function sizeField(header: Buffer, size: number): void {
  if (size < 0o100000000000) octal(header, 124, 12, size)
  else base256(BigInt(size)).copy(header, 124)
}

function octal(header: Buffer, at: number, length: number, value: number): void {
  header.write(`${value.toString(8).padStart(length - 1, '0')}\u0000`, at, 'latin1')
}

function padded(body: Uint8Array): Buffer {
  const rest = (BLOCK - (body.length % BLOCK)) % BLOCK
  return Buffer.concat([body, Buffer.alloc(rest)])
}
