import fc from 'fast-check'
import {
  findPaxValue,
  parsePaxNumber,
  parsePaxRecords
} from '../../../src/image-archive/tar/pax-records.js'
import { paxRecords } from '../../helpers/tar-writer.js'

const text = fc.string({ unit: 'grapheme' })
const record = fc.tuple(
  text.filter((keyword) => !keyword.includes('=')),
  text
)

test('reads written records, with line feeds and repeated keywords', () => {
  fc.assert(
    fc.property(fc.array(record), (records) => {
      expect(parsePaxRecords(paxRecords(records))).toEqual(records)
    })
  )
})

test('returns undefined for truncated records', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1 }), fc.nat(), (records, cut) => {
      const bytes = paxRecords(records)
      const length = bytes.length - 1 - (cut % (paxRecords(records.slice(-1)).length - 1))
      expect(parsePaxRecords(bytes.subarray(0, length))).toBeUndefined()
    })
  )
})

test('never throws for any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const records = parsePaxRecords(Buffer.from(bytes))
      expect(records === undefined || Array.isArray(records)).toBe(true)
    })
  )
})

test.each([
  '5 a=\n9',
  '0 a=\n',
  '6 a=b\nx',
  'x a=b\n',
  ' 5 a=b\n',
  '-6 a=b\n',
  '5 abc\n',
  '99 a=b\n'
])('returns undefined for %j', (bytes) => {
  expect(parsePaxRecords(Buffer.from(bytes))).toBeUndefined()
})

test('ignores NULs after the records', () => {
  expect(parsePaxRecords(Buffer.from('6 a=b\n\0\0\0'))).toEqual([['a', 'b']])
})

test('returns the last value of a keyword', () => {
  const records = [
    ['path', 'a'],
    ['path', 'b']
  ] as const
  expect(findPaxValue(records, 'path')).toBe('b')
  expect(findPaxValue(records, 'size')).toBeUndefined()
})

test.each([
  ['0', 0],
  ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ['9007199254740992', undefined],
  ['-1', undefined],
  ['1e3', undefined],
  ['', undefined],
  [undefined, undefined]
])('reads %j as the number %p', (value, number) => {
  expect(parsePaxNumber(value)).toBe(number)
})
