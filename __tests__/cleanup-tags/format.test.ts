import {
  formatCount,
  formatTime,
  shortenDigests,
  shortenTag
} from '../../src/cleanup-tags/format.js'

const HEX = '0123456789abcdef'.repeat(4)

describe('shortenDigests', () => {
  test.each([
    [`needed by sha256:${HEX}`, 'needed by sha256:0123456789ab…'],
    [`sha256-${HEX}.sig and sha256:${HEX}`, 'sha256-0123456789ab….sig and sha256:0123456789ab…'],
    ['sha256:0123', 'sha256:0123']
  ])('shortens %j', (text, expected) => {
    expect(shortenDigests(text)).toBe(expected)
  })
})

describe('shortenTag', () => {
  test.each([
    ['v1.2.3', 'v1.2.3'],
    ['x'.repeat(48), 'x'.repeat(48)],
    [`${'a'.repeat(40)}-${'b'.repeat(20)}`, `${'a'.repeat(35)}…${'b'.repeat(12)}`],
    [`sha256-${HEX}.att`, 'sha256-0123456789ab….att'],
    [`${'a'.repeat(50)}${HEX}`, `${'a'.repeat(35)}…456789abcdef`]
  ])('shortens %j', (tag, expected) => {
    const short = shortenTag(tag)
    expect(short).toBe(expected)
    expect(short.length).toBeLessThanOrEqual(48)
  })
})

test('formatCount separates thousands', () => {
  expect([1, 2, 12_345].map((count) => formatCount(count, 'tag'))).toEqual([
    '1 tag',
    '2 tags',
    '12,345 tags'
  ])
})

test('formatTime returns minutes in UTC, and a word for times beyond the calendar', () => {
  expect(formatTime(Date.parse('2026-06-01T12:34:56Z'))).toBe('2026-06-01 12:34')
  expect(formatTime(Infinity)).toBe('never')
})
