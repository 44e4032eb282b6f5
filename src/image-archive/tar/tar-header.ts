/** The size of a block of a tar archive in bytes. */
export const BLOCK_BYTES = 512

/**
 * The fields of a tar header that this project uses, in POSIX.1-2001 (`ustar`, pax) and GNU archives
 * (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html,
 * https://www.gnu.org/software/tar/manual/html_node/Standard.html).
 */
export interface TarHeader {
  readonly name: string
  /** The number of bytes stored after the header. */
  readonly size: number
  /** The type flag. The NUL of old archives is returned as `0`. */
  readonly type: string
  readonly linkName: string
  /** `true` for the format of GNU tar, which uses the end of the header differently. */
  readonly isGnu: boolean
}

/** The fields of a header: offset and length in bytes. */
const NAME = [0, 100] as const
const SIZE = [124, 12] as const
const CHECKSUM = [148, 8] as const
const TYPE = 156
const LINK_NAME = [157, 100] as const
const MAGIC = [257, 8] as const
const PREFIX = [345, 155] as const

/** Decodes a header. Returns `undefined` if the checksum or the size is invalid. */
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
 * Decodes a number of a header: octal digits between spaces and NULs, or base-256 if the first bit is set (GNU, for
 * sizes of 8 GiB and more). Returns `undefined` if it is invalid, negative or not a safe integer.
 */
export function decodeTarNumber(bytes: Buffer): number | undefined {
  const first = bytes[0] ?? 0
  if ((first & 0x80) !== 0) {
    // The second bit is the sign.
    if ((first & 0x40) !== 0) return undefined
    let value = first & 0x3f
    for (const byte of bytes.subarray(1)) value = value * 256 + byte
    return Number.isSafeInteger(value) ? value : undefined
  }
  const digits = bytes.toString('latin1').replace(/\0.*$/s, '').trim()
  if (!/^[0-7]*$/.test(digits)) return undefined
  return digits === '' ? 0 : parseInt(digits, 8)
}

/** Returns `true` for a block of zeros, which marks the end of an archive. */
export function isZeroBlock(block: Buffer): boolean {
  return block.every((byte) => byte === 0)
}

/**
 * Returns `true` for the first block of a tar archive. An empty archive consists of zeros, or does not have any bytes.
 *
 * @param start the first 512 bytes, or all bytes if there are fewer
 */
export function isTarStart(start: Buffer): boolean {
  if (isZeroBlock(start)) return true
  return (
    start.length >= BLOCK_BYTES && decodeTarHeader(start.subarray(0, BLOCK_BYTES)) !== undefined
  )
}

/** Returns the text of a field up to the first NUL. */
export function text(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end)
}

function hasValidChecksum(block: Buffer): boolean {
  const stored = decodeTarNumber(field(block, CHECKSUM))
  // The bytes of the checksum count as spaces.
  let unsigned = CHECKSUM[1] * 0x20
  let negative = 0
  for (let at = 0; at < block.length; at += 1) {
    if (at === CHECKSUM[0]) at += CHECKSUM[1]
    const byte = block[at] ?? 0
    unsigned += byte
    if (byte > 127) negative += 1
  }
  const signed = unsigned - negative * 256
  // Some old programs add up signed bytes.
  return stored === unsigned || stored === signed
}

function field(block: Buffer, [at, length]: readonly [number, number]): Buffer {
  return block.subarray(at, at + length)
}
