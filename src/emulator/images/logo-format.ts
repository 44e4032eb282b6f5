/** The format of a logo, detected from its first bytes. */
export interface LogoFormat {
  readonly mediaType: string
  readonly extension: string
  /** In pixels. */
  readonly width: number
  readonly height: number
}

const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')
const PNG_HEADER_BYTES = 24
const GIF_HEADER_BYTES = 10
const JPEG_START = 0xffd8
/**
 * JPEG start-of-frame markers are C0 to CF except these, which are tables (ITU T.81, table B.1).
 */
const JPEG_TABLES: readonly number[] = [0xc4, 0xc8, 0xcc]

/** Returns the format and size of a PNG, JPEG or GIF image, or `undefined` for other data. */
export function findLogoFormat(bytes: Buffer): LogoFormat | undefined {
  if (bytes.subarray(0, 8).equals(PNG_SIGNATURE) && bytes.length >= PNG_HEADER_BYTES) {
    const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)]
    return { mediaType: 'image/png', extension: 'png', width, height }
  }
  if (/^GIF8[79]a/.test(bytes.toString('latin1', 0, 6)) && bytes.length >= GIF_HEADER_BYTES) {
    const [width, height] = [bytes.readUInt16LE(6), bytes.readUInt16LE(8)]
    return { mediaType: 'image/gif', extension: 'gif', width, height }
  }
  return bytes.length > 2 && bytes.readUInt16BE(0) === JPEG_START ? findJpegSize(bytes) : undefined
}

function findJpegSize(bytes: Buffer): LogoFormat | undefined {
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff;) {
    const marker = bytes.readUInt8(at + 1)
    if (marker >= 0xc0 && marker <= 0xcf && !JPEG_TABLES.includes(marker)) {
      const [height, width] = [bytes.readUInt16BE(at + 5), bytes.readUInt16BE(at + 7)]
      return { mediaType: 'image/jpeg', extension: 'jpg', width, height }
    }
    at += 2 + bytes.readUInt16BE(at + 2)
  }
  return undefined
}
