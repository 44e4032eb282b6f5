import { findLogoFault } from '../../src/sync-catalog/read-logo.js'
import { makePng } from '../helpers/make-workspace.js'

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
    [makePng(59, 100), /59 × 100/],
    [makePng(60, 2049), /60 × 2049/],
    [Buffer.alloc(0), /empty/],
    [Buffer.from('RIFF\0\0\0\0WEBPVP8 '), /WebP/],
    [Buffer.from('ffd8ff', 'hex'), /broken JPEG/]
  ])('rejects a file that is not a logo', (bytes, reason) => {
    expect(findLogoFault(bytes)?.reason).toMatch(reason)
  })
})
