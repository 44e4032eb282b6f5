/**
 * Decoding of tar headers, as POSIX.1-2001 (`ustar`, pax) and GNU tar write them
 * (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html,
 * https://www.gnu.org/software/tar/manual/html_node/Standard.html).
 */

/** The unit in which a tar archive is written, in bytes. */
export const BLOCK_BYTES = 512

/** The members of a header that this project reads. */
export interface TarHeader {
  readonly name: string
  /** Bytes stored after the header. */
  readonly size: number
  /** The type flag; `0` for the NUL of old archives. */
  readonly type: string
  readonly linkName: string
  /** `true` where GNU tar's own format is used, in which the end of the header means something else. */
  readonly isGnu: boolean
}

/** Fields of a header: offset and length in bytes. */
const NAME = [0, 100] as const
const SIZE = [124, 12] as const
const CHECKSUM = [148, 8] as const
const TYPE = 156
const LINK_NAME = [157, 100] as const
const MAGIC = [257, 8] as const
const PREFIX = [345, 155] as const

/** The header in this block, or `undefined` where it is none: its checksum does not fit, or its size is no number. */
export function decodeTarHeader(block: Buffer): TarHeader | undefined {
  if (!hasValidChecksum(block)) return undefined
  const size = decodeTarNumber(field(block, SIZE))
  if (size === undefined) return undefined
  const magic = field(block, MAGIC).toString('latin1')
  const isGnu = magic === 'ustar  \0'
  const prefix = magic.startsWith('ustar\0') ? text(field(block, PREFIX)) : ''
  const name = text(field(block, NAME))
  const type = String.fromCharCode(block[TYPE] ?? 0)
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    size,
    type: type === '\0' ? '0' : type,
    linkName: text(field(block, LINK_NAME)),
    isGnu
  }
}

/**
 * A number of a header: octal digits between spaces and NULs, or, with the first bit set, base-256 (GNU,
 * for sizes from 8 GiB). `undefined` where it is neither, negative, or too large to be exact.
 */
export function decodeTarNumber(bytes: Buffer): number | undefined {
  const first = bytes[0] ?? 0
  if ((first & 0x80) !== 0) {
    // A second bit set makes it negative.
    if ((first & 0x40) !== 0) return undefined
    let value = first & 0x3f
    for (const byte of bytes.subarray(1)) value = value * 256 + byte
    return Number.isSafeInteger(value) ? value : undefined
  }
  const digits = bytes.toString('latin1').replace(/\0.*$/s, '').trim()
  if (!/^[0-7]*$/.test(digits)) return undefined
  return digits === '' ? 0 : parseInt(digits, 8)
}

/** `true` for a block of zeros, which ends an archive. */
export function isZeroBlock(block: Buffer): boolean {
  return block.every((byte) => byte === 0)
}

/** The text of a field, up to its first NUL. */
export function text(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end)
}

function hasValidChecksum(block: Buffer): boolean {
  const stored = decodeTarNumber(field(block, CHECKSUM))
  // The checksum itself counts as spaces.
  let unsigned = CHECKSUM[1] * 0x20
  let negative = 0
  for (let at = 0; at < block.length; at += 1) {
    if (at === CHECKSUM[0]) at += CHECKSUM[1]
    const byte = block[at] ?? 0
    unsigned += byte
    if (byte > 127) negative += 1
  }
  const signed = unsigned - negative * 256
  // Old writers summed the bytes as signed ones.
  return stored === unsigned || stored === signed
}

function field(block: Buffer, [at, length]: readonly [number, number]): Buffer {
  return block.subarray(at, at + length)
}
