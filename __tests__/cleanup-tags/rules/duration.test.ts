import fc from 'fast-check'
import {
  instantAfter,
  instantBefore,
  parseDuration
} from '../../../src/cleanup-tags/rules/duration.js'

const iso = (instant: number): string => new Date(instant).toISOString()
const before = (text: string, from: string): string =>
  iso(instantBefore(Date.parse(from), parseDuration(text, 'Input "older-than"')))

describe('parseDuration', () => {
  test.each([
    ['45m', '2026-03-31T11:15:00.000Z'],
    ['12h', '2026-03-31T00:00:00.000Z'],
    ['30d', '2026-03-01T12:00:00.000Z'],
    ['2w', '2026-03-17T12:00:00.000Z'],
    ['1y', '2025-03-31T12:00:00.000Z'],
    ['0d', '2026-03-31T12:00:00.000Z'],
    ['P30D', '2026-03-01T12:00:00.000Z'],
    ['P2W', '2026-03-17T12:00:00.000Z'],
    ['PT45M', '2026-03-31T11:15:00.000Z'],
    ['PT1.5H', '2026-03-31T10:30:00.000Z'],
    ['PT30S', '2026-03-31T11:59:30.000Z'],
    ['P1Y2M10DT2H', '2025-01-21T10:00:00.000Z'],
    ['P1M', '2026-02-28T12:00:00.000Z']
  ])('computes %s before the end of March 2026 as %s', (text, expected) => {
    expect(before(text, '2026-03-31T12:00:00Z')).toBe(expected)
  })

  test('uses the last day of February for one year before a leap day', () => {
    expect(before('1y', '2024-02-29T00:00:00Z')).toBe('2023-02-28T00:00:00.000Z')
  })

  test.each([
    '',
    '30',
    'd',
    '-1d',
    '1.5d',
    '30 d',
    '30D',
    '1M',
    '1mo',
    'P',
    'PT',
    'P1H',
    'P30',
    'PT1D',
    'P1D2M',
    'P1.5Y',
    '30d ago',
    '9'.repeat(400) + 'd'
  ])('rejects %j and names the valid formats', (text) => {
    expect(() => parseDuration(text, 'Input "older-than"')).toThrow(
      /^Input "older-than" is not a valid duration: ".*"\. Use a number with a unit \(45m, 12h, 30d, .*\) or ISO 8601 \(P30D\)\.$/
    )
  })

  test.each(['1001y', '999999999999d', 'P12001M', '999999999999w'])(
    'rejects %s as too long',
    (text) => {
      expect(() => parseDuration(text, 'Input "older-than"')).toThrow(
        /is too long: ".*"\. Use a duration of at most 1000 years\.$/
      )
    }
  )

  test('computes instants before and after that are inverse to each other', () => {
    const text = fc.oneof(
      fc
        .tuple(fc.nat(900), fc.constantFrom('m', 'h', 'd', 'w', 'y'))
        .map(([n, unit]) => `${n}${unit}`),
      fc
        .tuple(fc.nat(9), fc.nat(30), fc.nat(99), fc.nat(99))
        .map(([y, m, d, h]) => `P${y}Y${m}M${d}DT${h}H`)
    )
    fc.assert(
      fc.property(
        text,
        fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
        (given, date) => {
          const duration = parseDuration(given, 'x')
          const instant = date.getTime()
          expect(instantBefore(instant, duration)).toBeLessThanOrEqual(instant)
          expect(instantAfter(instant, duration)).toBeGreaterThanOrEqual(instant)
          if (duration.months === 0) {
            expect(instantAfter(instantBefore(instant, duration), duration)).toBe(instant)
          }
        }
      )
    )
  })
})
