import fc from 'fast-check'
import { parseByteRange, parseContentRange } from '../../../src/emulator/registry/byte-range.js'

test.each([
  [undefined, { kind: 'all' }],
  ['bytes=0-3', { kind: 'part', first: 0, last: 3 }],
  ['bytes=4-', { kind: 'part', first: 4, last: 9 }],
  ['bytes=-3', { kind: 'part', first: 7, last: 9 }],
  ['bytes=-30', { kind: 'part', first: 0, last: 9 }],
  ['bytes=8-100', { kind: 'part', first: 8, last: 9 }],
  ['bytes=10-', { kind: 'unsatisfiable' }],
  ['bytes=-0', { kind: 'unsatisfiable' }],
  ['bytes=3-1', { kind: 'all' }],
  ['bytes=-', { kind: 'all' }],
  ['bytes=0-1,3-4', { kind: 'all' }],
  ['lines=0-1', { kind: 'all' }]
])('Range %s of ten bytes is %j', (header, range) => {
  expect(parseByteRange(header, 10)).toEqual(range)
})

test('no range of an empty blob is satisfiable', () => {
  expect(parseByteRange('bytes=0-', 0)).toEqual({ kind: 'unsatisfiable' })
  expect(parseByteRange('bytes=-1', 0)).toEqual({ kind: 'unsatisfiable' })
})

test('a range never exceeds the blob', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.integer({ min: 1 }), (a, b, size) => {
      const range = parseByteRange(`bytes=${a}-${b}`, size)
      if (range.kind !== 'part') return
      expect(range.first).toBeLessThanOrEqual(range.last)
      expect(range.last).toBeLessThan(size)
      expect(range.first).toBe(a)
    })
  )
})

test.each([
  ['0-9', { first: 0, last: 9 }],
  ['bytes 5-5/6', { first: 5, last: 5 }],
  ['bytes=5-6/*', { first: 5, last: 6 }],
  ['6-5', undefined],
  ['5-', undefined],
  ['', undefined],
  ['a-b', undefined]
])('Content-Range %s of a chunk is %j', (header, range) => {
  expect(parseContentRange(header)).toEqual(range)
})
