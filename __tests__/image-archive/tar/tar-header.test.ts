import fc from 'fast-check'
import {
  decodeTarHeader,
  decodeTarNumber,
  isZeroBlock
} from '../../../src/image-archive/tar/tar-header.js'
import { base256, tarHeader, writeChecksum } from '../../helpers/tar-writer.js'

test('decodes name, size, type and link name', () => {
  const header = tarHeader({ name: 'a/b', size: 1234, type: '2', linkName: '../c' })
  expect(decodeTarHeader(header)).toEqual({
    name: 'a/b',
    size: 1234,
    type: '2',
    linkName: '../c',
    isGnu: false
  })
})

test('adds the prefix field to the name in POSIX format, but not in GNU format', () => {
  const long = `${'p/'.repeat(60)}name`
  expect(decodeTarHeader(tarHeader({ name: long }))?.name).toBe(long)
  const gnu = tarHeader({ name: 'name', patch: (block) => block.write('00000000000', 345) }, 'gnu')
  expect(decodeTarHeader(gnu)).toMatchObject({ name: 'name', isGnu: true })
})

test('decodes the NUL type of old archives as a file', () => {
  const header = tarHeader({ name: 'old', type: '\0' }, 'v7')
  expect(decodeTarHeader(header)).toMatchObject({ name: 'old', type: '0' })
})

test('accepts a checksum of signed bytes', () => {
  const header = tarHeader({ name: 'ä' })
  let sum = 0
  header.fill(0x20, 148, 156)
  for (const byte of header) sum += byte > 127 ? byte - 256 : byte
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  expect(decodeTarHeader(header)?.name).toBe('ä')
})

test('rejects a header with a changed byte', () => {
  fc.assert(
    fc.property(fc.nat({ max: 511 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const header = tarHeader({ name: 'name', size: 7 })
      header[at] = header[at]! ^ change
      const decoded = decodeTarHeader(header)
      // The checksum field can contain another spelling of the same number.
      if (at < 148 || at >= 156) expect(decoded).toBeUndefined()
    })
  )
})

test.each([
  ['00000001750\0', 1000],
  ['       1750 ', 1000],
  ['1750\0garbage', 1000],
  ['\0\0\0\0', 0],
  ['777777777777', 0o777777777777]
])('decodes %j as %d', (text, value) => {
  expect(decodeTarNumber(Buffer.from(text, 'latin1'))).toBe(value)
})

test.each(['9', '12a', '-1', '1 2', '0x1'])('returns undefined for %j', (text) => {
  expect(decodeTarNumber(Buffer.from(text))).toBeUndefined()
})

test('decodes base-256 numbers up to the largest safe integer', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 80n) - 1n }), (value) => {
      const expected = value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined
      expect(decodeTarNumber(base256(value))).toBe(expected)
    })
  )
  expect(decodeTarNumber(Buffer.alloc(12, 0xff))).toBeUndefined()
})

test('rejects a header with an invalid size', () => {
  const header = tarHeader({ name: 'a' })
  header.write('zz', 124, 'latin1')
  writeChecksum(header)
  expect(decodeTarHeader(header)).toBeUndefined()
})

test('recognizes only zeros as a block of zeros', () => {
  expect(isZeroBlock(Buffer.alloc(512))).toBe(true)
  expect(isZeroBlock(Buffer.alloc(512, Buffer.concat([Buffer.alloc(511), Buffer.of(1)])))).toBe(
    false
  )
})
