import { findLogoFault } from '../../src/sync-catalog/read-logo.js'
import { makePng } from '../helpers/make-workspace.js'

/** Returns a JPEG image of 100 × 100 pixels. Its first segment contains a thumbnail with its own start, scan and end. */
function makeJpeg(): Buffer {
  const hex =
    'ffd8' +
    'ffe10008ffd8ffdaffd9' +
    'ffc0000b080064006401011100' +
    'ffda0008010100003f00' +
    'aabbff00cc' +
    'ffd9'
  return Buffer.from(hex, 'hex')
}

describe('findLogoFault', () => {
  it.each([60, 2048])('accepts a side of %d pixels', (side) => {
    expect(findLogoFault(makePng(side, 60))).toBeUndefined()
  })

  it('accepts GIF and JPEG', () => {
    const gif = Buffer.from('474946383961640064008000000000000000002c00000000640064000002', 'hex')
    const jpeg = Buffer.from(
      'ffd8ffe000104a46494600010100000100010000ffc0000b080064006401011100ffd9',
      'hex'
    )
    expect([findLogoFault(gif), findLogoFault(jpeg)]).toEqual([undefined, undefined])
  })

  it.each([
    ['PNG', makePng(100, 100)],
    ['JPEG', makeJpeg()]
  ])('rejects a %s image without an end, wherever it is cut', (type, bytes) => {
    expect(findLogoFault(bytes)).toBeUndefined()
    expect(findLogoFault(Buffer.concat([bytes, Buffer.from('after the end')]))).toBeUndefined()
    for (let length = bytes.length - 1; length > 32; length--) {
      const reason = findLogoFault(bytes.subarray(0, length))?.reason
      expect(reason).toMatch(new RegExp(`It is a (broken )?${type} image`))
    }
  })

  it.each([
    [makePng(59, 100), /59 × 100/],
    [makePng(60, 2049), /60 × 2049/],
    [Buffer.alloc(0), /empty/],
    [Buffer.from('RIFF\0\0\0\0WEBPVP8 '), /WebP/],
    [Buffer.from('ffd8ff', 'hex'), /broken JPEG/],
    [
      Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 3\n'),
      /Git LFS pointer/
    ]
  ])('rejects a file that is not a logo', (bytes, reason) => {
    expect(findLogoFault(bytes)?.reason).toMatch(reason)
  })
})
