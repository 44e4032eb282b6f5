import fc from 'fast-check'
import { parseTime } from '../../src/emulator/parse-time.js'

test.each([
  ['2026-12-24T00:00:00Z', '2026-12-24T00:00:00.000Z'],
  ['2026-12-24T10:30Z', '2026-12-24T10:30:00.000Z'],
  ['2026-12-24T00:00:00.1Z', '2026-12-24T00:00:00.100Z'],
  ['2026-12-24T00:00:00.123456789Z', '2026-12-24T00:00:00.123Z'],
  ['2026-12-24T00:00:00+01:30', '2026-12-23T22:30:00.000Z'],
  ['2024-02-29T23:59:59-08:00', '2024-03-01T07:59:59.000Z']
])('parses %s', (text, expected) => {
  expect(parseTime(text)?.toISOString()).toBe(expected)
})

test.each([
  'foo 1',
  '1',
  '',
  '2026-02-30T00:00:00Z',
  '2026-02-29T00:00:00Z',
  '2026-00-01T00:00:00Z',
  '2026-01-01',
  '2026-01-01T00:00:00',
  '2026-01-01 00:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01T00:60:00Z',
  '2026-01-01T00:00:60Z',
  '2026-01-01T00:00:00+24:00',
  '2026-01-01T00:00:00z',
  ' 2026-01-01T00:00:00Z',
  '2026-01-01T00:00:00Z\n',
  '+002026-01-01T00:00:00Z',
  0,
  null,
  undefined,
  new Date(0)
])('rejects %j', (value) => {
  expect(parseTime(value)).toBeUndefined()
})

test('parses every time from year 0 to 9999 as it was written', () => {
  const [min, max] = [new Date('0000-01-01T00:00:00Z'), new Date('9999-12-31T23:59:59.999Z')]
  fc.assert(
    fc.property(fc.date({ min, max, noInvalidDate: true }), (date) => {
      expect(parseTime(date.toISOString())).toEqual(date)
    })
  )
})
