/**
 * Returns `false` if a PNG or JPEG image lacks its end, usually because a download was interrupted. Viewers also show GIF
 * images without an end.
 */
export function hasImageEnd(type: string, bytes: Uint8Array): boolean {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (type === 'PNG') return hasPngEnd(data)
  return type !== 'JPEG' || hasJpegEnd(data)
}

/** Follows the chunks of a PNG image (https://www.w3.org/TR/png-3/#5DataRep). */
function hasPngEnd(data: Buffer): boolean {
  for (let at = 8; at + 12 <= data.length; at += 12 + data.readUInt32BE(at)) {
    if (data.toString('latin1', at + 4, at + 8) === 'IEND') return true
  }
  return false
}

/** Follows the segments of a JPEG image (ITU-T T.81, annex B). Segments before the scan can contain a whole thumbnail. */
function hasJpegEnd(data: Buffer): boolean {
  for (let at = 2; at + 2 <= data.length;) {
    const marker = data.readUInt16BE(at)
    if (marker === 0xffd9) return true
    // The data of a scan does not contain this marker.
    if (marker === 0xffda) return data.includes(Buffer.from([0xff, 0xd9]), at)
    if (marker === 0xffff) at += 1
    else if (marker < 0xff01 || at + 4 > data.length) return false
    else at += 2 + data.readUInt16BE(at + 2)
  }
  return false
}
