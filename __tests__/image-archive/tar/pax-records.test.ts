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

test('records are read back as they were written, line feeds and repeated keywords too', () => {
  fc.assert(
    fc.property(fc.array(record), (records) => {
      expect(parsePaxRecords(paxRecords(records))).toEqual(records)
    })
  )
})

test('records that are cut are malformed', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1 }), fc.nat(), (records, cut) => {
      const bytes = paxRecords(records)
      const length = bytes.length - 1 - (cut % (paxRecords(records.slice(-1)).length - 1))
      expect(parsePaxRecords(bytes.subarray(0, length))).toBeUndefined()
    })
  )
})

test('any bytes are records or malformed', () => {
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
])('%j is malformed', (bytes) => {
  expect(parsePaxRecords(Buffer.from(bytes))).toBeUndefined()
})

test('NULs after the records are padding', () => {
  expect(parsePaxRecords(Buffer.from('6 a=b\n\0\0\0'))).toEqual([['a', 'b']])
})

test('the last of several values counts', () => {
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
])('%j is the number %p', (value, number) => {
  expect(parsePaxNumber(value)).toBe(number)
})
